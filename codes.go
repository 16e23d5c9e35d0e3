package courrier

// The codes that this module gives its own errors, in [Error].Code and in
// [Failure].Code: docs/errors.md says of each which kind it has, what it means and
// what to do. Other codes are a carrier's, or say with what a status, a hold or a
// cause of package dunning stands in the way.
const (
	CodeCannotCancel     = "cannot-cancel"
	CodeCannotTell       = "cannot-tell"
	CodeChanged          = "changed"
	CodeContradiction    = "contradiction"
	CodeCount            = "count"
	CodeFactsDiffer      = "facts-differ"
	CodeFormalNotice     = "formal-notice"
	CodeIDOfAnother      = "id-of-another"
	CodeKeyUsed          = "key-used"
	CodeLeaseShort       = "lease-short"
	CodeLeaving          = "leaving"
	CodeLeftAlone        = "left-alone"
	CodeNeverArrived     = "never-arrived"
	CodeNoCarrier        = "no-carrier"
	CodeNoCarrierTakesIt = "no-carrier-takes-it"
	CodeNoClaim          = "no-claim"
	CodeNoComposer       = "no-composer"
	CodeNoGate           = "no-gate"
	CodeNoID             = "no-id"
	CodeNoInvoice        = "invoice"
	CodeNoProof          = "no-proof"
	CodeNotAPDF          = "not-a-pdf"
	CodeNotConfirmed     = "not-confirmed"
	CodeNotInDoubt       = "not-in-doubt"
	CodeNotPosted        = "not-posted"
	CodeOtherID          = "other-id"
	CodeOverran          = "overran"
	CodePanic            = "panic"
	CodePostOff          = "post-off"
	CodePreviewStale     = "preview-stale"
	CodeReplaced         = "replaced"
	CodeStatus           = "status"
	CodeUnavailable      = "unavailable"
	CodeUnderWay         = "under-way"
	CodeUnsupported      = "unsupported"
)
