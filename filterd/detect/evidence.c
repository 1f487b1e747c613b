#include "detect/evidence.h"

#include "detect/heading.h"

static size_t back(const char *s, size_t at, size_t points, int ascii)
{
	if (ascii)
		return at > points ? at - points : 0;
	while (at > 0 && points > 0) {
		at--;
		points -= ((unsigned char)s[at] & 0xc0) != 0x80;
	}
	return at;
}

static size_t forth(const char *s, size_t size, size_t at, size_t points, int ascii)
{
	if (ascii)
		return size - at > points ? at + points : size;
	while (at < size && points > 0) {
		at++;
		points -= at == size || ((unsigned char)s[at] & 0xc0) != 0x80;
	}
	return at;
}

/* [from, start) and [end, to) of the text are looked at. */
struct reach {
	size_t from, start, end, to;
};

static struct reach reach_of(const struct evidence_def *def, const struct term_text *t, size_t start, size_t end)
{
	return (struct reach){ back(t->s, start, def->before, t->ascii), start, end, forth(t->s, t->size, end, def->after, t->ascii) };
}

static int may_have(const struct term_text *text, const struct term *t)
{
	return (t->letters & ~text->letters) == 0;
}

static int count_in(const struct term *t, const struct term_text *text, size_t from, size_t to, int max)
{
	int n = 0;
	for (size_t at = from, end; n < max && at < to; at = end)
		if ((end = term_find(t, text->s, text->size, at, to)) > 0)
			n++;
		else
			break;
	return n;
}

static int count(const struct evidence *e, const struct term_text *text, const struct reach *w)
{
	const struct evidence_def *def = e->def;
	int n = 0, enough = def->max ? def->max + 1 : def->min;
	for (const struct term *t = e->terms; t < e->terms + e->nterms && n < enough; t++) {
		if (!may_have(text, t))
			continue;
		int each = def->distinct ? 1 : enough - n, k = count_in(t, text, w->from, w->start, each);
		n += k < each ? k + count_in(t, text, w->end, w->to, each - k) : k;
	}
	return n;
}

static int none_in(const struct evidence *e, const struct term_text *text, const struct reach *w)
{
	for (const struct term *t = e->terms + e->nterms; t < e->terms + e->nterms + e->nnone; t++)
		if (may_have(text, t) && (count_in(t, text, w->from, w->start, 1) || count_in(t, text, w->end, w->to, 1)))
			return 0;
	return 1;
}

int evidence_holds(const struct evidence *e, const struct term_text *text, size_t start, size_t end)
{
	const struct evidence_def *def = e->def;
	struct reach w = reach_of(def, text, start, end);
	int n = count(e, text, &w);
	if (n < def->min && def->before > 0) {
		/* what its column is called speaks of every row, however far down */
		struct reach above = { 0 };
		if (!heading_find(text, start, end, &above.from, &above.start))
			return 0;
		w = above;
		n = count(e, text, &w);
	}
	return n >= def->min && (!def->max || n <= def->max) && none_in(e, text, &w);
}

int evidence_short(const struct evidence *e, const struct term_text *text)
{
	for (const struct term *t = e->terms; t < e->terms + e->nterms; t++)
		if (t->is_short && may_have(text, t) && term_find(t, text->s, text->size, 0, text->size))
			return 1;
	return 0;
}
