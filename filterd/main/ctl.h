/* What the commands of filterctl share. */
#ifndef FILTERD_MAIN_CTL_H
#define FILTERD_MAIN_CTL_H

/* Exit statuses, documented in filterctl(1). */
enum {
	CTL_OK = 0,
	CTL_FOUND = 1,   /* the answer is a bad one: something found, something not clean, something wrong */
	CTL_USAGE = 2,
	CTL_FAILED = 3,  /* no answer: filterd can't be reached, a file can't be read */
};

struct conf;

struct ctl {
	const char *conf_path;  /* NULL: none was given */
	const struct conf *conf; /* what stands in it; NULL likewise */
	const char *control;    /* path of the control socket */
	int json;
};

/* Commands of ctl_daemon.c.  argv[0] is the command's name. */
int ctl_status(const struct ctl *ctl, int argc, char **argv);
int ctl_reload(const struct ctl *ctl, int argc, char **argv);
int ctl_quarantine(const struct ctl *ctl, int argc, char **argv);
/* ctl_scan.c */
int ctl_scan(const struct ctl *ctl, int argc, char **argv);

#endif
