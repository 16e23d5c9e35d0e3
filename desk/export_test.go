package desk

// Routes are the patterns of all screens, for the tests of what no screen may do.
func (d *Desk) Routes() []string { return d.patterns }
