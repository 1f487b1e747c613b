#include "main/rules_cli.h"

#include "main/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ignore_line(void *arg, int depth, const char *line)
{
}

static void print_line(void *arg, int depth, const char *line)
{
	printf("%*s%s\n", 2 * depth, "", line);
}

/* The text to explain: standard input to its end, without the last line end. */
static char *read_input(size_t *size_r)
{
	char *text = NULL;
	size_t cap = 0;
	ssize_t n = getdelim(&text, &cap, '\0', stdin);
	*size_r = n > 0 ? (size_t)n : 0;
	if (*size_r && text[*size_r - 1] == '\n')
		text[--*size_r] = '\0';
	return text;
}

/* All detectors whose patterns match, or the one that --detector names. */
int rules_explain(const struct rules_options *o)
{
	struct rules_loaded l;
	size_t size, told = 0;
	if (rules_load(o->rules, &l) < 0)
		return CTL_FOUND;
	char *text = read_input(&size);
	struct detect_scratch *s = detect_scratch_new(l.set);
	for (size_t i = 0; s && text && i < detect_count(l.set); i++) {
		if (o->detector ? strcmp(detect_info(l.set, i)->id, o->detector) != 0 : detect_explain(l.set, s, i, text, size, ignore_line, NULL) == 0)
			continue;
		detect_explain(l.set, s, i, text, size, print_line, NULL);
		told++;
	}
	if (!told && o->detector)
		fprintf(stderr, "filterctl: there is no detector \"%s\" in %s\n", o->detector, o->rules);
	else if (!told)
		puts("no pattern of any detector matches this text");
	free(text);
	detect_scratch_free(&s);
	rules_unload(&l);
	return told || !o->detector ? CTL_OK : CTL_FOUND;
}
