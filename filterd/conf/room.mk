noinst_LIBRARIES += libconf.a
libconf_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS)
libconf_a_SOURCES = \
	filterd/conf/bundle.c filterd/conf/bundle.h \
	filterd/conf/cfgread.c filterd/conf/cfgread.h \
	filterd/conf/cfgerr.c filterd/conf/cfgerr.h \
	filterd/conf/cfgwords.h \
	filterd/conf/include.c filterd/conf/include.h \
	filterd/conf/check.c filterd/conf/check.h \
	filterd/conf/conf.c filterd/conf/conf.h \
	filterd/conf/options.c filterd/conf/options.h \
	filterd/conf/hint.c filterd/conf/hint.h \
	filterd/conf/syntax.c filterd/conf/syntax.h \
	filterd/conf/token.c filterd/conf/token.h
