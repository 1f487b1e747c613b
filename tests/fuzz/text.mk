if FUZZERS
noinst_PROGRAMS += tests/fuzz/text
tests_fuzz_text_SOURCES = tests/fuzz/text.c
tests_fuzz_text_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_text_LDADD = libdetect.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS) $(CRYPTO_LIBS)
endif
