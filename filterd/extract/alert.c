#include "extract/alert.h"

#include <string.h>

static const struct {
	const char *prefix;
	enum cause cause;
} alerts[] = {
	{ "Heuristics.Limits.Exceeded.MaxScanTime", CAUSE_TIMEOUT },
	{ "Heuristics.Limits.Exceeded", CAUSE_LIMIT },
	{ "Heuristics.Encrypted.", CAUSE_ENCRYPTED },
	{ "Filterd.Encrypted.", CAUSE_ENCRYPTED }, /* signatures/encrypted.ndb */
	{ "Heuristics.Broken.", CAUSE_UNSCANNABLE },
	{ "Detected.By.Callback", CAUSE_LIMIT }, /* our own callbacks ended the scan */
};

enum cause alert_cause(const char *name)
{
	if (!name)
		return CAUSE_TOO_BIG;
	for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
		if (strncmp(name, alerts[i].prefix, strlen(alerts[i].prefix)) == 0)
			return alerts[i].cause;
	return CAUSE_NONE;
}

enum cause alert_cause_of_code(cl_error_t code)
{
	switch (code) {
	case CL_ETIMEOUT: return CAUSE_TIMEOUT;
	case CL_EMAXREC:
	case CL_EMAXSIZE:
	case CL_EMAXFILES:
	case CL_EMEM: return CAUSE_LIMIT;
	default: return CAUSE_UNSCANNABLE;
	}
}

enum cause alert_cause_of_message(const char *msg)
{
	/* of 621 files of all kinds, these were the only messages on clean ones */
	if (strncmp(msg, "Bytecode", 8) == 0 || strncmp(msg, "[Bytecode", 9) == 0)
		return CAUSE_NONE;
	if (strstr(msg, "No space left") || strstr(msg, "Disk quota"))
		return CAUSE_NO_SPACE;
	return CAUSE_UNSCANNABLE;
}

enum cause alert_stronger(enum cause a, enum cause b)
{
	if (a == CAUSE_NONE || (a == CAUSE_ENCRYPTED && b != CAUSE_NONE))
		return b;
	return a;
}
