package testscene

import (
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
)

// ChargeOf lists the charge states that a status allows.
var ChargeOf = map[courrier.Status][]courrier.ChargeState{
	courrier.StatusHeld:      {courrier.ChargeNone, courrier.ChargeReserved},
	courrier.StatusScheduled: {courrier.ChargeReserved},
	courrier.StatusQueued:    {courrier.ChargeReserved},
	courrier.StatusUnknown:   {courrier.ChargeReserved},
	courrier.StatusFailed:    {courrier.ChargeReleased, courrier.ChargeRefunded},
	courrier.StatusCancelled: {courrier.ChargeNone, courrier.ChargeReleased, courrier.ChargeRefunded},
}

func (w *Scene) OneStory(rt *rapid.T, bought int) {
	spent, reserved := Stamps(rt, 0), Stamps(rt, 0)
	for rec, err := range w.Client.Letters(w.Ctx, courrier.LetterFilter{}) {
		require.NoError(rt, err)
		allowed, listed := ChargeOf[rec.Status]
		if !listed {
			allowed = []courrier.ChargeState{courrier.ChargeCaptured}
		}
		require.Contains(rt, allowed, rec.Charge, "%s", rec.Status)
		require.LessOrEqual(rt, w.Times(rec.ID), 1)
		if !rec.SubmittedAt.IsZero() {
			require.Equal(rt, 1, w.Times(rec.ID), "%s", rec.Status)
		}
		switch rec.Charge {
		case courrier.ChargeCaptured:
			spent, err = spent.Add(rec.Price)
		case courrier.ChargeReserved:
			reserved, err = reserved.Add(rec.Price)
		}
		require.NoError(rt, err)
	}
	available, err := Stamps(rt, bought).Sub(spent)
	require.NoError(rt, err)
	available, err = available.Sub(reserved)
	require.NoError(rt, err)
	b, err := w.Client.Credits("acme").Balance(w.Ctx, "stamp")
	require.NoError(rt, err)
	require.True(rt, b.Available.Equal(available), "available %s, want %s", b.Available, available)
	require.True(rt, b.Reserved.Equal(reserved), "reserved %s, want %s", b.Reserved, reserved)
}
