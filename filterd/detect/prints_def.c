#include "detect/prints.h"

#include "detect/winnow.h"

static const struct cfg_key prints_keys[] = {
	{ "set", CFG_STRING, 1, 1, 255 },
	{ "min_characters", CFG_INT, 0, WINNOW_T, 1000000 },
	{ "min_share_document", CFG_INT, 0, 0, 100 },
	{ "min_share_message", CFG_INT, 0, 0, 100 },
	{ "confidence", CFG_INT, 1, 1, 100 },
	{ 0 },
};

int prints_def_read(const struct cfg_reader *r, const config_setting_t *s, struct prints_def **def_r)
{
	struct prints_def *d = arena_alloc(r->arena, sizeof *d);
	if (!d)
		return cfg_error(r, s, "out of memory");
	if (cfg_check(r, s, "fingerprint", prints_keys) < 0)
		return -1;
	if (!(d->set = cfg_beside(r, s, cfg_string(r, s, "set"), ".fpr")))
		return -1;
	d->file = r->file;
	d->line = (int)config_setting_source_line(s);
	d->min_characters = (uint32_t)cfg_int(s, "min_characters", WINNOW_T);
	d->min_share_document = (uint8_t)cfg_int(s, "min_share_document", 0);
	d->min_share_message = (uint8_t)cfg_int(s, "min_share_message", 0);
	d->confidence = (uint8_t)cfg_int(s, "confidence", 1);
	*def_r = d;
	return 0;
}
