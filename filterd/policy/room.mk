noinst_LIBRARIES += libpolicy.a
libpolicy_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS)
libpolicy_a_SOURCES = \
	filterd/policy/allow.c filterd/policy/allow.h \
	filterd/policy/decide.c filterd/policy/decide.h \
	filterd/policy/over_time.c filterd/policy/over_time.h \
	filterd/policy/redaction.c filterd/policy/redaction.h \
	filterd/policy/review.c filterd/policy/review.h \
	filterd/policy/rules.c filterd/policy/rules.h \
	filterd/policy/when.c filterd/policy/when.h \
	filterd/policy/zones.c filterd/policy/zones.h
