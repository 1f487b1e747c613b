# manual pages
dist_man_MANS += man/filterctl.1 man/filterd.8 man/filterd.conf.5 man/filterd-events.7 man/filterd-rules.5
