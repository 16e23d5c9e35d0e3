package sqlstore

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// CodeServer is the code of the error of [New] when a setting of the database's server,
// or of its connections, would lose or refuse what is stored. Its kind is
// [courrier.ErrUnsupported].
const CodeServer = "server"

// leastPacket is the max_allowed_packet that has room for a content of 25 MB, each
// byte of which may need two.
const leastPacket = 64 << 20

// serverRule is what a setting must be. Servers that lack the setting pass.
type serverRule struct {
	names  []string // of the setting, by the age of the server
	holds  func(value string) bool
	remedy string
}

var serverRules = []serverRule{
	{[]string{"version"}, isServer, "use MySQL 8.0.13 or later, or MariaDB 10.6 or later"},
	{[]string{"transaction_isolation", "tx_isolation"}, func(v string) bool { return v == "READ-COMMITTED" },
		"open the database with mysql.Open, or set READ COMMITTED for each connection"},
	{[]string{"sql_mode"}, func(v string) bool { return strings.Contains(v, "STRICT_") || strings.Contains(v, "TRADITIONAL") },
		"open the database with mysql.Open, or set STRICT_TRANS_TABLES for each connection: a text too long would be cut"},
	{[]string{"max_allowed_packet"}, func(v string) bool { n, err := strconv.Atoi(v); return err == nil && n >= leastPacket },
		"set max_allowed_packet = 64M in the server's configuration: a document of 25 MB would be refused"},
	{[]string{"innodb_flush_log_at_trx_commit"}, func(v string) bool { return v == "1" || v == "3" },
		"set innodb_flush_log_at_trx_commit = 1 in the server's configuration: what was answered would be lost in a crash"},
	{[]string{"autocommit"}, func(v string) bool { return v == "ON" || v == "1" }, "let connections commit each statement (autocommit)"},
}

// mysqlVersion begins what a server says of its version.
var mysqlVersion = regexp.MustCompile(`^(\d+)\.(\d+)\.(\d+)`)

func isServer(version string) bool {
	// Old MariaDB puts "5.5.5-" before its version, for clients that are older yet.
	m := mysqlVersion.FindStringSubmatch(strings.TrimPrefix(version, "5.5.5-"))
	if m == nil {
		return false
	}
	number := 0
	for _, part := range m[1:] {
		n, err := strconv.Atoi(part)
		if err != nil {
			return false
		}
		number = number*1000 + n
	}
	return number >= either(strings.Contains(version, "MariaDB"), 10_006_000, 8_000_013)
}

func checkServer(ctx context.Context, q Executor) error {
	var names []string
	for _, r := range serverRules {
		names = append(names, r.names...)
	}
	settings, err := settingsOf(ctx, q, names)
	if err != nil {
		return err
	}
	return brokenRule(settings)
}

// brokenRule is the error of the first rule that the settings break.
func brokenRule(settings map[string]string) error {
	for _, r := range serverRules {
		for _, name := range r.names {
			if value, there := settings[name]; there && !r.holds(value) {
				return serverError(name, value, r.remedy)
			}
		}
	}
	return nil
}

func serverError(name, value, remedy string) error {
	return &courrier.Error{
		Op: "server", Kind: courrier.ErrUnsupported, Code: CodeServer, Err: fmt.Errorf("%s is %q; %s", name, value, remedy),
	}
}

// settingsOf reads settings of a connection: those of the names that the server has.
func settingsOf(ctx context.Context, q Executor, names []string) (map[string]string, error) {
	rows, err := q.Query(ctx, "SHOW VARIABLES WHERE Variable_name IN ('"+strings.Join(names, "', '")+"')")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	settings := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		settings[name] = value
	}
	return settings, rows.Err()
}
