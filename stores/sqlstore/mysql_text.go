package sqlstore

import (
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"strings"
)

// mysqlSays is what the statements of all databases say otherwise on MySQL.
var mysqlSays = strings.NewReplacer(
	// What keeps the planners of others from an index.
	"(account || '')", "account",
	"(unit || '')", "unit",
	"(id || '')", "id",
	// An index has no condition: a column tells it.
	"(status = 'held' OR hold <> '')", "held = 1",
	carrierCols, "CONCAT(CHAR_LENGTH(CONVERT(customer USING utf8mb4)), '/', CHAR_LENGTH(CONVERT(provider USING utf8mb4)), '/', "+
		"CHAR_LENGTH(CONVERT(provider_id USING utf8mb4)), '/', customer, provider, provider_id, tracking_number)",
	"ON CONFLICT (sum) DO NOTHING", "ON DUPLICATE KEY UPDATE sum = sum",
	"CAST(0 AS bigint)", "CAST(0 AS signed)",
	"(b.lo + b.hi) / 2", "(b.lo + b.hi) DIV 2",
)

// mysqlReserved are the names of columns that are words of its language.
var mysqlReserved = regexp.MustCompile("`?\\b(keys?)\\b`?")

func mysqlWords(text string) string {
	return mysqlReserved.ReplaceAllString(mysqlSays.Replace(text), "`$1`")
}

// mysqlIndex is by which index rows are looked up, unless by the primary key.
var mysqlIndex = map[*lookup]string{letterByKey: "courrier_letters_key", entryByKey: "courrier_entries_key"}

// mysql renders the lookup: key by key, by the index, however small the table.
func (l *lookup) mysql() string {
	index := mysqlIndex[l]
	if index == "" {
		index = "PRIMARY"
	}
	names, where := make([]string, len(l.keys)), make([]string, len(l.keys))
	for i, k := range l.keys {
		names[i] = fmt.Sprintf("k%d", i)
		where[i] = fmt.Sprintf("%s = CAST(%s AS binary)", k, names[i])
	}
	return fmt.Sprintf("SELECT pos, %s FROM %s STRAIGHT_JOIN %s FORCE INDEX (%s) ON %s",
		l.cols, jsonTable("pos FOR ORDINALITY, ", names, nil), l.table, index, strings.Join(where, " AND "))
}

// jsonTable is what jsonRows gives as a table of texts and integers, called n.
func jsonTable(first string, texts, ints []string) string {
	var columns []string
	for _, c := range texts {
		columns = append(columns, fmt.Sprintf("%s longtext CHARACTER SET utf8mb4 PATH '$[%d]'", c, len(columns)))
	}
	for _, c := range ints {
		columns = append(columns, fmt.Sprintf("%s bigint PATH '$[%d]'", c, len(columns)))
	}
	return "JSON_TABLE(?, '$[*]' COLUMNS (" + first + strings.Join(columns, ", ") + ")) AS n"
}

// jsonRows writes rows, of so many texts and integers each, as lists in a list.
func jsonRows(texts []string, perText int, ints []int64, perInt int) string {
	rows := make([][]any, len(texts)/perText)
	for n := range rows {
		row := make([]any, 0, perText+perInt)
		for _, t := range texts[n*perText : (n+1)*perText] {
			row = append(row, t)
		}
		for _, i := range ints[n*perInt : (n+1)*perInt] {
			row = append(row, i)
		}
		rows[n] = row
	}
	text, _ := json.Marshal(rows) // texts and integers can always be encoded
	return string(text)
}

// mysql renders the write of the rows from one to before another.
func (r *rows) mysql(from, to int) (string, []any) {
	texts, ints := r.params()
	some, numbers := r.texts[from*texts:to*texts], r.ints[from*ints:to*ints]
	if r.verb == insert {
		return r.mysqlInsert(to - from), r.given(from, to)
	}
	names, intNames := r.columns()
	if r.guard != "" {
		intNames = append(intNames[:len(intNames):len(intNames)], "guard")
	}
	return r.mysqlJoined(jsonTable("", names, intNames)), []any{jsonRows(some, texts, numbers, ints)}
}

func (w *write) mysqlInsert(count int) string {
	texts, ints := w.columns()
	cols := append(texts, ints...)
	row := ", (?" + strings.Repeat(", ?", len(cols)-1) + ")"
	text := fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", w.table, strings.Join(cols, ", "), strings.Repeat(row, count)[2:])
	if w.merge == nil {
		return text
	}
	// Any key that exists makes it an update: tables with a merge have one key only.
	return text + " ON DUPLICATE KEY UPDATE " + excluded.ReplaceAllString(strings.Join(w.merge.set, ", "), "VALUES($1)")
}

var excluded = regexp.MustCompile(`\bexcluded\.(\w+)`)

func (w *write) mysqlJoined(list string) string {
	texts, ints := w.columns()
	cols := append(texts, ints...)
	found := func(c string) string { return "t." + c + " = CAST(n." + c + " AS binary)" }
	from := fmt.Sprintf("%s STRAIGHT_JOIN %s AS t FORCE INDEX (PRIMARY) ON %s", list, w.table, join(w.keys, " AND ", found))
	if w.verb == remove {
		return "DELETE t FROM " + from
	}
	set := func(c string) string { return "t." + c + " = n." + c }
	return fmt.Sprintf("UPDATE %s SET %s WHERE t.%s = n.guard", from, join(cols[len(w.keys):], ", ", set), w.guard)
}

// given are the arguments of an insert.
func (r *rows) given(from, to int) (args []any) {
	texts, ints := r.params()
	for n := from; n < to; n++ {
		for _, t := range r.texts[n*texts : (n+1)*texts] {
			args = append(args, t)
		}
		for _, i := range r.ints[n*ints : (n+1)*ints] {
			args = append(args, i)
		}
	}
	return args
}

// Limits of a statement: the server takes 65,535 arguments, and as many bytes as
// max_allowed_packet says, into which the texts must fit when they are escaped.
const (
	mostArgs  = 60_000
	mostBytes = 8 << 20
)

// portions cuts the rows into as many as one statement takes.
func (r *rows) portions() iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		texts, ints := r.params()
		from, size := 0, 0
		for n := range r.count() {
			own := 0
			for _, t := range r.texts[n*texts : (n+1)*texts] {
				own += len(t)
			}
			if n > from && (size+own > mostBytes || (n+1-from)*(texts+ints) > mostArgs) {
				if !yield(from, n) {
					return
				}
				from, size = n, 0
			}
			size += own
		}
		yield(from, r.count())
	}
}
