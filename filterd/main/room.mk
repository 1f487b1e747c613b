noinst_LIBRARIES += libmonitor.a
libmonitor_a_SOURCES = \
	filterd/main/monitor.c \
	filterd/main/monitor.h \
	filterd/main/notify.c \
	filterd/main/notify.h \
	filterd/main/paths.c \
	filterd/main/paths.h
pkglibexec_PROGRAMS += filterd-scan
filterd_scan_SOURCES = filterd/main/filterd_scan.c
filterd_scan_LDADD = libworker.a libextract.a libdetect.a libproc.a libconf.a libipc.a libmodel.a libbase.a \
	$(CLAMAV_LIBS) $(ARCHIVE_LIBS) $(PCRE2_LIBS) $(UTF8PROC_LIBS) $(LIBCONFIG_LIBS) $(SECCOMP_LIBS)
