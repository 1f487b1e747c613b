if FUZZERS
noinst_PROGRAMS += tests/fuzz/monitor_wire
tests_fuzz_monitor_wire_SOURCES = tests/fuzz/monitor_wire.c
tests_fuzz_monitor_wire_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_monitor_wire_LDADD = libipc.a libmodel.a libbase.a
endif
