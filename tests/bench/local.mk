# Benchmarks: built and run by tests/bench/run, not by make check
EXTRA_PROGRAMS += tests/bench/xmppload
tests_bench_xmppload_SOURCES = tests/bench/xmppload.c
EXTRA_PROGRAMS += tests/bench/httpload
tests_bench_httpload_SOURCES = tests/bench/httpload.c
EXTRA_DIST += tests/bench/put.py
EXTRA_PROGRAMS += tests/bench/journal
tests_bench_journal_SOURCES = tests/bench/journal.c
tests_bench_journal_LDADD = libaudit.a libbase.a $(CRYPTO_LIBS)
