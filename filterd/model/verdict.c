#include "model/verdict.h"

#include <string.h>

static const char *const action_names[ACTION_COUNT] = { "deliver", "redact", "quarantine", "block" };

static const char *const cause_names[CAUSE_COUNT] = {
	[CAUSE_NONE] = "none",
	[CAUSE_UNSCANNABLE] = "unscannable",
	[CAUSE_ENCRYPTED] = "encrypted",
	[CAUSE_TOO_BIG] = "too-big",
	[CAUSE_LIMIT] = "limit",
	[CAUSE_SCANNER_DOWN] = "scanner-down",
	[CAUSE_TIMEOUT] = "timeout",
	[CAUSE_CRASHED] = "crashed",
	[CAUSE_RELOADING] = "reloading",
	[CAUSE_OVER_BUDGET] = "over-budget",
	[CAUSE_NO_SPACE] = "no-space",
};

static const char *const status_names[SCAN_STATUS_COUNT] = { "clean", "malware", "unscannable" };

static int find_name(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

const char *action_name(enum action a) { return (unsigned)a < ACTION_COUNT ? action_names[a] : "?"; }
const char *cause_name(enum cause c) { return (unsigned)c < CAUSE_COUNT ? cause_names[c] : "?"; }
const char *scan_status_name(enum scan_status s) { return (unsigned)s < SCAN_STATUS_COUNT ? status_names[s] : "?"; }

int action_from_name(const char *name) { return find_name(action_names, ACTION_COUNT, name); }
int cause_from_name(const char *name) { return find_name(cause_names, CAUSE_COUNT, name); }
