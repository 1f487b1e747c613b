/* What a detector never means. */
#include "detect/scratch.h"

#include <stdlib.h>
#include <string.h>

static int find_text(const void *key, const void *item)
{
	return strcmp(key, *(const char *const *)item);
}

static int is_value(const struct detector *d, const char *s, size_t size)
{
	char bare[DETECT_EXCLUDED_MAX];
	if (d->nexcluded == 0 || size >= sizeof bare)
		return 0;
	bare[detect_strip(s, size, bare)] = '\0';
	return bsearch(bare, d->excluded, d->nexcluded, sizeof *d->excluded, find_text) != NULL;
}

static int stands_at(const struct term *t, const char *low, size_t from, size_t end)
{
	return end - from >= t->size && memcmp(low + from, t->s, t->size) == 0;
}

/* By text within the finding, at its ends, before or behind it. */
static int has_text(enum exclude_list list, const struct term *t, const char *low, size_t size, size_t start, size_t end)
{
	switch (list) {
	case EXCLUDE_STOP_WORDS:
		return memmem(low + start, end - start, t->s, t->size) != NULL;
	case EXCLUDE_BEGINS:
		return stands_at(t, low, start, end);
	case EXCLUDE_ENDS:
		return end - start >= t->size && stands_at(t, low, end - t->size, end);
	case EXCLUDE_PREFIXES:
		return start >= t->size && stands_at(t, low, start - t->size, start);
	default:
		return stands_at(t, low, end, size);
	}
}

int scan_excluded(const struct detector *d, struct detect_scratch *scratch, size_t start, size_t end)
{
	const char *s = scratch->view.data + start;
	if (is_value(d, s, end - start))
		return 1;
	if (d->def->exclude_same && !valid_not_same(s, end - start, NULL))
		return 1;
	for (int list = 0; list < EXCLUDE_LISTS; list++)
		for (size_t i = 0; i < d->def->exclude_texts[list].n; i++)
			if (has_text((enum exclude_list)list, &d->exclude_texts[list][i], scan_lower(scratch), scratch->view.size, start, end))
				return 1;
	for (size_t i = 0; i < d->nexclude_patterns; i++)
		if (regex_match(&d->exclude_patterns[i], &scratch->exclude_run, s, end - start, 0, 0, scratch->view.ascii) == 1)
			return 1;
	return 0;
}
