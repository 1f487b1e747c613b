# Benchmarks: built and run by tests/bench/run, not by make check
EXTRA_PROGRAMS += tests/bench/xmppload
tests_bench_xmppload_SOURCES = tests/bench/xmppload.c
EXTRA_PROGRAMS += tests/bench/httpload
tests_bench_httpload_SOURCES = tests/bench/httpload.c
EXTRA_DIST += tests/bench/put.py
EXTRA_PROGRAMS += tests/bench/dlp
tests_bench_dlp_SOURCES = tests/bench/dlp.c
tests_bench_dlp_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS) $(PCRE2_CFLAGS)
tests_bench_dlp_LDADD = libdetect.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS)
EXTRA_DIST += tests/bench/dlp.sh
