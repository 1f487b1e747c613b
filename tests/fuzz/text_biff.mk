if FUZZERS
noinst_PROGRAMS += tests/fuzz/text_biff
tests_fuzz_text_biff_SOURCES = tests/fuzz/text_biff.c 
tests_fuzz_text_biff_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_text_biff_LDADD = libextract.a libconf.a libmodel.a libbase.a $(EXTRACT_LIBS)
endif
