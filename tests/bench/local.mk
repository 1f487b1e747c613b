# Benchmarks: built and run by tests/bench/run, not by make check
EXTRA_PROGRAMS += tests/bench/xmppload
tests_bench_xmppload_SOURCES = tests/bench/xmppload.c
