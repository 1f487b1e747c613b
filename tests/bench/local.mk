# Benchmarks: built and run by tests/bench/run, not by make check
EXTRA_PROGRAMS += tests/bench/xmppload
tests_bench_xmppload_SOURCES = tests/bench/xmppload.c
EXTRA_PROGRAMS += tests/bench/httpload
tests_bench_httpload_SOURCES = tests/bench/httpload.c
EXTRA_DIST += tests/bench/put.py
EXTRA_PROGRAMS += tests/bench/dlp
tests_bench_dlp_SOURCES = tests/bench/dlp.c
tests_bench_dlp_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS) $(PCRE2_CFLAGS)
tests_bench_dlp_LDADD = libdetect.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS) $(CRYPTO_LIBS)
EXTRA_DIST += tests/bench/dlp.sh tests/bench/journal.sh tests/bench/scan.sh tests/bench/text.sh tests/bench/upload_site.py
EXTRA_PROGRAMS += tests/bench/journal
tests_bench_journal_SOURCES = tests/bench/journal.c
tests_bench_journal_LDADD = libaudit.a libbase.a $(CRYPTO_LIBS)
EXTRA_PROGRAMS += tests/bench/scan
tests_bench_scan_SOURCES = tests/bench/scan.c tests/unit/scan_rig.c tests/unit/scan_rig.h
tests_bench_scan_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -DSIGNATURES='"$(abs_top_srcdir)/signatures"' \
	-DFILTERD_SCAN='"$(abs_top_builddir)/filterd/main/filterd-scan"'
tests_bench_scan_LDADD = libconf.a libipc.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(UNIT_LIBS)
tests_bench_scan_DEPENDENCIES = filterd/main/filterd-scan libconf.a libipc.a libmodel.a libbase.a
EXTRA_PROGRAMS += tests/bench/text
tests_bench_text_SOURCES = tests/bench/text.c tests/unit/scan_rig.c tests/unit/scan_rig.h
tests_bench_text_CPPFLAGS = $(tests_bench_scan_CPPFLAGS)
tests_bench_text_LDADD = $(tests_bench_scan_LDADD)
tests_bench_text_DEPENDENCIES = $(tests_bench_scan_DEPENDENCIES)
