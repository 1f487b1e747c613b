#include "policy/over_time.h"

#include <string.h>

/* "24h", "90m": digits and a unit.  0 if it is none, or beyond the bounds. */
static uint32_t read_span(const char *text)
{
	static const struct { char unit; uint32_t seconds; } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	uint32_t n = 0, digits = 0;
	for (; text[digits] >= '0' && text[digits] <= '9'; digits++) {
		n = n * 10 + (uint32_t)(text[digits] - '0');
		if (n > OVER_TIME_S_MAX)
			return 0;
	}
	for (size_t i = 0; digits > 0 && i < sizeof units / sizeof *units; i++)
		if (text[digits] == units[i].unit && text[digits + 1] == '\0' && n <= OVER_TIME_S_MAX / units[i].seconds)
			return n * units[i].seconds;
	return 0;
}

int over_time_read(const struct cfg_reader *r, const config_setting_t *g, struct rule_condition *c)
{
	const char *per = cfg_string(r, g, "per"), *within = cfg_string(r, g, "within");
	c->per = PER_ITEM;
	c->within_s = 0;
	c->tally = -1;
	if (!per && !within)
		return 0;
	if (!per || !within)
		return cfg_error(r, g, "\"per\" and \"within\" go together: per = \"sender\"; within = \"24h\";");
	if (strcmp(per, "sender") == 0)
		c->per = PER_SENDER;
	else if (strcmp(per, "conversation") == 0)
		c->per = PER_CONVERSATION;
	else
		return cfg_error(r, config_setting_get_member(g, "per"), "per \"%s\" is not one of sender, conversation", per);
	c->within_s = read_span(within);
	if (c->within_s == 0)
		return cfg_error(r, config_setting_get_member(g, "within"),
		                 "within \"%s\" is not a number with s, m, h or d behind it, of at most 31d: \"24h\"", within);
	if (c->count > OVER_TIME_COUNT_MAX)
		return cfg_error(r, config_setting_get_member(g, "count"), "over time, \"count\" is at most %d", OVER_TIME_COUNT_MAX);
	return 0;
}
