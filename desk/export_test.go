package desk

// Routes are the patterns of all screens, for the tests of what no screen may do.
func (d *Desk) Routes() []string { return d.patterns }

// PaidWithin is the figure that the page of results names in words.
const PaidWithin = paidWithin
