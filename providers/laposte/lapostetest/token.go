package lapostetest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// grant is what a token gives: the right to act as a user through a client.
type grant struct {
	user, client string
	ends         time.Time
}

// token is the OpenID Connect token endpoint, a Keycloak realm by its looks.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		bare(w, http.StatusBadRequest, "invalid_request")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokenCalls = append(s.tokenCalls, r.PostForm.Get("grant_type"))
	name, refused := s.grantee(r)
	if refused != "" {
		status := http.StatusUnauthorized
		if refused == "unsupported_grant_type" {
			status = http.StatusBadRequest
		}
		answer(w, status, object{"error": refused, "error_description": "Refused for user " + r.PostForm.Get("username")})
		return
	}
	access, refresh := "at-"+newID(), "rt-"+newID()
	id, _ := client(r)
	s.tokens[access] = grant{name, id, s.now.Add(s.opts.TokenLife)}
	s.refreshes[refresh] = grant{name, id, s.now.Add(s.opts.RefreshLife)}
	answer(w, http.StatusOK, object{
		"access_token": access, "expires_in": int(s.opts.TokenLife.Seconds()), "token_type": "Bearer",
		"refresh_token": refresh, "refresh_expires_in": int(s.opts.RefreshLife.Seconds()),
		"id_token": "internal", "not-before-policy": 0, "session_state": newID(), "scope": "profile",
	})
}

// client returns the credentials of the client, which Maileva takes in the form and
// as HTTP Basic alike.
func client(r *http.Request) (id, secret string) {
	if id, secret, ok := r.BasicAuth(); ok {
		return id, secret
	}
	return r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
}

// grantee returns the user that a token request speaks for, or why it does not.
func (s *Server) grantee(r *http.Request) (name, refused string) {
	id, secret := client(r)
	switch r.PostForm.Get("grant_type") {
	case "password":
		name = r.PostForm.Get("username")
		if u := s.users[name]; u.password == "" || u.password != r.PostForm.Get("password") {
			return "", "invalid_grant"
		}
	case "refresh_token":
		old, ok := s.refreshes[r.PostForm.Get("refresh_token")]
		if !ok || !s.now.Before(old.ends) {
			return "", "invalid_grant"
		}
		name = old.user
		delete(s.refreshes, r.PostForm.Get("refresh_token"))
	default:
		return "", "unsupported_grant_type"
	}
	if u := s.users[name]; u.clientID != id || u.clientSecret != secret {
		return "", "unauthorized_client"
	}
	return name, ""
}

// TokenCalls lists the grant types asked for so far.
func (s *Server) TokenCalls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tokenCalls)
}

// RevokeTokens makes every access token invalid at once; withRefresh, the
// refresh tokens too.
func (s *Server) RevokeTokens(withRefresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
	if withRefresh {
		clear(s.refreshes)
	}
}

// bearer returns the live grant of a call. The lock must be held.
func (s *Server) bearer(r *http.Request) (grant, bool) {
	access, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	g, ok := s.tokens[access]
	return g, ok && s.now.Before(g.ends)
}

// authorized holds the lock during a call and answers 401 without a live token.
func (s *Server) authorized(h func(http.ResponseWriter, *http.Request, grant)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		g, ok := s.bearer(r)
		if !ok {
			bare(w, http.StatusUnauthorized, "UNAUTHORIZED")
			return
		}
		h(w, r, g)
	}
}
