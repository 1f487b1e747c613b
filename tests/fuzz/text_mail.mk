if FUZZERS
noinst_PROGRAMS += tests/fuzz/text_mail
tests_fuzz_text_mail_SOURCES = tests/fuzz/text_mail.c tests/fuzz/document.h
tests_fuzz_text_mail_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_text_mail_LDADD = libextract.a libconf.a libmodel.a libbase.a $(EXTRACT_LIBS)
endif
