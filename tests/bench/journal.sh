# Entries of the audit journal, alone and waiting together: tests/bench/journal.c
exec "$build/tests/bench/journal" "${FILTERD_TEST_TMP:-/tmp}" 2
