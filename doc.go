// Package courrier sends paper letters and payment reminders from inside a host application.
package courrier
