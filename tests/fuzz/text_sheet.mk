if FUZZERS
noinst_PROGRAMS += tests/fuzz/text_sheet
tests_fuzz_text_sheet_SOURCES = tests/fuzz/text_sheet.c tests/fuzz/document.h
tests_fuzz_text_sheet_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_text_sheet_LDADD = libextract.a libconf.a libmodel.a libbase.a $(EXTRACT_LIBS)
endif
