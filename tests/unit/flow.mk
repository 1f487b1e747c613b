# unit tests of filterd/flow
if CMOCKA
check_PROGRAMS += tests/unit/flow_redact
tests_unit_flow_redact_SOURCES = tests/unit/flow_redact.c
tests_unit_flow_redact_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -DTEST_SRCDIR='"$(abs_top_srcdir)"'
tests_unit_flow_redact_LDADD = libflow.a libpolicy.a libxmpp.a libdetect.a libconf.a libmodel.a libbase.a $(EXPAT_LIBS) $(LIBCONFIG_LIBS) $(PCRE2_LIBS) \
	$(UTF8PROC_LIBS) $(CRYPTO_LIBS) $(LIBEVENT_LIBS) $(UNIT_LIBS)
check_PROGRAMS += tests/unit/flow_stanza
tests_unit_flow_stanza_SOURCES = tests/unit/flow_stanza.c
tests_unit_flow_stanza_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_flow_stanza_LDADD = libflow.a libxmpp.a libmodel.a libbase.a $(EXPAT_LIBS) $(CRYPTO_LIBS) $(LIBEVENT_LIBS) $(UNIT_LIBS)
check_PROGRAMS += tests/unit/flow_across
tests_unit_flow_across_SOURCES = tests/unit/flow_across.c
tests_unit_flow_across_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_flow_across_LDADD = libflow.a libxmpp.a libmodel.a libbase.a $(EXPAT_LIBS) $(CRYPTO_LIBS) $(LIBEVENT_LIBS) $(UNIT_LIBS)
check_PROGRAMS += tests/unit/flow_drip
tests_unit_flow_drip_SOURCES = tests/unit/flow_drip.c
tests_unit_flow_drip_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_flow_drip_LDADD = libflow.a libpolicy.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(CRYPTO_LIBS) $(UNIT_LIBS)
check_PROGRAMS += tests/unit/flow_audience
tests_unit_flow_audience_SOURCES = tests/unit/flow_audience.c
tests_unit_flow_audience_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LIBEVENT_CFLAGS)
tests_unit_flow_audience_LDADD = libflow.a libpolicy.a libaudit.a libxmpp.a libipc.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(EXPAT_LIBS) \
	$(OPENSSL_LIBS) $(CRYPTO_LIBS) $(LIBEVENT_LIBS) $(JANSSON_LIBS) $(UNIT_LIBS)
check_PROGRAMS += tests/unit/flow_pool
tests_unit_flow_pool_SOURCES = tests/unit/flow_pool.c
tests_unit_flow_pool_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_flow_pool_LDADD = libflow.a libpolicy.a libxmpp.a libipc.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(EXPAT_LIBS) $(CRYPTO_LIBS) $(LIBEVENT_LIBS) $(UNIT_LIBS)
check_PROGRAMS += tests/unit/flow_value
tests_unit_flow_value_SOURCES = tests/unit/flow_value.c
tests_unit_flow_value_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_flow_value_LDADD = libflow.a libpolicy.a libconf.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(CRYPTO_LIBS) $(UNIT_LIBS)
endif
