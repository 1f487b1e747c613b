noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	filterd/base/arena.c filterd/base/arena.h \
	filterd/base/buf.c filterd/base/buf.h \
	filterd/base/clock.c filterd/base/clock.h \
	filterd/base/io.c filterd/base/io.h \
	filterd/base/keyfile.c filterd/base/keyfile.h \
	filterd/base/log.c filterd/base/log.h \
	filterd/base/nearest.c filterd/base/nearest.h \
	filterd/base/text.c filterd/base/text.h
