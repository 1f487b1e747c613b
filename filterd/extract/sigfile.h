/* Checks signature files one by one before an engine takes them. */
#ifndef FILTERD_EXTRACT_SIGFILE_H
#define FILTERD_EXTRACT_SIGFILE_H

#include "conf/cfgerr.h"

/* Loads every database file of the folder in a child of its own.  One that libclamav refuses, that has no
 * signature, or of which it complains (a broken YARA rule is only skipped with a message) fails with its
 * name and, where known, its line.  Sets *files_r to how many there are; a missing folder has none. */
int sigfile_check_dir(const char *dir, unsigned *files_r, struct cfgerr *err) __attribute__((warn_unused_result));
/* How many database files the folder has; 0 if it is missing. */
unsigned sigfile_count(const char *dir);

#endif
