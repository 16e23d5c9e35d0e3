package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/courrier-go/courrier"
)

// naming are the kinds of items that list customers, and the member of each that holds
// what somebody typed for all of them. They name a customer by its id, or by an object with
// a member "customer". docs/privacy.md says what every kind holds.
var naming = map[courrier.ItemKind]string{"desk.campaign": "text"}

// maxTries bounds how often an item is read anew that another process writes meanwhile.
const maxTries = 10

// mention is what an item keeps about one customer, as an export says it.
type mention struct {
	Kind  courrier.ItemKind `json:"kind"`
	ID    string            `json:"id"`
	Named []json.RawMessage `json:"named"`
	Text  json.RawMessage   `json:"text,omitempty"`
}

// without returns an item that does not name a customer, and what it kept about it. What
// was typed goes with the last customer of the lists. A pure function.
func without(item courrier.Item, customer courrier.CustomerID) (courrier.Item, mention, error) {
	was := mention{Kind: item.Kind, ID: item.ID}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(item.Body, &members); err != nil {
		return item, was, fmt.Errorf("item %s %s: %w", item.Kind, item.ID, err)
	}
	others := 0
	for member, value := range members {
		var list []json.RawMessage
		switch {
		case names(value, customer): // a list that was made for this customer alone
			was.Named = append(was.Named, value)
			members[member] = json.RawMessage("{}")
		case json.Unmarshal(value, &list) == nil && len(list) > 0:
			own, rest := apart(list, customer)
			was.Named, others = append(was.Named, own...), others+len(rest)
			members[member], _ = json.Marshal(rest) // JSON that was just read
		}
	}
	typed := naming[item.Kind]
	was.Text = members[typed]
	if others == 0 {
		delete(members, typed)
	}
	body, err := json.Marshal(members)
	item.Body = body
	return item, was, err
}

// apart parts a list into what is a customer's and the rest.
func apart(list []json.RawMessage, customer courrier.CustomerID) (own, rest []json.RawMessage) {
	rest = []json.RawMessage{}
	for _, element := range list {
		if names(element, customer) {
			own = append(own, element)
		} else {
			rest = append(rest, element)
		}
	}
	return own, rest
}

// names tells whether a value is the customer's: its id, or an object with it.
func names(value json.RawMessage, customer courrier.CustomerID) bool {
	var id courrier.CustomerID
	if json.Unmarshal(value, &id) == nil {
		return id == customer
	}
	var object struct {
		Customer courrier.CustomerID `json:"customer"`
	}
	return json.Unmarshal(value, &object) == nil && object.Customer == customer
}

// mentions calls do with each item that lists a customer.
func (k Keeper) mentions(
	ctx context.Context, account courrier.AccountID, customer courrier.CustomerID, do func(left courrier.Item, was mention) error,
) error {
	for kind := range naming {
		err := each(k.store().Items(ctx, courrier.ItemFilter{Kind: kind, Account: account}), func(item courrier.Item) error {
			left, was, err := without(item, customer)
			if err != nil || len(was.Named) == 0 {
				return err
			}
			return do(left, was)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseMentions takes a customer out of the items that list it, so that a campaign under
// way does not reach it either.
func (k Keeper) eraseMentions(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) error {
	return k.mentions(ctx, account, customer, func(left courrier.Item, _ mention) error {
		return k.eraseMention(ctx, left, customer)
	})
}

func (k Keeper) eraseMention(ctx context.Context, left courrier.Item, customer courrier.CustomerID) error {
	for range maxTries {
		err := k.commit(ctx, courrier.Change{Items: []courrier.Item{left}})
		if !errors.Is(err, courrier.ErrConflict) {
			return err
		}
		item, err := k.store().Item(ctx, left.Kind, left.Account, left.ID)
		if err == nil {
			left, _, err = without(item, customer)
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: %s is written by others without a pause; erase again", courrier.ErrConflict, left.Kind)
}
