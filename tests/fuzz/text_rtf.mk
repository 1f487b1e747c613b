if FUZZERS
noinst_PROGRAMS += tests/fuzz/text_rtf
tests_fuzz_text_rtf_SOURCES = tests/fuzz/text_rtf.c tests/fuzz/document.h
tests_fuzz_text_rtf_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_text_rtf_LDADD = libextract.a libconf.a libmodel.a libbase.a $(EXTRACT_LIBS)
endif
