#include "main/rules_cli.h"

#include "main/ctl_say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int rules_load(const char *path, struct rules_loaded *l_r)
{
	struct cfgerr err = { 0 };
	*l_r = (struct rules_loaded){ 0 };
	if (bundle_add_rules(&l_r->b, path, &err) == 0 && detect_compile(&l_r->b, &l_r->set, &err) == 0)
		return 0;
	ctl_complain_of(&err, "");
	bundle_free(&l_r->b);
	return -1;
}

void rules_unload(struct rules_loaded *l)
{
	detect_free(&l->set);
	bundle_free(&l->b);
}

long rules_find(const struct rules_loaded *l, const struct rules_options *o)
{
	for (size_t i = 0; i < detect_count(l->set); i++)
		if (strcmp(detect_info(l->set, i)->id, o->detector) == 0)
			return (long)i;
	fprintf(stderr, "filterctl: there is no detector \"%s\" in %s\n", o->detector, o->rules);
	return -1;
}

char *rules_read_text(size_t *size_r)
{
	char *text = NULL;
	size_t cap = 0;
	ssize_t n = getdelim(&text, &cap, '\0', stdin);
	*size_r = n > 0 ? (size_t)n : 0;
	if (!text && !(text = strdup("")))
		fputs("filterctl: out of memory\n", stderr);
	if (*size_r && !text[*size_r - 1]) /* no stanza can have one */
		--*size_r;
	if (text && *size_r && text[*size_r - 1] == '\n')
		text[--*size_r] = '\0';
	return text;
}

int rules_print_json(json_t *j)
{
	char *s = j ? json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	json_decref(j);
	if (s)
		puts(s);
	else
		fputs("filterctl: out of memory\n", stderr);
	free(s);
	return s ? 0 : -1;
}

size_t rules_points(const char *s, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < size; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}
