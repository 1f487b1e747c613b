# manual pages
dist_man_MANS += man/filterd.conf.5
