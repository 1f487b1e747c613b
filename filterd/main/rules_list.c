#include "main/rules_cli.h"

#include "main/ctl.h"
#include "main/ctl_say.h"

#include <stdio.h>

static json_t *info_json(const struct detect_info *d)
{
	json_t *levels = json_array(), *refs = json_array();
	for (size_t i = 0; i < d->nlevels; i++)
		json_array_append_new(levels, json_integer(d->levels[i]));
	for (size_t i = 0; i < d->nreferences; i++)
		json_array_append_new(refs, json_string(d->references[i]));
	return json_pack("{s:s, s:s, s:s*, s:s*, s:o, s:o, s:b}", "id", d->id, "title", d->title, "country", d->country, "class", d->class_name,
	                 "confidence", levels, "reference", refs, "enabled", !d->off);
}

static void print_info(const struct detect_info *d)
{
	char levels[64] = "", country[16], class[80], title[600], reference[600];
	for (size_t i = 0, o = 0; i < d->nlevels && o < sizeof levels; i++)
		o += (size_t)snprintf(levels + o, sizeof levels - o, "%s%d", i ? "," : "", d->levels[i]);
	printf("%-28s %-3s %-12s %-10s %s\n", d->id, ctl_clean(country, sizeof country, d->country ? d->country : "-"),
	       ctl_clean(class, sizeof class, d->class_name ? d->class_name : "-"), d->off ? "off" : levels, ctl_clean(title, sizeof title, d->title));
	for (size_t i = 0; i < d->nreferences; i++)
		printf("%57s%s\n", "", ctl_clean(reference, sizeof reference, d->references[i]));
}

int rules_list(const struct rules_options *o)
{
	struct rules_loaded l;
	if (rules_load(o->rules, &l) < 0)
		return CTL_FOUND;
	json_t *list = json_array();
	for (size_t i = 0; i < detect_count(l.set); i++) {
		if (o->json)
			json_array_append_new(list, info_json(detect_info(l.set, i)));
		else
			print_info(detect_info(l.set, i));
	}
	if (o->json) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(list);
	rules_unload(&l);
	return CTL_OK;
}
