/* filterctl audit: looks at the journal's files, without a running filterd. */
#ifndef FILTERD_MAIN_CTL_AUDIT_H
#define FILTERD_MAIN_CTL_AUDIT_H

/* argv[0] is "audit".  Returns the exit status: 0 sound, 1 not, 2 wrong use. */
int ctl_audit(int argc, char **argv);

#endif
