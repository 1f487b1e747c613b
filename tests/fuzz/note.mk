if FUZZERS
noinst_PROGRAMS += tests/fuzz/note
tests_fuzz_note_SOURCES = tests/fuzz/note.c
tests_fuzz_note_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_note_LDADD = libaudit.a libbase.a $(CRYPTO_LIBS)
endif
