# A unit for systemd, for admins and packagers to install where they want it
EXTRA_DIST += contrib/filterd.service.in
noinst_DATA += contrib/filterd.service
CLEANFILES += contrib/filterd.service
contrib/filterd.service: $(srcdir)/contrib/filterd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) contrib && sed -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' $(srcdir)/contrib/filterd.service.in > $@.tmp && mv $@.tmp $@
