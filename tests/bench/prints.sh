# document fingerprints: ns per byte at sets of 1, 100 and 10,000 documents. tests/bench/prints.c
exec "$build/tests/bench/prints" "$@"
