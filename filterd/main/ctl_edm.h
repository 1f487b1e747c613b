/* filterctl edm: indexes of real records. */
#ifndef FILTERD_MAIN_CTL_EDM_H
#define FILTERD_MAIN_CTL_EDM_H

/* argv[0] is "edm".  Returns an exit status of ctl.h. */
int ctl_edm(int argc, char **argv);

#endif
