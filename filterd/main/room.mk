# the monitor as a library, so that its tests can play the roles it starts
noinst_LIBRARIES += libmonitor.a
libmonitor_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS) -DFILTERD_BINDIR='"$(bindir)"'
libmonitor_a_SOURCES = \
	filterd/main/check.c \
	filterd/main/check.h \
	filterd/main/generations.c \
	filterd/main/generations.h \
	filterd/main/hung.c \
	filterd/main/hung.h \
	filterd/main/monitor.c \
	filterd/main/monitor.h \
	filterd/main/notify.c \
	filterd/main/notify.h \
	filterd/main/paths.c \
	filterd/main/paths.h \
	filterd/main/state.h \
	filterd/main/supervise.c \
	filterd/main/supervise.h \
	filterd/main/words.c \
	filterd/main/words.h

# none of libclamav, PCRE2, Hyperscan or archive code may be linked here: tests/e2e/test_install.py looks
# (a program of this name can't stand at the top, where the folder filterd/ is)
sbin_PROGRAMS += filterd/main/filterd
filterd_main_filterd_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(LIBCONFIG_CFLAGS)
filterd_main_filterd_SOURCES = \
	filterd/main/broker.c \
	filterd/main/filterd.c \
	filterd/main/recorder.c filterd/main/recorder.h \
	filterd/main/roles.h
filterd_main_filterd_LDADD = libmonitor.a libflow.a libcontrol.a libhttp.a libaudit.a libstore.a libpolicy.a libxmpp.a libproc.a libconf.a libipc.a libmodel.a libbase.a \
	$(LIBEVENT_LIBS) $(MHD_LIBS) $(SQLITE_LIBS) $(EXPAT_LIBS) $(JANSSON_LIBS) $(LIBCONFIG_LIBS) $(SECCOMP_LIBS) $(OPENSSL_LIBS) $(CRYPTO_LIBS)

pkglibexec_PROGRAMS += filterd/main/filterd-scan
filterd_main_filterd_scan_CPPFLAGS = $(AM_CPPFLAGS) $(CLAMAV_CFLAGS) $(LIBCONFIG_CFLAGS)
filterd_main_filterd_scan_SOURCES = filterd/main/filterd_scan.c
filterd_main_filterd_scan_LDADD = libworker.a libdetect.a libextract.a libproc.a libconf.a libipc.a libmodel.a libbase.a \
	$(EXTRACT_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS) $(LIBCONFIG_LIBS) $(SECCOMP_LIBS) $(CRYPTO_LIBS) -lm

bin_PROGRAMS += filterd/main/filterctl
filterd_main_filterctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBCONFIG_CFLAGS) $(PCRE2_CFLAGS)
filterd_main_filterctl_SOURCES = \
	filterd/main/ctl_allow.c filterd/main/ctl_allow.h \
	filterd/main/ctl_audit.c \
	filterd/main/ctl_audit.h \
	filterd/main/ctl.h \
	filterd/main/ctl_daemon.c \
	filterd/main/ctl_daemon.h \
	filterd/main/ctl_edm.c \
	filterd/main/ctl_edm.h \
	filterd/main/ctl_fingerprint.c filterd/main/ctl_fingerprint.h \
	filterd/main/ctl_offline.c \
	filterd/main/ctl_offline.h \
	filterd/main/ctl_rules.c \
	filterd/main/ctl_rules.h \
	filterd/main/ctl_say.c filterd/main/ctl_say.h \
	filterd/main/ctl_scan.c \
	filterd/main/convo.c filterd/main/convo.h \
	filterd/main/rules_cli.c filterd/main/rules_cli.h \
	filterd/main/rules_assume.c filterd/main/rules_assume.h \
	filterd/main/rules_judge.c filterd/main/rules_judge.h filterd/main/rules_verdict.c \
	filterd/main/rules_check.c filterd/main/rules_explain.c filterd/main/rules_lint.c filterd/main/rules_list.c \
	filterd/main/rules_match.c filterd/main/rules_profile.c filterd/main/rules_test.c \
	filterd/main/filterctl.c
filterd_main_filterctl_LDADD = libmonitor.a libflow.a libcontrol.a libaudit.a libstore.a libdetect.a libpolicy.a libxmpp.a libproc.a libconf.a libipc.a libmodel.a libbase.a \
	$(EXPAT_LIBS) $(JANSSON_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS) $(LIBCONFIG_LIBS) $(SECCOMP_LIBS) $(CRYPTO_LIBS) -lm
