# unit tests of filterd/proc
if CMOCKA
check_PROGRAMS += tests/unit/proc_sandbox
tests_unit_proc_sandbox_SOURCES = tests/unit/proc_sandbox.c
tests_unit_proc_sandbox_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_proc_sandbox_LDADD = libproc.a libbase.a $(SECCOMP_LIBS) $(UNIT_LIBS)
endif
