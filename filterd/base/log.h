/* Operational log of a process: one line per message on standard error, for systemd's journal
 * or a terminal.  What happened to messages and files is an event (audit/report.h), not a log line.
 *
 * Lines read `level role message`, the message in key=value form, ids first.  Control
 * characters are replaced before a line is written, so that no argument can forge a second line.
 * Never pass message content or secrets.  Libraries do not log: who decides, logs, once.
 */
#ifndef FILTERD_BASE_LOG_H
#define FILTERD_BASE_LOG_H

enum log_level { LOG_FATAL_L, LOG_ERROR_L, LOG_WARN_L, LOG_INFO_L, LOG_DEBUG_L };

/* role: a word such as "broker", not copied.  Lines above level are not written. */
void log_init(const char *role, enum log_level level);
const char *log_role(void);

void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...) log_write(LOG_ERROR_L, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN_L, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO_L, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG_L, __VA_ARGS__)
/* The environment does not allow going on: says so and exits with 1. */
void log_fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* A bug of ours: says so and aborts. */
void log_panic(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
