#include "detect/syntax.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32, LOOK_SLACK = 8, GROUPS_MAX = 32 };

struct reader {
	const char *p;
	struct arena *a;
	int caseless, depth, failed;
	uint32_t look_ahead;
	int ngroups;
	struct syntax *group[GROUPS_MAX]; /* capturing groups that are closed, by number */
};

static struct syntax *read_alt(struct reader *r);

static struct syntax *fail(struct reader *r)
{
	r->failed = 1;
	return NULL;
}

static struct syntax *node(struct reader *r, enum syntax_type type)
{
	struct syntax *n = arena_alloc(r->a, sizeof *n);
	if (!n)
		return fail(r);
	n->type = type;
	return n;
}

static void add_kid(struct reader *r, struct syntax *n, struct syntax *kid)
{
	if (r->failed)
		return;
	if (n->nkids == n->cap) {
		uint32_t cap = n->cap ? n->cap * 2 : 4;
		struct syntax **kids = arena_alloc(r->a, cap * sizeof *kids);
		if (!kids) {
			fail(r);
			return;
		}
		if (n->nkids)
			memcpy(kids, n->kids, n->nkids * sizeof *kids);
		n->kids = kids;
		n->cap = cap;
	}
	n->kids[n->nkids++] = kid;
}

static int is_alpha(unsigned c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_word(int c)
{
	return isalnum(c) || c == '_';
}

static void add_char(const struct reader *r, struct byte_set *s, unsigned c)
{
	byte_set_add(s, c);
	if (r->caseless && is_alpha(c))
		byte_set_add(s, c ^ 0x20);
}

/* Two code points above ASCII fold to ASCII letters: U+017F to s, U+212A to k. */
static void add_wide(const struct reader *r, struct syntax *n)
{
	n->wide = 1;
	n->loose |= (uint8_t)r->caseless;
	for (const char *c = r->caseless ? "sSkK" : ""; *c; c++)
		byte_set_add(&n->set, (unsigned char)*c);
}

static void add_range(struct byte_set *s, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++)
		byte_set_add(s, c);
}

/* What is not in a set that says too much is more than what it leaves out. */
static void invert(struct syntax *n)
{
	for (int i = 0; i < 4; i++)
		n->set.bit[i] = i >= 2 ? 0 : n->loose ? UINT64_MAX : ~n->set.bit[i];
	n->wide = 1; /* also [^é]: most code points above U+007F match */
}

/* The bytes of a code point above ASCII, one by one. */
static struct syntax *bytes_of(struct reader *r, uint32_t cp)
{
	char s[4];
	int size = text_encode(cp, s);
	struct syntax *n = node(r, SYNTAX_CAT);
	for (int i = 0; i < size && n; i++) {
		struct syntax *b = node(r, SYNTAX_SET);
		if (!b)
			return NULL;
		byte_set_add(&b->set, (unsigned char)s[i]);
		add_kid(r, n, b);
	}
	return n;
}

/* Scripts without case: from Hebrew and Arabic to Thai and Tibetan; Chinese, Japanese, Korean. */
static int is_caseless(uint32_t cp)
{
	return (cp >= 0x590 && cp < 0x10a0) || (cp >= 0x3041 && cp <= 0x30ff) || (cp >= 0x3400 && cp <= 0x9fff) || (cp >= 0xac00 && cp <= 0xd7a3);
}

enum { CASES_MAX = 5 };

