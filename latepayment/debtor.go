package latepayment

// DebtorClass is what a customer is in law. The host decides it; the zero value
// is not known, and treated as a consumer where the law protects one.
type DebtorClass string

// The classes.
const (
	DebtorBusiness        DebtorClass = "business"         // a professional, acting as such
	DebtorConsumer        DebtorClass = "consumer"         // a natural person outside any trade
	DebtorNonProfessional DebtorClass = "non_professional" // neither: an association, a co-ownership
	DebtorPublic          DebtorClass = "public"           // a public buyer
)
