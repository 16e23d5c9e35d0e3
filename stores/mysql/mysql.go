// Package mysql opens MySQL and MariaDB databases as package sqlstore wants them, with
// the driver github.com/go-sql-driver/mysql, which needs no cgo.
//
//	db, err := mysql.Open(ctx, "user:password@tcp(localhost:3306)/letters")
//	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.MySQL, sqlstore.Migrating())
//
// The database exists already; its character set decides nothing, for text is kept as
// bytes. MySQL must be 8.0.13 or later, MariaDB 10.6 or later, and its configuration
// needs max_allowed_packet = 64M.
package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"

	"github.com/courrier-go/courrier"
)

// maxConns bounds the connections of one process. The store itself commits on
// two at a time; the others read.
const maxConns = 16

// sessions are what every connection is told first. Under READ COMMITTED nobody locks
// the room between rows, and each statement sees what is committed; a text too long is
// refused and not cut; a lock is waited for no longer than 5 seconds.
var sessions = []string{
	"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
	"SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES'), SESSION innodb_lock_wait_timeout = 5",
}

// Open connects to the database that dsn names, in the form of the driver:
// user:password@tcp(host:3306)/database, or …@unix(/path/of/socket)/database. The
// database may also hold the host's own tables. The pool has up to 16 connections and
// keeps them open between uses; its transactions are READ COMMITTED and strict. A dsn
// that is not well formed, or names no database, is [courrier.ErrInvalid].
func Open(ctx context.Context, dsn string) (*sql.DB, error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil || config.DBName == "" {
		return nil, fmt.Errorf("mysql: %w", &courrier.FieldError{ // err would repeat it
			Field: "dsn", Rule: "is not well formed, or names no database", Remedy: "give user:password@tcp(host:3306)/database",
		})
	}
	config.InterpolateParams = true // one round trip for a statement instead of three
	config.MaxAllowedPacket = 64 << 20
	inner, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("mysql: %w", err)
	}
	db := sql.OpenDB(connector{inner})
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("mysql: connect: %w", err), db.Close())
	}
	return db, nil
}

// connector begins each connection with sessions.
type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, text := range sessions {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, text, nil); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}
