// Package tell is how what is kept as an item says that it brings news: the body has
// a member "tells", which a store with a feed of changes reads when it writes the item.
// It is of that one write: who writes the item again leaves it out, or has news again.
package tell

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// The kinds of news that items bring; package changes has their meaning.
const (
	PolicyFinished = "policy.finished"
	CustomerClear  = "customer.clear"
	CustomerErased = "customer.erased"
	Connection     = "account.connection"
)

// News is one thing that an item tells.
type News struct {
	Kind    string    `json:"kind"`
	Subject string    `json:"subject,omitempty"`
	State   string    `json:"state,omitempty"`
	At      time.Time `json:"at"`
}

const member = `"tells":`

// In returns body, a JSON object, with what it tells.
func In(body []byte, news ...News) ([]byte, error) {
	if len(news) == 0 {
		return body, nil
	}
	list, err := json.Marshal(news)
	if err != nil {
		return nil, err
	}
	inner, ok := bytes.CutPrefix(bytes.TrimSpace(body), []byte("{"))
	if !ok {
		return nil, fmt.Errorf("tell: the body is no object")
	}
	sep := ","
	if bytes.HasPrefix(bytes.TrimSpace(inner), []byte("}")) {
		sep = ""
	}
	return fmt.Appendf(nil, "{%s%s%s%s", member, list, sep, inner), nil
}

// Of returns what a body tells; nothing of one that is made in another way.
func Of(body []byte) []News {
	if !bytes.Contains(body, []byte(member)) {
		return nil
	}
	var telling struct {
		Tells []News `json:"tells"`
	}
	if json.Unmarshal(body, &telling) != nil {
		return nil
	}
	return telling.Tells
}
