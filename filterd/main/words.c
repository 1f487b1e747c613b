#include "config.h"

#include "main/words.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool words_say(struct monitor *m, const struct monitor_msg *msg)
{
	if (m->broker_fd < 0)
		return false;
	if (monitor_send(m->broker_fd, msg) == 0)
		return true;
	log_warn("to=broker type=%c error=\"%s\"", msg->type, strerror(errno));
	return false;
}

void words_answer_requests(struct monitor *m, bool ok, const char *text)
{
	for (int i = 0; i < m->nrequests; i++) {
		struct monitor_msg msg = { .type = MONITOR_DONE, .id = m->requests[i], .ok = ok };
		snprintf(msg.text, sizeof msg.text, "%s", text);
		words_say(m, &msg);
	}
	m->nrequests = 0;
}

void words_of_error(const struct cfgerr *err, char *dst, size_t dst_size)
{
	if (!*err->file)
		snprintf(dst, dst_size, "%s", err->text);
	else if (!err->line)
		snprintf(dst, dst_size, "%s: %s", err->file, err->text);
	else
		snprintf(dst, dst_size, "%s:%d: %s", err->file, err->line, err->text);
}

void words_config_rejected(struct monitor *m, const struct cfgerr *err)
{
	char line[16], words[1024];
	struct monitor_msg msg = { .type = MONITOR_EVENT, .event = EVENT_CONFIG_REJECTED };
	snprintf(line, sizeof line, "%d", err->line);
	monitor_add_field(&msg, "file", err->file);
	if (err->line)
		monitor_add_field(&msg, "line", line);
	monitor_add_field(&msg, "reason", err->text);
	words_say(m, &msg);
	words_of_error(err, words, sizeof words);
	log_error("event=config.rejected reason=\"%s\"", words);
}

void words_signatures_rejected(struct monitor *m, const char *text)
{
	struct monitor_msg msg = { .type = MONITOR_EVENT, .event = EVENT_SIGNATURES_REJECTED };
	monitor_add_field(&msg, "reason", text);
	words_say(m, &msg);
	log_error("event=signatures.rejected reason=\"%s\"", text);
}

void words_hung(struct monitor *m, const char *role, pid_t pid, const char *reason)
{
	char number[16];
	struct monitor_msg msg = { .type = MONITOR_EVENT, .event = EVENT_PROCESS_HUNG };
	snprintf(number, sizeof number, "%ld", (long)pid);
	monitor_add_field(&msg, "role", role);
	monitor_add_field(&msg, "pid", number);
	monitor_add_field(&msg, "reason", reason);
	words_say(m, &msg);
	log_error("event=process.hung role=%s pid=%ld reason=\"%s\"", role, (long)pid, reason);
}
