package courrier

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// maxPolicyBytes bounds what ParsePolicy reads: twenty full steps need a tenth.
const maxPolicyBytes = 256 << 10

// ParsePolicy reads the JSON form of a policy, which [encoding/json] writes, and
// validates it. Unknown fields are [ErrInvalid], so that a misspelt rule is not
// a rule left out in silence.
func ParsePolicy(data []byte) (ReminderPolicy, error) {
	var p ReminderPolicy
	if len(data) > maxPolicyBytes {
		return p, fmt.Errorf("%w: policy: more than %d bytes", ErrInvalid, maxPolicyBytes)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return ReminderPolicy{}, fmt.Errorf("%w: policy: %w", ErrInvalid, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return ReminderPolicy{}, fmt.Errorf("%w: policy: something follows the policy", ErrInvalid)
	}
	if err := p.Validate(); err != nil {
		return ReminderPolicy{}, err
	}
	return p, nil
}

// Weekdays is a set of days of the week. Its JSON form lists their English
// names: ["monday","friday"].
type Weekdays uint8

const (
	mondayToFriday = Weekdays(0b0111110)
	everyDay       = Weekdays(0b1111111)
)

// WeekdaysOf returns the set of days; what is no day is left out.
func WeekdaysOf(days ...time.Weekday) Weekdays {
	var w Weekdays
	for _, d := range days {
		if d >= time.Sunday && d <= time.Saturday {
			w |= 1 << d
		}
	}
	return w
}

// Has reports whether the set holds d.
func (w Weekdays) Has(d time.Weekday) bool { return w&(1<<d) != 0 }

func (w Weekdays) valid() bool { return w <= everyDay }

// MarshalJSON implements [json.Marshaler].
func (w Weekdays) MarshalJSON() ([]byte, error) {
	names := make([]string, 0, 7)
	for d := time.Sunday; d <= time.Saturday; d++ {
		if w.Has(d) {
			names = append(names, strings.ToLower(d.String()))
		}
	}
	return json.Marshal(names)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (w *Weekdays) UnmarshalJSON(b []byte) error {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return err
	}
	*w = 0
	for _, name := range names {
		day := Weekdays(0)
		for d := time.Sunday; d <= time.Saturday; d++ {
			if strings.EqualFold(name, d.String()) {
				day = WeekdaysOf(d)
			}
		}
		if day == 0 {
			return fmt.Errorf("%w: %q is no day of the week", ErrInvalid, name)
		}
		*w |= day
	}
	return nil
}
