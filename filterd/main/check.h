/* filterd -t: is everything there that a start needs? */
#ifndef FILTERD_MAIN_CHECK_H
#define FILTERD_MAIN_CHECK_H

/* Reads the configuration, secrets and rules, looks whether folders and files it names can be read, and lets
 * `filterctl rules check` compile the detectors and run their tests (this program links no matcher).
 * Starts and changes nothing.  Prints what is wrong, with file and line where there is one; returns 0 or 1. */
int check_run(const char *conf_path, const char *self);

#endif
