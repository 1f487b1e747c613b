if FUZZERS
noinst_PROGRAMS += tests/fuzz/text_csv
tests_fuzz_text_csv_SOURCES = tests/fuzz/text_csv.c 
tests_fuzz_text_csv_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_text_csv_LDADD = libextract.a libconf.a libmodel.a libbase.a $(EXTRACT_LIBS)
endif
