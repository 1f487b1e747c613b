if FUZZERS
noinst_PROGRAMS += tests/fuzz/http_text
tests_fuzz_http_text_SOURCES = tests/fuzz/http_text.c
tests_fuzz_http_text_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_http_text_LDADD = libhttp.a libbase.a $(CRYPTO_LIBS)
endif
