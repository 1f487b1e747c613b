#include "detect/numbers.h"

#include <string.h>

static int all_in(const struct byte_set *s, int digits)
{
	for (unsigned c = 0; c < 256; c++)
		if (byte_set_has(s, c) && (digits ? c < '0' || c > '9' : !sweep_is_number((unsigned char)c) || (c >= '0' && c <= '9')))
			return 0;
	return 1;
}

static int add_shape(struct number_shapes *out, const struct number_shape *s)
{
	if (out->n == NUMBER_SHAPES_MAX)
		return -1;
	out->shape[out->n++] = *s;
	return 0;
}

static int add_digits(struct number_shape *s, uint32_t min, uint32_t max)
{
	uint32_t lo = s->block[s->nblocks - 1].min + min, hi = s->block[s->nblocks - 1].max + max;
	s->block[s->nblocks - 1].min = (uint16_t)(lo < UINT16_MAX ? lo : UINT16_MAX);
	s->block[s->nblocks - 1].max = (uint16_t)(hi < UINT16_MAX ? hi : UINT16_MAX);
	return 0;
}

/* One separator: begins a new block, or widens the gap before an empty one.  An optional block that stayed empty makes a gap
 * wider than it looks: refused, as all that is not plain. */
static int add_gap(struct number_shape *s)
{
	uint8_t last = (uint8_t)(s->nblocks - 1);
	if (s->block[last].max == 0 && last > 0) {
		s->block[last].gap++;
		return s->block[last].gap > 8 ? -1 : 0;
	}
	if (s->block[last].min == 0 || s->nblocks == NUMBER_BLOCKS_MAX)
		return -1;
	s->nblocks++;
	s->block[last + 1].min = s->block[last + 1].max = 0;
	s->block[last + 1].gap = 1;
	return 0;
}

/* Lengthens every shape in list by n. */
static int extend(const struct syntax *n, struct number_shapes *list);

static int extend_each(const struct syntax *n, const struct number_shapes *from, struct number_shapes *to)
{
	struct number_shapes some = *from;
	if (extend(n, &some) < 0)
		return -1;
	for (int i = 0; i < some.n; i++)
		if (add_shape(to, &some.shape[i]) < 0)
			return -1;
	return 0;
}

static int extend_repeat(const struct syntax *n, struct number_shapes *list)
{
	const struct syntax *kid = n->kids[0];
	if (kid->type == SYNTAX_SET && !kid->wide && all_in(&kid->set, 1)) {
		for (int i = 0; i < list->n; i++)
			add_digits(&list->shape[i], n->min, n->max);
		return 0;
	}
	if (n->max > 24)
		return -1;
	struct number_shapes now = *list;
	list->n = 0;
	for (uint32_t i = 0; i <= n->max; i++) {
		for (int k = 0; i >= n->min && k < now.n; k++)
			if (add_shape(list, &now.shape[k]) < 0)
				return -1;
		if (i < n->max && extend(kid, &now) < 0)
			return -1;
	}
	return 0;
}

static int extend(const struct syntax *n, struct number_shapes *list)
{
	struct number_shapes before;
	switch (n->type) {
	case SYNTAX_EMPTY:
		return 0;
	case SYNTAX_SET:
		for (int i = 0; i < list->n; i++)
			if (n->wide || (all_in(&n->set, 1) ? add_digits(&list->shape[i], 1, 1) : all_in(&n->set, 0) ? add_gap(&list->shape[i]) : -1) < 0)
				return -1;
		return 0;
	case SYNTAX_ANY: /* what the group matched is one of what it can match */
		return n->nkids == 1 ? extend(n->kids[0], list) : -1;
	case SYNTAX_CAT:
		for (uint32_t i = 0; i < n->nkids; i++)
			if (extend(n->kids[i], list) < 0)
				return -1;
		return 0;
	case SYNTAX_ALT:
		before = *list;
		list->n = 0;
		for (uint32_t i = 0; i < n->nkids; i++)
			if (extend_each(n->kids[i], &before, list) < 0)
				return -1;
		return 0;
	case SYNTAX_REPEAT:
		return extend_repeat(n, list);
	}
	return -1;
}

struct number_shapes *numbers_read(const struct syntax *root, struct arena *a)
{
	struct number_shapes *s = arena_alloc(a, sizeof *s);
	if (!s)
		return NULL;
	s->n = 1;
	s->shape[0].nblocks = 1;
	if (extend(root, s) < 0)
		return NULL;
	for (int i = 0; i < s->n; i++) {
		const struct number_shape *x = &s->shape[i];
		/* a match begins and ends in digits: "(" before them, or an empty last block, is not for this pass */
		if (x->block[0].min == 0 || x->block[x->nblocks - 1].min == 0)
			return NULL;
	}
	if (root->type == SYNTAX_CAT) {
		for (uint32_t i = 0; i < root->nkids && root->kids[i]->type == SYNTAX_EMPTY; i++)
			s->border_start |= root->kids[i]->border;
		for (uint32_t i = root->nkids; i > 0 && root->kids[i - 1]->type == SYNTAX_EMPTY; i--)
			s->border_end |= root->kids[i - 1]->border;
	}
	return s;
}

static int fits(const struct number_shapes *s, const struct number_shape *x, const struct digit_block *b, size_t left)
{
	if (x->nblocks > left)
		return 0;
	for (int i = 0; i < x->nblocks; i++) {
		uint32_t len = b[i].end - b[i].start;
		int first = i == 0, last = i == x->nblocks - 1;
		/* inside the number blocks are whole; at its ends only where the pattern looks for a border */
		int whole = (!first || s->border_start) && (!last || s->border_end);
		if (len < x->block[i].min || (whole && len > x->block[i].max) || (i > 0 && b[i].start - b[i - 1].end != x->block[i].gap))
			return 0;
	}
	return 1;
}

int numbers_fit(const struct number_shapes *s, const struct digit_block *blocks, size_t n, size_t at)
{
	for (int i = 0; i < s->n; i++)
		if (fits(s, &s->shape[i], blocks + at, n - at))
			return 1;
	return 0;
}
