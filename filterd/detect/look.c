#include "detect/look.h"

static int add_alternative(struct look *l, const struct syntax *n)
{
	uint32_t size = n->type == SYNTAX_SET ? 1 : n->type == SYNTAX_CAT ? n->nkids : LOOK_SETS_MAX + 1;
	if (l->n == LOOK_ALTS_MAX || size > LOOK_SETS_MAX || size == 0)
		return -1;
	for (uint32_t i = 0; i < size; i++) {
		const struct syntax *k = n->type == SYNTAX_SET ? n : n->kids[i];
		if (k->type != SYNTAX_SET || k->loose)
			return -1;
		l->alt[l->n][i].set = k->set;
		l->alt[l->n][i].wide = k->wide;
	}
	l->size[l->n++] = (uint8_t)size;
	return 0;
}

static int read_look(const struct syntax *n, struct look *l)
{
	*l = (struct look){ .kind = n->look, .negative = n->negative };
	if (n->look == LOOK_WORD)
		return 0;
	if (n->look != LOOK_AHEAD && n->look != LOOK_BEHIND)
		return -1;
	if (n->looked->type != SYNTAX_ALT)
		return add_alternative(l, n->looked);
	for (uint32_t i = 0; i < n->looked->nkids; i++)
		if (add_alternative(l, n->looked->kids[i]) < 0)
			return -1;
	return 0;
}

int looks_read(const struct syntax *root, uint32_t from, uint32_t to, struct look *looks, uint8_t *n, uint8_t *ask)
{
	int border = 0;
	for (uint32_t i = from; i < to; i++) {
		const struct syntax *k = root->kids[i];
		border |= k->border;
		if (k->look == LOOK_NONE)
			continue;
		if (*n < LOOKS_MAX && read_look(k, &looks[*n]) == 0)
			(*n)++;
		else
			*ask = 1;
	}
	return border;
}

static int is_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int word_holds(const char *s, size_t size, size_t at)
{
	unsigned char before = at > 0 ? (unsigned char)s[at - 1] : ' ', behind = at < size ? (unsigned char)s[at] : ' ';
	if (before >= 0x80 || behind >= 0x80)
		return -1;
	return is_word(before) != is_word(behind);
}

int look_holds(const struct look *l, const char *s, size_t size, size_t at)
{
	int any = 0;
	if (l->kind == LOOK_WORD)
		return word_holds(s, size, at);
	for (int i = 0; i < l->n; i++) {
		size_t n = l->size[i], room = l->kind == LOOK_AHEAD ? size - at : at, k = 0;
		const char *p = l->kind == LOOK_AHEAD ? s + at : s + at - n;
		if (n > room)
			continue;
		for (; k < n && byte_set_has(&l->alt[i][k].set, (unsigned char)p[k]); k++)
			;
		if (k == n)
			any = 1;
	}
	if (any)
		return !l->negative;
	/* above ASCII a character is several bytes, and what it is only PCRE2 knows */
	size_t from = l->kind == LOOK_AHEAD ? at : at > 4 * LOOK_SETS_MAX ? at - 4 * LOOK_SETS_MAX : 0;
	size_t to = l->kind == LOOK_AHEAD ? (size - at > LOOK_SETS_MAX ? at + LOOK_SETS_MAX : size) : at;
	for (size_t i = from; i < to; i++)
		if ((unsigned char)s[i] >= 0x80)
			for (int k = 0; k < l->n; k++)
				for (int j = 0; j < l->size[k]; j++)
					if (l->alt[k][j].wide)
						return -1;
	return l->negative;
}
