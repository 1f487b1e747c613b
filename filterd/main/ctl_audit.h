/* filterctl audit: looks at the journal's files, without a running filterd. */
#ifndef FILTERD_MAIN_CTL_AUDIT_H
#define FILTERD_MAIN_CTL_AUDIT_H

/* argv[0] is "audit".  Returns the exit status (main/ctl.h): CTL_FOUND if the journal is not sound. */
int ctl_audit(int argc, char **argv);

#endif
