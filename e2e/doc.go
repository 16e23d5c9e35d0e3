// Package e2e tests the library as hosts run it: on real databases, against real
// servers, with processes that are killed.
package e2e
