if FUZZERS
noinst_PROGRAMS += tests/fuzz/text_word
tests_fuzz_text_word_SOURCES = tests/fuzz/text_word.c 
tests_fuzz_text_word_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_text_word_LDADD = libextract.a libconf.a libmodel.a libbase.a $(EXTRACT_LIBS)
endif
