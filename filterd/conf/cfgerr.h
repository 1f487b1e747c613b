/* What is wrong with a configuration or rule file, and where. */
#ifndef FILTERD_CONF_CFGERR_H
#define FILTERD_CONF_CFGERR_H

struct cfgerr {
	char file[256];
	int line;        /* 0 if the whole file is meant */
	char text[512];  /* a sentence: what is wrong and what to do */
};

/* Fills e and returns -1, for `return cfgerr_set(…)`.  e may be NULL. */
int cfgerr_set(struct cfgerr *e, const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
