/* Notices when signature databases in a folder are added, changed or removed (inotify), once they are still. */
#ifndef FILTERD_PROC_WATCH_H
#define FILTERD_PROC_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watch;

/* Watches these folders ("" and ones that do not exist yet are fine: they are noticed when they come).
 * NULL with errno. */
struct watch *watch_new(const char *const *dirs, size_t ndirs);
void watch_free(struct watch **w);

/* Readable when something happened; then call watch_read(). */
int watch_fd(const struct watch *w);
void watch_read(struct watch *w, uint64_t now_ms);
/* Milliseconds until watch_take() should be asked, -1 = not before watch_fd() is readable. */
int watch_timeout_ms(const struct watch *w, uint64_t now_ms);
/* True once after a change, when nothing more has happened for WATCH_QUIET_MS, or WATCH_LATEST_MS after the first. */
bool watch_take(struct watch *w, uint64_t now_ms);

enum { WATCH_QUIET_MS = 500, WATCH_LATEST_MS = 10000, WATCH_RETRY_MS = 1000 };

/* True if libclamav would load a file of this name; freshclam's own helper files are not databases. */
bool watch_is_database(const char *name);

#endif
