if FUZZERS
noinst_PROGRAMS += tests/fuzz/view
tests_fuzz_view_SOURCES = tests/fuzz/view.c
tests_fuzz_view_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_view_LDADD = libdetect.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS) $(CRYPTO_LIBS)
endif
