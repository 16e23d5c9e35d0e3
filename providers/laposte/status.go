package laposte

import "github.com/courrier-go/courrier"

// meaning is what a code of the carrier says about a letter. The zero meaning is
// a known code that changes nothing.
type meaning struct {
	status  courrier.Status
	reason  courrier.ReturnReason
	proof   courrier.ProofKind
	present bool // the letter was offered to the addressee for the first time
}

// Statuses of a sending that decide what is done.
const (
	statusDraft               = "DRAFT"
	statusRejected            = "REJECTED"
	statusProcessed           = "PROCESSED"
	statusProcessedWithErrors = "PROCESSED_WITH_ERRORS"
)

// sendingStatuses are those of a sending (mail/v2 and registered_mail/v4).
// PROCESSED is "put into its envelope and handed to the post": never delivered.
// PROCESSED_WITH_ERRORS says nothing by itself: the recipient's status does.
var sendingStatuses = map[string]meaning{
	statusDraft:               {},
	"PENDING":                 {status: courrier.StatusSubmitted},
	"BLOCKED":                 {status: courrier.StatusBlocked},
	"ACCEPTED":                {status: courrier.StatusAccepted},
	"PREPARING":               {status: courrier.StatusAccepted}, // in the machines, and not out of them
	statusProcessed:           {status: courrier.StatusPosted},
	statusProcessedWithErrors: {},
	statusRejected:            {status: courrier.StatusFailed},
	"CANCELED":                {status: courrier.StatusCancelled},
}

// recipientStatuses are those of a sending's recipient, of which there is one.
var recipientStatuses = map[string]meaning{
	statusDraft:        {},
	"PENDING":          {status: courrier.StatusSubmitted},
	"BLOCKED":          {status: courrier.StatusBlocked},
	"ACCEPTED":         {status: courrier.StatusAccepted},
	"PREPARING":        {status: courrier.StatusAccepted},
	statusProcessed:    {status: courrier.StatusPosted},
	statusRejected:     {status: courrier.StatusFailed},
	"SENDING_REJECTED": {status: courrier.StatusFailed},
	"CANCELED":         {status: courrier.StatusCancelled},
}

// deliveryCodes are the delivery codes of registered_mail/v4 (LP00 to LP29) and
// the one of mail/v2 (N10). LP08, LP09: a notice was left and the letter waits;
// LP10: a new appointment, so it is on its way again. LP17 is delivery to the
// sender. LP05, LP06 and LP07 speak of proofs, which the recipient's own fields
// announce when they can be fetched. N10 belongs to the family "scanned": the
// letter itself has come back to Maileva, and nothing follows it.
var deliveryCodes = map[string]meaning{
	"LP00": {},
	"LP01": {status: courrier.StatusPosted},
	"LP02": {status: courrier.StatusPosted},
	"LP03": {status: courrier.StatusInTransit},
	"LP04": {status: courrier.StatusInTransit},
	"LP05": {status: courrier.StatusInTransit},
	"LP06": {status: courrier.StatusInTransit},
	"LP07": {status: courrier.StatusInTransit},
	"LP08": {status: courrier.StatusAwaitingPickup},
	"LP09": {status: courrier.StatusAwaitingPickup, present: true},
	"LP10": {status: courrier.StatusInTransit},
	"LP11": {status: courrier.StatusInTransit},
	"LP12": {status: courrier.StatusInTransit},
	"LP13": {status: courrier.StatusInTransit},
	"LP14": {status: courrier.StatusInTransit},
	"LP15": {status: courrier.StatusDelivered},
	"LP16": {status: courrier.StatusDelivered},
	"LP17": {status: courrier.StatusReturned},
	"LP18": {status: courrier.StatusDelivered},
	"LP19": {status: courrier.StatusReturning, reason: courrier.ReturnUnclaimed},
	"LP20": {status: courrier.StatusReturning, reason: courrier.ReturnBadAddress},
	"LP21": {status: courrier.StatusReturning, reason: courrier.ReturnUnknownAddressee},
	"LP22": {status: courrier.StatusReturning, reason: courrier.ReturnRefused},
	"LP23": {status: courrier.StatusInTransit},
	"LP24": {status: courrier.StatusReturning},
	"LP25": {status: courrier.StatusReturning, reason: courrier.ReturnUnclaimed},
	"LP26": {status: courrier.StatusInTransit},
	"LP27": {status: courrier.StatusReturning},
	"LP28": {status: courrier.StatusDelivered},
	"LP29": {status: courrier.StatusDelivered},
	"N10":  {status: courrier.StatusReturned},
}

