# exact data match: building an index of a million records, look-ups against naive ones, messages. tests/bench/edm.c
exec "$build/tests/bench/edm" "$@"
