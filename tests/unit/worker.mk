# unit tests of filterd/worker
if CMOCKA
check_PROGRAMS += tests/unit/worker_nursery
tests_unit_worker_nursery_SOURCES = tests/unit/worker_nursery.c tests/unit/scan_rig.c tests/unit/scan_rig.h
tests_unit_worker_nursery_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -DSIGNATURES='"$(abs_top_srcdir)/signatures"' \
	-DHOSTILE='"$(abs_top_srcdir)/tests/unit/extract_hostile.py"' -DDOCUMENTS='"$(abs_top_srcdir)/tests/unit/extract_documents.py"' \
	-DFILTERD_SCAN='"$(abs_top_builddir)/filterd/main/filterd-scan"'
tests_unit_worker_nursery_LDADD = libconf.a libipc.a libmodel.a libbase.a $(LIBCONFIG_LIBS) $(UNIT_LIBS)
tests_unit_worker_nursery_DEPENDENCIES = filterd/main/filterd-scan libconf.a libipc.a libmodel.a libbase.a
endif