// mainCategories are the categories of main delivery statuses.
var mainCategories = map[string]meaning{
	"DELIVERING":         {status: courrier.StatusInTransit},
	"FIRST_PRESENTATION": {status: courrier.StatusInTransit, present: true},
	"DELIVERED":          {status: courrier.StatusDelivered},
	"UNDELIVERED":        {status: courrier.StatusReturning},
}

// undeliveredReasons are those of returned mail that Maileva received. N07 does
// not tell a bad address from no access; the one that weakens a formal notice is
// assumed.
var undeliveredReasons = map[string]courrier.ReturnReason{
	"N02": courrier.ReturnUnknownAddressee,
	"N03": courrier.ReturnUnclaimed,
	"N05": courrier.ReturnRefused,
	"N07": courrier.ReturnBadAddress,
}

// suiviCodes are the event codes of Suivi v2. DI2 is delivery to the sender.
// Problems (DR2, PB1, DI3, DO3) do not move the letter.
var suiviCodes = map[string]meaning{
	"DR1": {}, // announced by the sender, not handed over yet
	"DR2": {},
	"PC1": {status: courrier.StatusInTransit},
	"PC2": {status: courrier.StatusInTransit},
	"ET1": {status: courrier.StatusInTransit},
	"ET2": {status: courrier.StatusInTransit},
	"ET3": {status: courrier.StatusInTransit},
	"ET4": {status: courrier.StatusInTransit},
	"EP1": {status: courrier.StatusInTransit},
	"DO1": {status: courrier.StatusInTransit},
	"DO2": {status: courrier.StatusInTransit},
	"DO3": {},
	"ID0": {status: courrier.StatusInTransit},
	"ID1": {}, // seen, and in no list of La Poste's
	"PB1": {},
	"PB2": {status: courrier.StatusInTransit},
	"MD2": {status: courrier.StatusInTransit},
	"ND1": {status: courrier.StatusReturning},
	"AG1": {status: courrier.StatusAwaitingPickup},
	"RE1": {status: courrier.StatusReturning},
	"DI0": {status: courrier.StatusDelivered},
	"DI1": {status: courrier.StatusDelivered},
	"DI2": {status: courrier.StatusReturned},
	"DI3": {},
}

// resource and happening are what a notification is about.
type happening struct{ resource, event string }

const (
	mailSendings         = "mail/v2/sendings"
	registeredSendings   = "registered_mail/v4/sendings"
	registeredRecipients = "registered_mail/v4/recipients"
)

// notifications are those that Maileva documents for its two postal services.
var notifications = map[happening]meaning{
	{mailSendings, "ON_STATUS_ACCEPTED"}:                                 {status: courrier.StatusAccepted},
	{mailSendings, "ON_STATUS_REJECTED"}:                                 {status: courrier.StatusFailed},
	{mailSendings, "ON_STATUS_PROCESSED"}:                                {status: courrier.StatusPosted},
	{mailSendings, "ON_STATUS_ARCHIVED"}:                                 {},
	{registeredSendings, "ON_STATUS_ACCEPTED"}:                           {status: courrier.StatusAccepted},
	{registeredSendings, "ON_STATUS_REJECTED"}:                           {status: courrier.StatusFailed},
	{registeredSendings, "ON_STATUS_PROCESSED"}:                          {status: courrier.StatusPosted},
	{registeredSendings, "ON_GLOBAL_DEPOSIT_PROOF_RECEIVED"}:             {proof: courrier.ProofOfDeposit},
	{registeredRecipients, "ON_DEPOSIT_PROOF_RECEIVED"}:                  {proof: courrier.ProofOfDeposit},
	{registeredRecipients, "ON_CONTENT_PROOF_RECEIVED"}:                  {proof: courrier.ProofOfContent},
	{registeredRecipients, "ON_ACKNOWLEDGEMENT_OF_RECEIPT_RECEIVED"}:     {proof: courrier.ProofOfReceipt},
	{registeredRecipients, "ON_UNDELIVERED_MAIL_RECEIVED"}:               {proof: courrier.ProofOfReturn},
	{registeredRecipients, "ON_MAIN_DELIVERY_STATUS_FIRST_PRESENTATION"}: {status: courrier.StatusInTransit, present: true},
	{registeredRecipients, "ON_MAIN_DELIVERY_STATUS_DELIVERED"}:          {status: courrier.StatusDelivered},
	{registeredRecipients, "ON_MAIN_DELIVERY_STATUS_UNDELIVERED"}:        {status: courrier.StatusReturning},
}

// undocumented lists pairs that Maileva accepts in subscriptions without saying
// that it ever sends them. They change nothing: the letter is read anyway.
var undocumented = map[happening]bool{
	{mailSendings, "ON_STATUS_PROCESSED_WITH_ERRORS"}:       true,
	{registeredSendings, "ON_STATUS_PROCESSED_WITH_ERRORS"}: true,
}
