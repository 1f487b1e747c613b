#include "flow/offsets.h"

#include "xmpp/ns.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Children of a message that hold offsets, themselves or in elements below. */
static const struct { const char *ns, *name; } holders[] = {
	{ NS_FALLBACK, "fallback" }, { NS_FALLBACK_OLD, "fallback" }, { NS_REFERENCE, "reference" }, { NS_MARKUP, "markup" },
};

/* Attributes that are an offset, and whether as the end of a range. */
static const struct { const char *name; bool end; } offsets[] = { { "start", false }, { "begin", false }, { "end", true } };

static bool is_holder(const struct xml_node *e)
{
	for (size_t i = 0; i < sizeof holders / sizeof *holders; i++)
		if (xml_is(e, holders[i].ns, holders[i].name))
			return true;
	return false;
}

static const struct offsets_map *map_of(const struct offsets_map *changed, const struct xml_node *text)
{
	while (changed && changed->node != text)
		changed = changed->next;
	return changed;
}

/* Whether any text below e changed. */
static bool is_changed(const struct offsets_map *changed, const struct xml_node *e)
{
	for (const struct xml_node *n = xml_next(e, e); n; n = xml_next(n, e))
		if (!n->name && map_of(changed, n))
			return true;
	return false;
}

/* What became of the message's texts of this name. */
enum change { UNCHANGED, MAPPED, UNCERTAIN };

static enum change change_of(const struct xml_node *message, const char *name, const struct offsets_map *changed, const struct offsets_map **map_r)
{
	const struct xml_node *only = NULL;
	size_t n = 0;
	bool any = false;
	for (const struct xml_node *e = message->first; e; e = e->next) {
		if (!xml_is(e, NS_CLIENT, name))
			continue;
		only = e;
		n++;
		any |= is_changed(changed, e);
	}
	if (!any)
		return UNCHANGED;
	*map_r = n == 1 && only->first && !only->first->next ? map_of(changed, only->first) : NULL;
	return *map_r ? MAPPED : UNCERTAIN; /* of several languages, or with markup in it, nobody knows which is meant */
}

static int move_attribute(struct arena *mem, struct xml_attr *a, const struct offsets_map *map, bool end)
{
	char *rest, text[16];
	unsigned long at = strtoul(a->value, &rest, 10);
	if (a->value[0] < '0' || a->value[0] > '9' || *rest || at > map->n)
		return -1;
	int size = snprintf(text, sizeof text, "%u", end ? map->end[at] : map->begin[at]);
	char *value = arena_strdup(mem, text);
	if (!value)
		return -1;
	a->value = value;
	a->size = (size_t)size;
	return 0;
}

/* Looks at the offsets of e and of what is below; with a map, moves them.  -1 if there is one that can't be. */
static int each_offset(struct arena *mem, struct xml_node *e, const struct offsets_map *map)
{
	for (struct xml_node *n = e; n; n = xml_next(n, e))
		for (struct xml_attr *a = n->attrs; a; a = a->next)
			for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++)
				if (a->ns[0] == '\0' && strcmp(a->name, offsets[i].name) == 0 && (!map || move_attribute(mem, a, map, offsets[i].end) < 0))
					return -1;
	return 0;
}

static int move_about(struct arena *mem, const struct xml_node *message, const char *text, struct xml_node *e, const struct offsets_map *changed)
{
	const struct offsets_map *map = NULL;
	return change_of(message, text, changed, &map) == UNCHANGED ? 0 : each_offset(mem, e, map);
}

/* -1 if it must go. */
static int move_holder(struct arena *mem, const struct xml_node *message, struct xml_node *e, const struct offsets_map *changed)
{
	if (strcmp(e->name, "fallback") != 0) /* an anchor: it speaks of another message */
		return xml_attr(e, "anchor") ? 0 : move_about(mem, message, "body", e, changed);
	for (struct xml_node *c = e->first; c; c = c->next)
		if (c->name && move_about(mem, message, strcmp(c->name, "subject") == 0 ? "subject" : "body", c, changed) < 0)
			return -1;
	return 0;
}

static void take_out(struct xml_node *e)
{
	struct xml_node **at = &e->parent->first, *before = NULL;
	while (*at != e) {
		before = *at;
		at = &before->next;
	}
	*at = e->next;
	if (e->parent->last == e)
		e->parent->last = before;
}

static void move_in_message(struct arena *mem, struct xml_node *message, const struct offsets_map *changed)
{
	for (struct xml_node *e = message->first, *next; e; e = next) {
		next = e->next;
		if (e->name && is_holder(e) && move_holder(mem, message, e, changed) < 0)
			take_out(e);
	}
}

void offsets_move(struct arena *a, struct xml_node *top, const struct offsets_map *changed)
{
	for (struct xml_node *n = top; n; n = xml_next(n, top))
		if (xml_is(n, NS_CLIENT, "message"))
			move_in_message(a, n, changed);
}
