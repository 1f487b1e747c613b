#include "audit/entry.h"

#include "audit/value.h"
#include "base/clock.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int entry_json(const struct event_record *e, uint64_t seq, char **json_r, size_t *size_r)
{
	char stamp[CLOCK_RFC3339_SIZE], value[VALUE_MAX];
	clock_rfc3339(stamp);
	json_t *o = json_pack("{s:s, s:I, s:s, s:i}", "time", stamp, "seq", (json_int_t)seq, "event", event_info(e->id)->name,
		"severity", (int)e->severity);
	int ok = o != NULL;
	if (ok && e->ref[0]) {
		value_clean(value, sizeof value, e->ref);
		ok = json_object_set_new(o, "ref", json_string(value)) == 0;
	}
	for (size_t i = 0; ok && i < e->nfields; i++) {
		value_clean(value, sizeof value, e->fields[i].value);
		ok = json_object_set_new(o, e->fields[i].name, json_string(value)) == 0;
	}
	char *json = ok ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (!json)
		return -1;
	*json_r = json;
	*size_r = strlen(json); /* 20 values of 1 KiB, escaped at worst sixfold, would not fit; values hold no controls, so twofold */
	return 0;
}
