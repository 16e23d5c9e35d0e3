package sqlstore

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// mysqlError is how a driver writes an error of the server: its number, its SQLSTATE and
// what it says.
var mysqlError = regexp.MustCompile(`(?i)\berror (\d{4,5})(?: \(([0-9A-Z]{5})\))?: `)

// mysqlNumber is the number of the server's error, 0 for another one.
func mysqlNumber(err error) int {
	number, _ := mysqlCode(err)
	return number
}

func mysqlCode(err error) (number int, state string) {
	var own *plainError
	if errors.As(err, &own) {
		return own.number, own.state
	}
	if m := mysqlError.FindStringSubmatch(err.Error()); m != nil {
		number, _ = strconv.Atoi(m[1]) // it is digits
		return number, m[2]
	}
	return 0, ""
}

// mysqlBlames says what the server's errors mean to a batch.
var mysqlBlames = map[int]blame{
	1213: busy,    // deadlock: the transaction is gone
	1020: others,  // a row changed since it was read
	1062: others,  // a key is there already
	1205: held,    // a lock was waited for too long
	3572: held,    // or would have to be
	1153: content, // larger than a packet
	1364: content, // a column without a value
	3819: content, // a rule of the host's on a table
	1366: content, // no such value
}

// alreadyDone are the errors of a statement that was carried out before: a column or an
// index that is there, or gone.
var alreadyDone = map[int]bool{1060: true, 1061: true, 1091: true}

func (*mysqlEngine) missing(err error) bool { return mysqlNumber(err) == 1146 }

// errMigrating: another process migrates.
var errMigrating = errors.New("sqlstore: another process migrates")

func (*mysqlEngine) blame(err error) blame {
	if errors.Is(err, errStale) {
		return others
	}
	if errors.Is(err, errMigrating) {
		return busy
	}
	number, state := mysqlCode(err)
	if b, known := mysqlBlames[number]; known {
		return b
	}
	class := state[:min(2, len(state))]
	if class == "22" || class == "23" || class == "45" || strings.Contains(err.Error(), "packet for query is too large") { // data, integrity, a trigger
		return content
	}
	return nobody
}

// plainError is an error of the server without what it repeats of the rows: keys and
// names belong into no log.
type plainError struct {
	number int
	state  string
	err    error
}

func (e *plainError) Error() string {
	return fmt.Sprintf("mysql: error %d (%s): %s", e.number, e.state, repeats[e.number])
}

func (e *plainError) Unwrap() error { return e.err }

// repeats are the errors whose text repeats a value, and what they say instead.
var repeats = map[int]string{
	1062: "a row has this key already",
	1292: "a value has the wrong form",
	1366: "a value has the wrong form",
	1586: "a row has this key already",
}

func plain(err error) error {
	number, state := mysqlCode(err)
	if repeats[number] == "" {
		return err
	}
	return &plainError{number, state, err}
}
