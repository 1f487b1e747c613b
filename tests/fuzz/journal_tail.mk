if FUZZERS
noinst_PROGRAMS += tests/fuzz/journal_tail
tests_fuzz_journal_tail_SOURCES = tests/fuzz/journal_tail.c
tests_fuzz_journal_tail_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_journal_tail_LDADD = libaudit.a libbase.a $(CRYPTO_LIBS)
endif