/* All that (?i) takes for a Greek or Russian letter, itself among it (CaseFolding.txt of Unicode).  Returns how many; 0: it is neither. */
static int cases_of(uint32_t cp, uint32_t cases[CASES_MAX])
{
	static const struct {
		uint32_t low, more[CASES_MAX - 2];
	} odd[] = {
		{ 0x3b2, { 0x3d0 } }, { 0x3b5, { 0x3f5 } }, { 0x3b8, { 0x3d1, 0x3f4 } }, { 0x3b9, { 0x345, 0x1fbe } }, { 0x3ba, { 0x3f0 } }, { 0x3bc, { 0xb5 } },
		{ 0x3c0, { 0x3d6 } }, { 0x3c1, { 0x3f1 } }, { 0x3c3, { 0x3c2 } }, { 0x3c6, { 0x3d5 } }, { 0x3c9, { 0x2126 } }, { 0x432, { 0x1c80 } },
		{ 0x434, { 0x1c81 } }, { 0x43e, { 0x1c82 } }, { 0x441, { 0x1c83 } }, { 0x442, { 0x1c84, 0x1c85 } }, { 0x44a, { 0x1c86 } },
	};
	uint32_t low = cp == 0x3c2 ? 0x3c3 : (cp >= 0x391 && cp <= 0x3a9) || (cp >= 0x410 && cp < 0x430) ? cp + 0x20 : cp;
	int n = 0;
	if (!(low >= 0x3b1 && low <= 0x3c9) && !(low >= 0x430 && low <= 0x44f))
		return 0;
	cases[n++] = low;
	cases[n++] = low - 0x20;
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		for (int k = 0; odd[i].low == low && k < CASES_MAX - 2 && odd[i].more[k]; k++)
			cases[n++] = odd[i].more[k];
	return n;
}

/* One code point as written: ASCII is a set of one (two if caseless), above it its bytes one by one. */
static struct syntax *literal(struct reader *r, uint32_t cp)
{
	struct syntax *n;
	uint32_t cases[CASES_MAX];
	int ncases = r->caseless ? cases_of(cp, cases) : 0;
	if (cp < 0x80) {
		n = node(r, SYNTAX_SET);
		if (n)
			add_char(r, &n->set, cp);
		return n;
	}
	if (ncases) {
		n = node(r, SYNTAX_ALT);
		for (int i = 0; n && i < ncases; i++)
			add_kid(r, n, bytes_of(r, cases[i]));
		if (n)
			n->atomic = 1; /* no text is two of them */
		return r->failed ? NULL : n;
	}
	if ((r->caseless && !is_caseless(cp)) || cp > 0x10ffff) {
		n = node(r, SYNTAX_SET);
		if (n)
			add_wide(r, n);
		return n;
	}
	return bytes_of(r, cp);
}

