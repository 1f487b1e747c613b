if FUZZERS
noinst_PROGRAMS += tests/fuzz/text_ole
tests_fuzz_text_ole_SOURCES = tests/fuzz/text_ole.c tests/fuzz/document.h
tests_fuzz_text_ole_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_text_ole_LDADD = libextract.a libconf.a libmodel.a libbase.a $(EXTRACT_LIBS)
endif
