if FUZZERS
noinst_PROGRAMS += tests/fuzz/notes
tests_fuzz_notes_SOURCES = tests/fuzz/notes.c
tests_fuzz_notes_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_notes_LDADD = libextract.a libconf.a libmodel.a libbase.a $(EXTRACT_LIBS)
endif
