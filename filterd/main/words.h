/* What the monitor says to the broker; failures and rejections it also logs. */
#ifndef FILTERD_MAIN_WORDS_H
#define FILTERD_MAIN_WORDS_H

#include "main/state.h"

/* false if it could not be sent, which is logged, or there is no broker. */
bool words_say(struct monitor *m, const struct monitor_msg *msg);
/* DONE to all who asked for a reload. */
void words_answer_requests(struct monitor *m, bool ok, const char *text);
/* "FILE:LINE: text", as far as there are. */
void words_of_error(const struct cfgerr *err, char *dst, size_t dst_size);

/* Events, for the broker to report. */
void words_config_rejected(struct monitor *m, const struct cfgerr *err);
void words_signatures_rejected(struct monitor *m, const char *text);
void words_hung(struct monitor *m, const char *role, pid_t pid, const char *reason);

#endif
