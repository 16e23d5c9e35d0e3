package desk_test

import "github.com/chromedp/cdproto/runtime"

// awaitPromise waits for what a script promises.
func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
