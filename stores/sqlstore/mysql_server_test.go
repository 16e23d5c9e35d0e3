package sqlstore

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServersOfMySQL(t *testing.T) {
	t.Parallel()
	for version, fit := range map[string]bool{
		"10.11.14-MariaDB-0+deb12u2": true, "10.6.0-MariaDB": true, "11.4.2-MariaDB-log": true, "5.5.5-10.11.6-MariaDB": true,
		"8.0.13": true, "8.0.36-28": true, "8.4.0": true, "9.1.0": true,
		"10.5.22-MariaDB": false, "5.5.5-10.3.1-MariaDB": false, "8.0.12": false, "5.7.44-log": false, "": false, "unknown": false, "99999999999999999999.0.0": false,
	} {
		require.Equal(t, fit, isServer(version), version)
	}
}

// Each rule that a server breaks is told with what to do.
func TestSettingsOfMySQL(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][2]string{
		"transaction_isolation": {"READ-COMMITTED", "REPEATABLE-READ"}, "tx_isolation": {"READ-COMMITTED", "SERIALIZABLE"},
		"sql_mode": {"ONLY_FULL_GROUP_BY,STRICT_ALL_TABLES", "NO_ENGINE_SUBSTITUTION"}, "max_allowed_packet": {"67108864", "16777216"},
		"innodb_flush_log_at_trx_commit": {"1", "2"}, "autocommit": {"ON", "OFF"}, "version": {"8.4.0", "5.7.0"},
	} {
		for i, value := range values {
			require.Equal(t, i == 0, brokenRule(map[string]string{name: value}) == nil, "%s = %s", name, value)
		}
	}
	require.NoError(t, brokenRule(nil))
}
