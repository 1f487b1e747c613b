#include "audit/rfc5424.h"

#include "audit/value.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { VALUE_LEAST = 64 };

int rfc5424_facility(const char *name)
{
	static const char *const names[24] = { "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
		"ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7" };
	for (int i = 0; i < 24; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

void rfc5424_set_hostname(struct rfc5424 *s, const char *hostname)
{
	snprintf(s->hostname, sizeof s->hostname, "%s", hostname ? hostname : "");
	if (!s->hostname[0] && gethostname(s->hostname, sizeof s->hostname - 1) < 0)
		s->hostname[0] = '\0';
	s->hostname[sizeof s->hostname - 1] = '\0';
	for (char *p = s->hostname; *p; p++)
		if (*p <= ' ' || *p > '~')
			*p = '?';
	if (!s->hostname[0])
		strcpy(s->hostname, "-");
}

/* PARAM-VALUE (section 6.3.3): a backslash before each quote, backslash and bracket.  Stops on a code point's border. */
static size_t escape(char *dst, size_t room, const char *value)
{
	size_t o = 0;
	for (const char *p = value; *p;) {
		size_t n = 1;
		while ((p[n] & 0xc0) == 0x80)
			n++;
		int special = *p == '"' || *p == '\\' || *p == ']';
		if (o + n + (size_t)special > room)
			break;
		if (special)
			dst[o++] = '\\';
		memcpy(dst + o, p, n);
		o += n;
		p += n;
	}
	return o;
}

/* One field, if at least something of it fits before end. */
static size_t put_field(char *dst, size_t room, const char *name, const char *value)
{
	char clean[VALUE_MAX];
	size_t frame = strlen(name) + 4, n = value_clean(clean, sizeof clean, value);
	if (room < frame + (n < VALUE_LEAST ? n * 2 : VALUE_LEAST))
		return 0;
	size_t o = (size_t)sprintf(dst, " %s=\"", name);
	o += escape(dst + o, room - frame, clean);
	dst[o++] = '"';
	return o;
}

size_t rfc5424_print(const struct rfc5424 *s, const struct event_record *e, uint32_t sequence, char *dst, size_t dst_size)
{
	const struct event_info *info = event_info(e->id);
	char stamp[CLOCK_RFC3339_SIZE];
	clock_rfc3339(stamp);
	int head = snprintf(dst, dst_size, "<%d>1 %s %s filterd %ld %s [meta sequenceId=\"%u\"][" RFC5424_SD_ID,
		s->facility * 8 + (int)e->severity, stamp, s->hostname, s->pid, info->name, sequence & 0x7fffffff);
	size_t tail = strlen(info->help) + 3; /* "] " and the sentence, with its NUL */
	if (head < 0 || (size_t)head + tail > dst_size)
		return 0; /* no buffer of ours is that small */
	size_t o = (size_t)head;
	if (e->ref[0])
		o += put_field(dst + o, dst_size - tail - o, "ref", e->ref);
	for (size_t i = 0; i < e->nfields; i++)
		o += put_field(dst + o, dst_size - tail - o, e->fields[i].name, e->fields[i].value);
	return o + (size_t)snprintf(dst + o, dst_size - o, "] %s", info->help);
}
