# unit tests of filterd/xmpp
if CMOCKA
check_PROGRAMS += tests/unit/xmpp_channel tests/unit/xmpp_link tests/unit/xmpp_xml
tests_unit_xmpp_channel_SOURCES = tests/unit/xmpp_channel.c
tests_unit_xmpp_channel_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LIBEVENT_CFLAGS) -DTRANSCRIPTS='"$(abs_top_srcdir)/tests/transcripts"'
tests_unit_xmpp_channel_LDADD = libxmpp.a libipc.a libconf.a libmodel.a libbase.a $(LIBEVENT_LIBS) $(EXPAT_LIBS) $(OPENSSL_LIBS) $(LIBCONFIG_LIBS) $(UNIT_LIBS)
tests_unit_xmpp_link_SOURCES = tests/unit/xmpp_link.c
tests_unit_xmpp_link_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LIBEVENT_CFLAGS)
tests_unit_xmpp_link_LDADD = libxmpp.a libbase.a $(LIBEVENT_LIBS) $(EXPAT_LIBS) $(OPENSSL_LIBS) $(LIBCONFIG_LIBS) $(UNIT_LIBS)
tests_unit_xmpp_xml_SOURCES = tests/unit/xmpp_xml.c
tests_unit_xmpp_xml_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_xmpp_xml_LDADD = libxmpp.a libbase.a $(LIBEVENT_LIBS) $(EXPAT_LIBS) $(OPENSSL_LIBS) $(LIBCONFIG_LIBS) $(UNIT_LIBS)
endif
