/* man/filterd-events.7 against the event table: nothing undocumented, nothing documented that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/rfc5424.h"
#include "base/io.h"
#include "model/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The page without its escapes, so that it compares as text. */
static char *page(void)
{
	char *text, *to;
	size_t size;
	assert_int_equal(io_read_file(FILTERD_SRCDIR "/man/filterd-events.7", 1 << 20, &text, &size), 0);
	to = text;
	for (char *p = text; *p; p++)
		if (p[0] == '\\' && p[1] == '-')
			*to++ = *++p;
		else if (strncmp(p, "\\(aq", 4) == 0) {
			*to++ = '\'';
			p += 3;
		} else if (p[0] == '\\' && p[1] == 'e') {
			*to++ = '\\';
			p++;
		} else
			*to++ = *p;
	*to = '\0';
	return text;
}

/* An event's section, malloc'ed; NULL if there is none. */
static char *section(const char *text, const char *name)
{
	char head[64];
	snprintf(head, sizeof head, "\n.SS %s\n", name);
	const char *p = strstr(text, head);
	if (!p)
		return NULL;
	p += strlen(head) - 1;
	const char *end = strstr(p, "\n.S");
	return strndup(p, end ? (size_t)(end - p) : strlen(p));
}

static const char *severity_word(enum severity s)
{
	static const char *const words[] = { [SEV_CRITICAL] = "critical", [SEV_ERROR] = "error", [SEV_WARNING] = "warning",
		[SEV_NOTICE] = "notice", [SEV_INFO] = "info" };
	return words[s];
}

static void check_fields(const struct event_info *info, const char *text)
{
	char *names = strdup(info->fields), *rest = names, *name, want[64];
	size_t documented = 0, fields = 0;
	while ((name = strsep(&rest, " "))) {
		snprintf(want, sizeof want, "\n.B %s\n", name);
		if (!strstr(text, want))
			fail_msg("filterd-events(7): %s has an undocumented field %s", info->name, name);
		fields++;
	}
	for (const char *p = text; (p = strstr(p, "\n.TP\n.B ")); p++)
		documented++;
	if (documented != fields)
		fail_msg("filterd-events(7): %s documents %zu fields and has %zu", info->name, documented, fields);
	free(names);
}

static void every_event_is_documented(void **state)
{
	char *text = page(), want[256];
	for (int i = 0; i < EVENT_COUNT; i++) {
		const struct event_info *info = event_info((enum event_id)i);
		char *s = section(text, info->name);
		if (!s)
			fail_msg("filterd-events(7): %s is not documented", info->name);
		snprintf(want, sizeof want, "Severity %s (%d)%s.", severity_word(info->severity), (int)info->severity, info->incident ? ", incident" : "");
		if (!strstr(s, want))
			fail_msg("filterd-events(7): %s should say \"%s\"", info->name, want);
		if (!strstr(s, info->help))
			fail_msg("filterd-events(7): %s should say \"%s\"", info->name, info->help);
		check_fields(info, s);
		snprintf(want, sizeof want, "\n<%d>1 ", 16 + (int)info->severity);
		const char *example = strstr(s, want);
		snprintf(want, sizeof want, " %s [meta sequenceId=\"7\"][" RFC5424_SD_ID, info->name);
		if (!example || !strstr(example, want))
			fail_msg("filterd-events(7): %s has no example line", info->name);
		free(s);
	}
	free(text);
}

static void nothing_else_is_documented(void **state)
{
	char *text = page();
	for (char *p = text; (p = strstr(p, "\n.SS ")); p++) {
		char name[64] = "";
		sscanf(p + 5, "%63[^\n]", name);
		if (event_from_name(name) == EVENT_COUNT)
			fail_msg("filterd-events(7): there is no event %s", name);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_event_is_documented), cmocka_unit_test(nothing_else_is_documented) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
