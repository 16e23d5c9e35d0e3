// Package desk has the screens of letters and reminders, as a handler that a host
// mounts in its own product. The same afternoon its users review reminders, send
// letters, follow them to their proofs and see their credits.
//
//	d, err := desk.New(desk.Config{Client: client, Runner: runner, Host: host, Session: host.Session, Prefix: "/desk"})
//	mux.Handle("/desk/", d)
//
// Pages are rendered on the server and work without JavaScript; a small embedded
// script adds keys. Nothing is loaded from another host. The host says who is there
// and what they may do ([Session]); every id in a URL is looked up in the session's
// own account, and another tenant's is 404. Colours, logo, words and the layout are
// the host's to change: see [Look].
package desk
