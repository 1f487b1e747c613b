noinst_LIBRARIES += libxmpp.a
libxmpp_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(EXPAT_CFLAGS) $(OPENSSL_CFLAGS)
libxmpp_a_SOURCES = \
	filterd/xmpp/channel.c filterd/xmpp/channel.h \
	filterd/xmpp/link.c filterd/xmpp/link.h \
	filterd/xmpp/ns.h \
	filterd/xmpp/rooms.c filterd/xmpp/rooms.h \
	filterd/xmpp/xml.c filterd/xmpp/xml.h
