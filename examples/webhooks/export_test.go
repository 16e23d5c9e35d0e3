package webhooks

// Sign is sign, for the specification's own example.
var Sign = sign
