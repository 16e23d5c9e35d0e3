// Package river tests module river as hosts run it: on PostgreSQL by pgx and by
// database/sql, and on SQLite, in processes that are stopped and killed.
package river
