if FUZZERS
noinst_PROGRAMS += tests/fuzz/layer_text
tests_fuzz_layer_text_SOURCES = tests/fuzz/layer_text.c
tests_fuzz_layer_text_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_layer_text_LDADD = libextract.a libbase.a
endif
