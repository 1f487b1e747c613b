if FUZZERS
noinst_PROGRAMS += tests/fuzz/inspect_wire
tests_fuzz_inspect_wire_SOURCES = tests/fuzz/inspect_wire.c
tests_fuzz_inspect_wire_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_inspect_wire_LDADD = libxmpp.a libipc.a libbase.a
endif
