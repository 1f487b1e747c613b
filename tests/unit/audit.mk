# unit tests of filterd/audit
if CMOCKA
check_PROGRAMS += tests/unit/audit_journal
tests_unit_audit_journal_SOURCES = tests/unit/audit_journal.c
tests_unit_audit_journal_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_audit_journal_LDADD = libaudit.a libbase.a $(CRYPTO_LIBS) $(UNIT_LIBS)
endif
