# unit tests of filterd/audit
if CMOCKA
check_PROGRAMS += tests/unit/audit_journal
tests_unit_audit_journal_SOURCES = tests/unit/audit_journal.c
tests_unit_audit_journal_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_audit_journal_LDADD = libaudit.a libbase.a $(CRYPTO_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/audit_report
tests_unit_audit_report_SOURCES = tests/unit/audit_report.c
tests_unit_audit_report_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LIBEVENT_CFLAGS) $(OPENSSL_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_audit_report_LDADD = libaudit.a libconf.a libmodel.a libbase.a $(LIBEVENT_LIBS) $(OPENSSL_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS) $(UNIT_LIBS)

# the role, closed in, with the client that talks to it
check_PROGRAMS += tests/unit/audit_recorder
tests_unit_audit_recorder_SOURCES = tests/unit/audit_recorder.c filterd/main/ctl_audit.c filterd/main/ctl_say.c filterd/main/recorder.c
tests_unit_audit_recorder_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LIBEVENT_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_audit_recorder_LDADD = libaudit.a libstore.a libproc.a libconf.a libipc.a libmodel.a libbase.a $(LIBEVENT_LIBS) $(SQLITE_LIBS) $(SECCOMP_LIBS) \
	$(OPENSSL_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/audit_events_man
tests_unit_audit_events_man_SOURCES = tests/unit/audit_events_man.c
tests_unit_audit_events_man_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -DFILTERD_SRCDIR='"$(abs_top_srcdir)"'
tests_unit_audit_events_man_LDADD = libaudit.a libmodel.a libbase.a $(UNIT_LIBS)
endif
