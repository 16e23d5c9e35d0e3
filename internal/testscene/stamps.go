package testscene

import (
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
)

func Stamps(t require.TestingT, n int) courrier.Amount {
	a, err := courrier.AmountOf(decimal.NewFromInt(int64(n)), "stamp")
	require.NoError(t, err)
	return a
}
