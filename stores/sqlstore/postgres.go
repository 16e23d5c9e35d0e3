package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// postgresEngine spares round trips: one statement reads what a batch needs and
// one writes what it decided, whatever the number of rows. Rows travel as one
// array a column, in the text form that every driver can send.
type postgresEngine struct {
	place   place
	texts   sync.Map // of statements, by what they are made of
	horizon horizon
}

func (*postgresEngine) migrations() string { return "postgres" }

// lanes is 2: while one transaction waits for the disk, another one works.
func (*postgresEngine) lanes() int { return 2 }

// guards: two round trips are enough then, and one for what is remembered,
// instead of four.
func (*postgresEngine) guards() bool { return true }

func (*postgresEngine) remembers() bool { return true }

func (*postgresEngine) lockRow() string { return " FOR UPDATE" }

func (*postgresEngine) shareRow() string { return " FOR KEY SHARE" }

func (e *postgresEngine) prepare(_ context.Context, _ Pool, p place) error {
	e.place = p
	return nil
}

func (*postgresEngine) begin(ctx context.Context, db Pool) (Tx, error) { return db.Begin(ctx) }

func (*postgresEngine) rest() {}

func (*postgresEngine) hurry(ctx context.Context, tx Executor) error {
	return tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", patience.Milliseconds()))
}

