# unit tests of filterd/proc
if CMOCKA
check_PROGRAMS += tests/unit/proc_sandbox
tests_unit_proc_sandbox_SOURCES = tests/unit/proc_sandbox.c
tests_unit_proc_sandbox_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_proc_sandbox_LDADD = libproc.a libbase.a $(SECCOMP_LIBS) $(UNIT_LIBS)
check_PROGRAMS += tests/unit/proc_start
tests_unit_proc_start_SOURCES = tests/unit/proc_start.c
tests_unit_proc_start_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_proc_start_LDADD = libproc.a libbase.a $(SECCOMP_LIBS) $(UNIT_LIBS)
check_PROGRAMS += tests/unit/proc_watch
tests_unit_proc_watch_SOURCES = tests/unit/proc_watch.c
tests_unit_proc_watch_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_proc_watch_LDADD = libproc.a libbase.a $(SECCOMP_LIBS) $(UNIT_LIBS)
endif
