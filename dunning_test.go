package courrier_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/stretchr/testify/require"
)

func TestPolicyValidate(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(p *courrier.ReminderPolicy){
		"ID":                        func(p *courrier.ReminderPolicy) { p.ID = "" },
		"Version":                   func(p *courrier.ReminderPolicy) { p.Version = -1 },
		"Grouping":                  func(p *courrier.ReminderPolicy) { p.Grouping = "x" },
		"CatchUp":                   func(p *courrier.ReminderPolicy) { p.CatchUp = "x" },
		"LeadPaid":                  func(p *courrier.ReminderPolicy) { p.LeadPaid = "x" },
		"Shift":                     func(p *courrier.ReminderPolicy) { p.Shift = "x" },
		"ContactDelayDays":          func(p *courrier.ReminderPolicy) { p.ContactDelayDays = 366 },
		"PromiseGraceDays":          func(p *courrier.ReminderPolicy) { p.PromiseGraceDays = -1 },
		"SendingDays":               func(p *courrier.ReminderPolicy) { p.SendingDays = 128 },
		"MinimumOpen[0]":            func(p *courrier.ReminderPolicy) { p.MinimumOpen = []courrier.Amount{{}} },
		"Steps":                     func(p *courrier.ReminderPolicy) { p.Steps = nil },
		"Steps[0].ID":               func(p *courrier.ReminderPolicy) { p.Steps[0].ID = "A|" },
		"Steps[1].ID":               func(p *courrier.ReminderPolicy) { p.Steps[1].ID = "a" },
		"Steps[0].Kind":             func(p *courrier.ReminderPolicy) { p.Steps[0].Kind = "" },
		"Steps[0].Mode":             func(p *courrier.ReminderPolicy) { p.Steps[0].Mode = "x" },
		"Steps[0].Approval":         func(p *courrier.ReminderPolicy) { p.Steps[0].Approval = "x" },
		"Steps[0].Service":          func(p *courrier.ReminderPolicy) { p.Steps[0].Service = "x" },
		"Steps[0].Channels[0]":      func(p *courrier.ReminderPolicy) { p.Steps[0].Channels = []courrier.Channel{"fax"} },
		"Steps[0].Channels[1]":      func(p *courrier.ReminderPolicy) { p.Steps[0].Channels = []courrier.Channel{"post", "post"} },
		"Steps[0].Repeat.EveryDays": func(p *courrier.ReminderPolicy) { p.Steps[0].Repeat.EveryDays = 3 },
		"Steps[1].Repeat.EveryDays": func(p *courrier.ReminderPolicy) { p.Steps[1].Repeat.Times = 3 },
		"Steps[1].OffsetDays":       func(p *courrier.ReminderPolicy) { p.Steps[1].OffsetDays = 5 },
		"Steps[0].OffsetDays":       func(p *courrier.ReminderPolicy) { p.Steps[0].Kind = courrier.StepCourtesy },
		"Steps[0].Anchor":           func(p *courrier.ReminderPolicy) { p.Steps[0].Anchor = courrier.AnchorPrevious },
		"Steps[1].Requires[0].Step": func(p *courrier.ReminderPolicy) { p.Steps[1].Requires = []courrier.Requirement{{Step: "b"}} },
		"Steps[1].Requires[0].Days": func(p *courrier.ReminderPolicy) { p.Steps[1].Requires = []courrier.Requirement{{Step: "a", Days: -1}} },
		"Steps[0].Requires":         func(p *courrier.ReminderPolicy) { p.Steps[0].Kind = courrier.StepFormalNotice },
		"Steps[0].Unannounced":      func(p *courrier.ReminderPolicy) { p.Steps[0].Unannounced = true },
		"Steps[1].ExpiresAfterDays": func(p *courrier.ReminderPolicy) { p.Steps[1].ExpiresAfterDays = 3 },
		"Steps[0].ExpiresAfterDays": func(p *courrier.ReminderPolicy) {
			p.CatchUp, p.Steps[0].ExpiresAfterDays = courrier.CatchUpHighest, 3
		},
	} {
		p := testscene.TwoSteps()
		require.NoError(t, p.Validate())
		change(&p)
		err := p.Validate()
		require.ErrorIs(t, err, courrier.ErrInvalid, field)
		found := courrier.FieldErrors(err)
		require.True(t, slices.ContainsFunc(found, func(fe *courrier.FieldError) bool { return fe.Field == field }), "%s: %v", field, err)
		_, err = dunning.Compile(p, nil)
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
}

func TestARequiredStepMayNotExpire(t *testing.T) {
	t.Parallel()
	p := testscene.TwoSteps()
	p.Steps[0].ExpiresAfterDays = 5
	require.NoError(t, p.Validate())
	p.Steps[1].Requires = []courrier.Requirement{{Step: "a"}}
	require.ErrorContains(t, p.Validate(), "may expire")
	p.Steps[1].Requires = []courrier.Requirement{{}}
	require.ErrorContains(t, p.Validate(), "sure to be sent")
}

func TestPolicyWarnings(t *testing.T) {
	t.Parallel()
	notice := courrier.Step{ID: "n", Kind: courrier.StepFormalNotice, OffsetDays: 10}
	for _, tt := range []struct {
		code   courrier.WarningCode
		change func(p *courrier.ReminderPolicy)
	}{
		{courrier.WarnNoContactDelay, func(p *courrier.ReminderPolicy) { p.ContactDelayDays = -1 }},
		{courrier.WarnWeekend, func(p *courrier.ReminderPolicy) { p.SendingDays = courrier.WeekdaysOf(time.Saturday) }},
		{courrier.WarnWithinDelay, func(p *courrier.ReminderPolicy) { p.Steps[1].OffsetDays = 6 }},
		{courrier.WarnPaperFollows, func(p *courrier.ReminderPolicy) { p.Steps[1].Channels = []courrier.Channel{courrier.ChannelEmail} }},
		{courrier.WarnNoticeUnproven, func(p *courrier.ReminderPolicy) { p.Steps[1], p.EmailOnly = notice, true }},
		{courrier.WarnDropsReminders, func(p *courrier.ReminderPolicy) { p.CatchUp = courrier.CatchUpSkip }},
		{courrier.WarnDeliveryUntracked, func(p *courrier.ReminderPolicy) { p.Steps[1].Anchor = courrier.AnchorDelivery }},
		{courrier.WarnNoticeFirst, func(p *courrier.ReminderPolicy) { p.Steps = []courrier.Step{notice}; p.Steps[0].Unannounced = true }},
		{courrier.WarnNoticeUnannounced, func(p *courrier.ReminderPolicy) { p.Steps[1] = notice; p.Steps[1].Unannounced = true }},
		{courrier.WarnNoticeUnapproved, func(p *courrier.ReminderPolicy) { p.Steps[1] = notice; p.Steps[1].Approval = courrier.ApprovalNone }},
		{courrier.WarnNoticeUnproven, func(p *courrier.ReminderPolicy) {
			p.Steps[1] = notice
			p.Steps[1].Service = courrier.ServiceStandard
		}},
	} {
		p := testscene.TwoSteps()
		has := func() bool {
			return slices.ContainsFunc(p.Warnings(), func(w courrier.Warning) bool { return w.Code == tt.code })
		}
		require.False(t, has())
		tt.change(&p)
		require.NoError(t, p.Validate())
		require.True(t, has(), "%s", tt.code)
	}
}

// A host may ask for warnings while somebody still types: what is not valid yet has
// those that can be told.
func TestWarningsOfWhatIsNotValidYet(t *testing.T) {
	t.Parallel()
	p := courrier.ReminderPolicy{Steps: []courrier.Step{{
		Kind: courrier.StepFormalNotice, Anchor: courrier.AnchorDelivery, Requires: []courrier.Requirement{{Step: "no-such-step"}},
	}}}
	require.Error(t, p.Validate())
	require.NotEmpty(t, p.Warnings())
}

func TestReadyMadePolicies(t *testing.T) {
	t.Parallel()
	for _, p := range []courrier.ReminderPolicy{dunning.GentlePolicy(), dunning.StandardPolicy(), dunning.FirmPolicy()} {
		require.NoError(t, p.Validate())
		require.Empty(t, p.Warnings())
		_, err := dunning.Compile(p, nil)
		require.NoError(t, err)
	}
}

func TestPolicyJSON(t *testing.T) {
	t.Parallel()
	p := dunning.StandardPolicy()
	p.SendingDays = courrier.WeekdaysOf(time.Monday, time.Thursday)
	data, err := json.Marshal(p)
	require.NoError(t, err)
	require.Contains(t, string(data), `["monday","thursday"]`)
	again, err := courrier.ParsePolicy(data)
	require.NoError(t, err)
	require.Equal(t, p, again)
	for bad, field := range map[string]string{
		`{"id":"p","steps":[{"id":"a"},{"id":"b","ofset_days":3}]}`:    "policy.steps[1].ofset_days",
		`{"id":"p","steps":[{"id":"a"},{"id":"b","offset_days":"3"}]}`: "policy.steps[1].offset_days",
		`{"id":"p","steps":[],"sending_days":["lundi"]}`:               "policy.sending_days",
		`{"id":"p","steps":[]} {}`:                                     "policy",
	} {
		_, err := courrier.ParsePolicy([]byte(bad))
		require.Len(t, courrier.FieldErrors(err), 1, bad)
		require.Equal(t, field, courrier.FieldErrors(err)[0].Field)
	}
	for name, bad := range map[string]string{
		"unknown field": `{"id":"p","steps":[{"id":"a","kind":"reminder","ofset_days":3}]}`,
		"no weekday":    `{"id":"p","sending_days":["lundi"],"steps":[{"id":"a","kind":"reminder"}]}`,
		"two values":    `{"id":"p","steps":[{"id":"a","kind":"reminder"}]} {}`,
		"not valid":     `{"id":"p"}`,
		"no JSON":       `{`,
		"too large":     `"` + string(make([]byte, 300<<10)) + `"`,
	} {
		_, err := courrier.ParsePolicy([]byte(bad))
		require.ErrorIs(t, err, courrier.ErrInvalid, name)
	}
}