/* \d \w \s … into n; 0 if c is none of these. */
static int type_escape(struct syntax *n, char c)
{
	switch (c) {
	case 'd': /* all decimal digits are ASCII in the view */
	case 'D':
		add_range(&n->set, '0', '9');
		break;
	case 'w':
	case 'W':
		add_range(&n->set, '0', '9');
		add_range(&n->set, 'a', 'z');
		add_range(&n->set, 'A', 'Z');
		byte_set_add(&n->set, '_');
		n->wide = 1;
		break;
	case 's':
	case 'S':
		add_range(&n->set, 9, 13);
		byte_set_add(&n->set, ' ');
		n->wide = 1;
		break;
	case 'h':
	case 'H':
		byte_set_add(&n->set, '\t');
		byte_set_add(&n->set, ' ');
		n->wide = 1;
		break;
	case 'v':
	case 'V':
		add_range(&n->set, 10, 13);
		n->wide = 1;
		break;
	case 'N':
		add_range(&n->set, 0, 127);
		n->wide = n->loose = 1;
		break;
	default:
		return 0;
	}
	if (c == 'D' || c == 'W' || c == 'S' || c == 'H' || c == 'V')
		invert(n);
	return 1;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Behind "\x". */
static int hex_escape(struct reader *r, uint32_t *cp_r)
{
	uint32_t v = 0;
	int n = 0, brace = *r->p == '{';
	if (brace)
		r->p++;
	for (; hex(*r->p) >= 0 && n < (brace ? 8 : 2); n++)
		v = v << 4 | (uint32_t)hex(*r->p++);
	if (brace && (n == 0 || *r->p++ != '}'))
		return -1;
	*cp_r = v;
	return 0;
}

/* An escape that stands for one code point; r->p is at the character behind the backslash.  0 if it is none. */
static int char_escape(struct reader *r, uint32_t *cp_r)
{
	static const char names[] = "tnrfea", values[] = "\t\n\r\f\x1b\a";
	char c = *r->p;
	const char *at = c ? strchr(names, c) : NULL;
	if (at) {
		*cp_r = (unsigned char)values[at - names];
	} else if (c == 'x') {
		r->p++;
		return hex_escape(r, cp_r) == 0;
	} else if (c == '\0' || is_alpha((unsigned char)c) || (c >= '0' && c <= '9')) {
		return 0;
	} else {
		int n = text_decode(r->p, strlen(r->p), cp_r);
		r->p += n > 0 ? n : 1;
		return n > 0;
	}
	r->p++;
	return 1;
}

/* \p{L}, \pL and their opposites: anything. */
static int skip_property(struct reader *r)
{
	r->p++;
	if (*r->p == '{') {
		const char *end = strchr(r->p, '}');
		if (!end)
			return 0;
		r->p = end + 1;
		return 1;
	}
	return *r->p ? (r->p++, 1) : 0;
}

static void anything(struct syntax *n)
{
	add_range(&n->set, 0, 127);
	n->wide = n->loose = 1;
}

static struct syntax *read_escape(struct reader *r)
{
	struct syntax *n;
	uint32_t cp = 0;
	r->p++;
	char c = *r->p;
	if (c == 'N' && r->p[1] == '{' && (r->p[2] < '0' || r->p[2] > '9')) /* \N{U+0041} */
		return fail(r);
	if (c && strchr("bBAzZ", c)) {
		r->p++;
		if (r->look_ahead < LOOK_SLACK)
			r->look_ahead = LOOK_SLACK;
		n = node(r, SYNTAX_EMPTY);
		if (n) {
			n->border = c == 'b';
			n->look = c == 'b' ? LOOK_WORD : LOOK_OTHER;
		}
		return n;
	}
	if (c == 'R' || c == 'X' || (c >= '1' && c <= '9') || c == 'k') {
		n = node(r, SYNTAX_ANY);
		if (n) {
			n->max = c == 'R' ? 4 : SYNTAX_INF;
			n->wide = c == 'R' || c == 'X';
		}
		r->p++;
		if (c == 'k') {
			char close = *r->p == '{' ? '}' : *r->p == '<' ? '>' : *r->p == '\'' ? '\'' : 0;
			const char *end = close ? strchr(r->p + 1, close) : NULL;
			if (!end)
				return fail(r);
			r->p = end + 1;
		}
		int more = 0;
		while (c >= '1' && c <= '9' && *r->p >= '0' && *r->p <= '9') {
			r->p++;
			more = 1;
		}
		if (n && c >= '1' && c <= '9' && !more && r->group[c - '0']) {
			add_kid(r, n, r->group[c - '0']);
			n->max = syntax_width(r->group[c - '0']);
		}
		return n;
	}
	n = node(r, SYNTAX_SET);
	if (!n)
		return NULL;
	if (type_escape(n, c)) {
		r->p++;
		return n;
	}
	if (c == 'p' || c == 'P') {
		anything(n);
		return skip_property(r) ? n : fail(r);
	}
	return char_escape(r, &cp) ? literal(r, cp) : fail(r);
}

/* [:alpha:] and its like, negated too.  What only begins like one is not understood. */
static int class_posix(struct reader *r, struct syntax *n)
{
	static const struct {
		const char *name;
		int (*is)(int c);
	} classes[] = {
		{ "alnum:]", isalnum }, { "alpha:]", isalpha }, { "ascii:]", isascii }, { "blank:]", isblank }, { "cntrl:]", iscntrl }, { "digit:]", isdigit },
		{ "graph:]", isgraph }, { "lower:]", islower }, { "print:]", isprint }, { "punct:]", ispunct }, { "space:]", isspace }, { "upper:]", isupper },
		{ "word:]", is_word }, { "xdigit:]", isxdigit },
	};
	const char *name = r->p + 2 + (r->p[2] == '^');
	size_t i = 0;
	while (i < sizeof classes / sizeof *classes && strncmp(name, classes[i].name, strlen(classes[i].name)) != 0)
		i++;
	if (i == sizeof classes / sizeof *classes)
		return 0;
	struct syntax one = { 0 };
	for (int c = 0; c < 0x80; c++)
		if (classes[i].is(c))
			add_char(r, &one.set, (unsigned)c);
	one.loose = (uint8_t)r->caseless; /* whether (?i)[[:upper:]] takes "a" depends on UCP and on PCRE2's version */
	if (r->p[2] == '^')
		invert(&one);
	for (int w = 0; w < 4; w++)
		n->set.bit[w] |= one.set.bit[w];
	n->wide = 1;
	n->loose |= one.loose;
	r->p = name + strlen(classes[i].name);
	return 1;
}

/* One member of a class: the code point, or -1 when it was a set of its own (added to n), or -2: not understood. */
static int64_t class_member(struct reader *r, struct syntax *n)
{
	uint32_t cp = 0;
	if (r->p[0] == '[' && r->p[1] == ':')
		return class_posix(r, n) ? -1 : -2;
	if (r->p[0] == '[' && (r->p[1] == '.' || r->p[1] == '='))
		return -2;
	if (r->p[0] != '\\') {
		int size = text_decode(r->p, strlen(r->p), &cp);
		if (size == 0 || cp == 0)
			return -2;
		r->p += size;
		return cp;
	}
	r->p++;
	if (*r->p == 'b') {
		r->p++;
		return 8;
	}
	struct syntax more = { 0 };
	if (type_escape(&more, *r->p)) {
		for (int i = 0; i < 4; i++)
			n->set.bit[i] |= more.set.bit[i];
		n->wide |= more.wide;
		n->loose |= more.loose;
		r->p++;
		return -1;
	}
	if (*r->p == 'p' || *r->p == 'P') {
		anything(n);
		return skip_property(r) ? -1 : -2;
	}
	return char_escape(r, &cp) ? (int64_t)cp : -2;
}

static struct syntax *read_class(struct reader *r)
{
	struct syntax *n;
	if (strncmp(r->p, "[[:<:]]", 7) == 0 || strncmp(r->p, "[[:>:]]", 7) == 0) /* no class: start and end of a word */
		return fail(r);
	n = node(r, SYNTAX_SET);
	r->p++;
	int negated = *r->p == '^';
	r->p += negated;
	for (int first = 1; n && (*r->p != ']' || first); first = 0) {
		int64_t from = *r->p ? class_member(r, n) : -2, to;
		if (from == -2)
			return fail(r);
		to = from;
		if (from >= 0 && r->p[0] == '-' && r->p[1] && r->p[1] != ']') {
			r->p++;
			to = class_member(r, n);
			if (to == -2)
				return fail(r);
			if (to == -1) { /* [a-\d] */
				byte_set_add(&n->set, '-');
				to = from;
			}
		}
		for (int64_t c = from; c >= 0 && c <= to && c < 0x80; c++)
			add_char(r, &n->set, (unsigned)c);
		if (to >= 0x80)
			add_wide(r, n);
	}
	r->p++;
	if (n && negated)
		invert(n);
	return n;
}

/* (?i-s:… or (?i), but not U, which turns greed round: 1 with the flags applied and r->p behind them, 0 if it is no such thing. */
static int read_flags(struct reader *r)
{
	const char *p = r->p;
	int on = 1, caseless = r->caseless;
	for (; *p && strchr("imsJ-", *p); p++) {
		if (*p == '-')
			on = 0;
		else if (*p == 'i')
			caseless = on;
	}
	if (*p != ')' && *p != ':')
		return 0;
	r->caseless = caseless;
	r->p = p;
	return 1;
}

static struct syntax *close_group(struct reader *r, struct syntax *n)
{
	if (*r->p != ')')
		return fail(r);
	r->p++;
	return n;
}

static int skip_name(struct reader *r, char close)
{
	const char *end = strchr(r->p, close);
	if (!end)
		return 0;
	r->p = end + 1;
	return 1;
}

/* True if a text of one digit, whichever, matches n. */
static int takes_digits(const struct syntax *n)
{
	if (n->type == SYNTAX_ALT) {
		for (uint32_t i = 0; i < n->nkids; i++)
			if (takes_digits(n->kids[i]))
				return 1;
		return 0;
	}
	if (n->type == SYNTAX_CAT)
		return n->nkids == 1 && takes_digits(n->kids[0]);
	for (unsigned c = '0'; c <= '9'; c++)
		if (n->type != SYNTAX_SET || !byte_set_has(&n->set, c))
			return 0;
	return 1;
}

static struct syntax *read_look(struct reader *r, int ahead, int negative)
{
	uint32_t before = r->look_ahead;
	struct syntax *n = close_group(r, read_alt(r));
	if (!n)
		return NULL;
	uint32_t reach = ahead ? syntax_width(n) + r->look_ahead : r->look_ahead;
	r->look_ahead = reach > before ? reach : before;
	struct syntax *e = node(r, SYNTAX_EMPTY);
	if (e) {
		e->border = negative && takes_digits(n);
		e->look = ahead ? LOOK_AHEAD : LOOK_BEHIND;
		e->negative = (uint8_t)negative;
		e->looked = n;
	}
	return e;
}

static struct syntax *read_group(struct reader *r)
{
	int caseless = r->caseless, number = 0, atomic = 0;
	struct syntax *n;
	r->p++;
	if (*r->p == '*' || ++r->depth > DEPTH_MAX)
		return fail(r);
	if (r->p[0] != '?') {
		number = ++r->ngroups;
	} else {
		r->p++;
		if (strncmp(r->p, "<=", 2) == 0 || strncmp(r->p, "<!", 2) == 0) {
			r->p += 2;
			n = read_look(r, 0, r->p[-1] == '!');
			goto done;
		}
		if (*r->p == '=' || *r->p == '!') {
			r->p++;
			n = read_look(r, 1, r->p[-1] == '!');
			goto done;
		}
		if (*r->p == '>' || *r->p == '|' || *r->p == ':') {
			if (*r->p == '|') /* numbers begin again in each branch: backreferences are unknown from here */
				r->ngroups = GROUPS_MAX;
			atomic = *r->p == '>';
			r->p++;
		} else if (*r->p == '<' || (r->p[0] == 'P' && r->p[1] == '<')) {
			if (!skip_name(r, '>'))
				return fail(r);
			number = ++r->ngroups;
		} else if (*r->p == '\'') {
			r->p++;
			if (!skip_name(r, '\''))
				return fail(r);
			number = ++r->ngroups;
		} else if (read_flags(r)) {
			r->p++;
			if (r->p[-1] == ')') { /* until the end of the enclosing group */
				r->depth--;
				return node(r, SYNTAX_EMPTY);
			}
		} else {
			return fail(r);
		}
	}
	n = close_group(r, read_alt(r));
	if (n)
		n->atomic |= (uint8_t)atomic;
	if (number > 0 && number < GROUPS_MAX)
		r->group[number] = n;
done:
	r->depth--;
	r->caseless = caseless;
	return n;
}

static struct syntax *read_atom(struct reader *r)
{
	uint32_t cp = 0;
	struct syntax *n;
	switch (*r->p) {
	case '(':
		return read_group(r);
	case '[':
		return read_class(r);
	case '\\':
		return read_escape(r);
	case '.':
		r->p++;
		n = node(r, SYNTAX_SET);
		if (n)
			anything(n);
		return n;
	case '^':
	case '$':
		r->p++;
		if (r->look_ahead < LOOK_SLACK)
			r->look_ahead = LOOK_SLACK;
		n = node(r, SYNTAX_EMPTY);
		if (n)
			n->look = LOOK_OTHER;
		return n;
	case '*':
	case '+':
	case '?':
		return fail(r);
	default:
		break;
	}
	int size = text_decode(r->p, strlen(r->p), &cp);
	if (size == 0)
		return fail(r);
	r->p += size;
	return literal(r, cp);
}

static uint32_t number(const char **p)
{
	uint32_t v = 0;
	while (**p >= '0' && **p <= '9' && v < 100000)
		v = v * 10 + (uint32_t)(*(*p)++ - '0');
	return v;
}

/* {n}, {n,}, {n,m}; anything else behind a brace is literal text. */
static int read_braces(struct reader *r, uint32_t *min, uint32_t *max)
{
	const char *p = r->p + 1;
	if (*p == ',' || *p == ' ') /* later versions of PCRE2 read {,n} as a repeat */
		fail(r);
	if (*p < '0' || *p > '9')
		return 0;
	*min = *max = number(&p);
	if (*p == ',') {
		p++;
		*max = *p == '}' ? SYNTAX_INF : number(&p);
	}
	if (*p != '}')
		return 0;
	r->p = p + 1;
	return 1;
}

static struct syntax *read_repeat(struct reader *r)
{
	struct syntax *n = read_atom(r);
	while (n && !r->failed) {
		uint32_t min = 0, max = SYNTAX_INF;
		char c = *r->p;
		if (c == '*' || c == '+' || c == '?') {
			min = c == '+';
			max = c == '?' ? 1 : SYNTAX_INF;
			r->p++;
		} else if (c != '{' || !read_braces(r, &min, &max)) {
			break;
		}
		int how = *r->p == '?' || *r->p == '+' ? *r->p++ : 0;
		struct syntax *rep = node(r, SYNTAX_REPEAT);
		if (!rep)
			return NULL;
		rep->lazy = how == '?';
		rep->atomic = how == '+';
		rep->min = min;
		rep->max = max;
		add_kid(r, rep, n);
		n = rep;
	}
	return n;
}

static struct syntax *read_cat(struct reader *r)
{
	struct syntax *n = node(r, SYNTAX_CAT);
	while (!r->failed && *r->p && *r->p != '|' && *r->p != ')')
		add_kid(r, n, read_repeat(r));
	return r->failed ? NULL : n;
}

static struct syntax *read_alt(struct reader *r)
{
	int caseless = r->caseless; /* a flag set in one branch goes on into the next */
	struct syntax *n = node(r, SYNTAX_ALT);
	if (!n)
		return NULL;
	add_kid(r, n, read_cat(r));
	while (!r->failed && *r->p == '|') {
		r->p++;
		add_kid(r, n, read_cat(r));
	}
	if (r->failed)
		return NULL;
	r->caseless = caseless;
	return n->nkids == 1 ? n->kids[0] : n;
}

int syntax_read(const char *pattern, struct arena *a, struct syntax_tree *tree_r)
{
	struct reader r = { .p = pattern, .a = a };
	struct syntax *root = read_alt(&r);
	if (r.failed || !root || *r.p)
		return -1;
	*tree_r = (struct syntax_tree){ root, r.look_ahead };
	return 0;
}

static uint32_t capped(uint64_t v)
{
	return v < SYNTAX_INF ? (uint32_t)v : SYNTAX_INF;
}

uint32_t syntax_width(const struct syntax *n)
{
	uint64_t w = 0;
	switch (n->type) {
	case SYNTAX_SET:
		return n->wide ? 4 : 1;
	case SYNTAX_EMPTY:
		return 0;
	case SYNTAX_ANY:
		return n->max;
	case SYNTAX_CAT:
		for (uint32_t i = 0; i < n->nkids; i++)
			w += syntax_width(n->kids[i]);
		return capped(w);
	case SYNTAX_ALT:
		for (uint32_t i = 0; i < n->nkids; i++) {
			uint32_t k = syntax_width(n->kids[i]);
			w = k > w ? k : w;
		}
		return capped(w);
	case SYNTAX_REPEAT:
		return capped((uint64_t)syntax_width(n->kids[0]) * n->max);
	}
	return SYNTAX_INF;
}