// lockSchema gives up after a while and tries again: an ALTER that waits makes
// everyone behind it wait.
func (*postgresEngine) lockSchema(ctx context.Context, tx Executor, p place) error {
	for _, text := range []string{
		"SET LOCAL lock_timeout = '5s'",
		fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", p.lockKey()),
		p.in(createSchema),
	} {
		if err := tx.Exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// unlockSchema: the lock ends with the transaction.
func (*postgresEngine) unlockSchema(context.Context, Executor, place) error { return nil }

// script sends statement by statement: the extended protocol takes one at a time.
func (*postgresEngine) script(ctx context.Context, tx Executor, text string) error {
	for _, one := range statements(text) {
		if err := tx.Exec(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// statements cuts a script at the semicolons that end a line. Ours hold none
// inside a text.
func statements(script string) []string {
	var all []string
	for _, one := range strings.Split(script, ";\n") {
		if one = strings.TrimSpace(uncommented(one)); one != "" {
			all = append(all, one)
		}
	}
	return all
}

func uncommented(text string) string {
	lines := strings.Split(text, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), "--") }), "\n")
}

// missing: undefined table, or schema.
func (*postgresEngine) missing(err error) bool {
	var e interface{ SQLState() string }
	return errors.As(err, &e) && (e.SQLState() == "42P01" || e.SQLState() == "3F000")
}

// text returns the statement that is made of parts, made once.
func (e *postgresEngine) text(parts string, compose func() string) string {
	if text, ok := e.texts.Load(parts); ok {
		return text.(string)
	}
	text, _ := e.texts.LoadOrStore(parts, e.place.in(compose()))
	return text.(string)
}

// lookUp takes locks in a statement of its own: what is read beside a row that
// was waited for may be older than the row.
func (e *postgresEngine) lookUp(ctx context.Context, q Executor, all []asked, lock bool) error {
	if !lock {
		return e.lookUpOnce(ctx, q, all, false)
	}
	for _, locks := range []bool{true, false} {
		some := slices.DeleteFunc(slices.Clone(all), func(a asked) bool { return a.lock != locks })
		if err := e.lookUpOnce(ctx, q, some, locks); err != nil {
			return err
		}
	}
	return nil
}

func (e *postgresEngine) lookUpOnce(ctx context.Context, q Executor, all []asked, lock bool) error {
	if len(all) == 0 {
		return nil
	}
	parts := fmt.Sprint("read ", lock)
	var args []any
	for _, a := range all {
		parts += fmt.Sprintf(" %p", a.lookup)
		for k := range a.keys {
			args = append(args, textArray(a.values, k, len(a.keys)))
		}
	}
	rows, err := q.Query(ctx, e.text(parts, func() string { return composeLookup(all, lock) }), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var branch, pos int
	var r found
	into := append([]any{&branch, &pos}, r.fields()...)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		all[branch].each(pos-1, r)
	}
	return rows.Err()
}

func composeLookup(all []asked, lock bool) string {
	var branches []string
	n := 0
	for i, a := range all {
		branches = append(branches, a.postgres(i, n, lock))
		n += len(a.keys)
	}
	return strings.Join(branches, " UNION ALL ")
}

// postgres renders the lookup as a branch of a union, its arguments after the
// first n. The subquery runs key by key, as it stands: by its index however
// small the planner believes the table to be, and locking in the order of the
// keys, so that no two batches wait for each other.
func (l *lookup) postgres(branch, n int, lock bool) string {
	names := make([]string, len(l.keys))
	where := make([]string, len(l.keys))
	for i, k := range l.keys {
		names[i] = fmt.Sprintf("k%d", i)
		where[i] = fmt.Sprintf(`%s = k%d COLLATE "C"`, k, i)
	}
	last := either(lock, "FOR UPDATE", "OFFSET 0")
	return fmt.Sprintf("SELECT %d, k.pos, t.* FROM %s WITH ORDINALITY AS k(%s, pos) CROSS JOIN LATERAL (SELECT %s FROM %s WHERE %s %s) AS t",
		branch, unnest(n, len(l.keys), 0, false), strings.Join(names, ", "), l.cols, l.table, strings.Join(where, " AND "), last)
}

// unnest turns array parameters into rows. The subselects keep the planner from
// looking at their length: it would make a plan for each, which costs more than
// a good plan saves. In a hurry the first one also says how long locks are waited
// for: it is run before the first row is looked for.
func unnest(n, texts, ints int, hurry bool) string {
	arrays := make([]string, texts+ints)
	for i := range arrays {
		arrays[i] = fmt.Sprintf("(SELECT $%d::%s[])", n+i+1, either(i < texts, "text", "bigint"))
	}
	if hurry {
		arrays[0] = strings.TrimSuffix(arrays[0], ")") + fmt.Sprintf(" WHERE set_config('lock_timeout', '%d', true) <> '')", patience.Milliseconds())
	}
	return "unnest(" + strings.Join(arrays, ", ") + ")"
}

func (e *postgresEngine) write(ctx context.Context, q Executor, all []rows, hurry bool) error {
	parts := fmt.Sprint("write ", hurry)
	var args []any
	for i := range all {
		r := &all[i]
		texts, ints := r.params()
		parts += fmt.Sprintf(" %p", r.write)
		for k := range texts {
			args = append(args, textArray(r.texts, k, texts))
		}
		for k := range ints {
			args = append(args, integerArray(r.ints, k, ints))
		}
		if r.guard != "" {
			args = append(args, int64(r.count()))
		}
	}
	err := q.Exec(ctx, e.text(parts, func() string { return e.composeWrite(all, hurry) }), args...)
	return err
}

// composeWrite makes one statement of all writes. Each that is guarded counts
// the rows it found as they were read; when one is missing the statement divides
// by zero, and so does nothing at all. A connection that does not wait for its
// commits to be on disk does for this one: what was answered must outlive a crash.
func (e *postgresEngine) composeWrite(all []rows, hurry bool) string {
	var with, counts []string
	n := 0
	for i, r := range all {
		text := r.postgres(n, hurry)
		if r.told {
			text = e.insertTold(r.write, n, hurry)
		}
		texts, ints := r.params()
		n += texts + ints
		if r.guard != "" {
			n++
			text += " RETURNING 1"
			counts = append(counts, fmt.Sprintf("(SELECT count(*) FROM w%d) = $%d::bigint", i, n))
		}
		with = append(with, fmt.Sprintf("w%d AS (%s)", i, text))
	}
	return "WITH " + strings.Join(with, ", ") + " SELECT 1 / CASE WHEN " + strings.Join(append(counts, durable), " AND ") + " THEN 1 ELSE 0 END"
}

// durable is true, and sees to it that the transaction's commit waits for the disk.
const durable = "(current_setting('synchronous_commit') <> 'off' OR set_config('synchronous_commit', 'on', true) = 'on')"

func (w *write) postgres(n int, hurry bool) string {
	texts, ints := w.columns()
	cols := append(texts, ints...)
	from := unnest(n, len(texts), len(ints), hurry)
	if w.guard != "" {
		// The planner takes a limit it cannot know for a tenth, and so the array for
		// one row: it then reads the table by its index, as it should.
		from = fmt.Sprintf("(SELECT * FROM %s LIMIT $%d::bigint)", unnest(n, len(texts), len(ints)+1, hurry), n+len(cols)+2)
	}
	same := func(c string) string { return c + " = n." + c }
	switch w.verb {
	case update:
		return fmt.Sprintf("UPDATE %s AS t SET %s FROM %s AS n(%s, guard) WHERE t.%s AND t.%s = n.guard",
			w.table, join(cols[len(w.keys):], ", ", same), from, strings.Join(cols, ", "), join(w.keys, " AND t.", same), w.guard)
	case remove:
		return fmt.Sprintf("DELETE FROM %s AS t USING %s AS n(%s) WHERE t.%s", w.table, from, strings.Join(cols, ", "), join(w.keys, " AND t.", same))
	}
	text := fmt.Sprintf("INSERT INTO %s (%s) SELECT * FROM %s AS n", w.table, strings.Join(cols, ", "), from)
	return text + w.merge.onConflict()
}

// textArray writes every step-th value from the first-th on as an array literal.
func textArray(values []string, first, step int) string {
	size := 1
	for i := first; i < len(values); i += step {
		size += len(values[i]) + strings.Count(values[i], `"`) + strings.Count(values[i], `\`) + len(`"",`)
	}
	var b strings.Builder
	b.Grow(size + 1)
	sep := byte('{')
	for i := first; i < len(values); i += step {
		b.WriteByte(sep)
		sep = ','
		b.WriteByte('"')
		s, from := values[i], 0
		for i := range len(s) {
			if s[i] == '"' || s[i] == '\\' {
				b.WriteString(s[from:i])
				b.WriteByte('\\')
				from = i
			}
		}
		b.WriteString(s[from:])
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

func integerArray(values []int64, first, step int) string {
	b := append(make([]byte, 0, 18*len(values)/step+2), '{')
	for i := first; i < len(values); i += step {
		if i > first {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, values[i], 10)
	}
	return string(append(b, '}'))
}

func (e *postgresEngine) rebind(text string) string {
	text = e.place.in(text)
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, more := strings.Cut(text, "?")
		b.WriteString(before)
		if !more {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		text = after
	}
}

func (*postgresEngine) oneOf(column string, values []string) (string, []any) {
	if len(values) == 1 { // a list, be it of one, is read without the order of an index
		return column + " = ?", []any{values[0]}
	}
	return column + " = ANY(?::text[])", []any{textArray(values, 0, 1)}
}

// among hides from the planner how many values there are: it would read a small table
// from end to end, for each of many batches.
func (*postgresEngine) among(column string, values []string) (string, []any) {
	return column + " = ANY((SELECT ?::text[])::text[])", []any{textArray(values, 0, 1)}
}

func (*postgresEngine) after(less bool, columns []string, values []any) (string, []any) {
	return rowAfter(less, columns, values)
}

func (*postgresEngine) union(queries []string) string { return strings.Join(queries, " UNION ") }

// blame reads the SQLSTATE, which pgx and lib/pq tell in the same way.
func (*postgresEngine) blame(err error) blame {
	var e interface{ SQLState() string }
	if !errors.As(err, &e) {
		return nobody
	}
	switch code := e.SQLState(); {
	case code == "40001", code == "40P01": // serialization, deadlock
		return busy
	case code == "55P03": // a lock waited for too long
		return held
	case code == "22012", code == "23505": // the guard, unique violation
		return others
	case strings.HasPrefix(code, "22"), strings.HasPrefix(code, "23"), strings.HasPrefix(code, "54"), code == "P0001": // data, integrity, limits, a trigger
		return content
	}
	return nobody
}
