#include "detect/validdef.h"

#include "detect/valid_own.h"

#include <ctype.h>
#include <string.h>

static const struct cfg_key sum_keys[] = {
	{ "name", CFG_STRING, 1, 0, 0 },
	{ "weights", CFG_ANY, 1, 0, 0 },
	{ "modulus", CFG_INT, 1, 2, SUM_MODULUS_MAX },
	{ "from", CFG_STRING, 0, 0, 0 },
	{ "check", CFG_INT, 0, -SUM_CHARS_MAX, SUM_CHARS_MAX },
	{ "check_size", CFG_INT, 0, 1, 4 },
	{ "remainder", CFG_INT, 0, 0, SUM_MODULUS_MAX },
	{ "cross", CFG_BOOL, 0, 0, 0 },
	{ "subtract", CFG_BOOL, 0, 0, 0 },
	{ "alphabet", CFG_STRINGS, 0, 1, 100 },
	{ "digits", CFG_STRING, 0, 1, SUM_CHARS_MAX },
	{ 0 },
};
static const struct cfg_key mod11_keys[] = {
	{ "name", CFG_STRING, 1, 0, 0 },
	{ "weights", CFG_ANY, 1, 0, 0 },
	{ "from", CFG_STRING, 0, 0, 0 },
	{ "check", CFG_INT, 0, -SUM_CHARS_MAX, SUM_CHARS_MAX },
	{ "digits", CFG_STRING, 0, 1, SUM_CHARS_MAX },
	{ 0 },
};
static const struct cfg_key date_keys[] = {
	{ "name", CFG_STRING, 1, 0, 0 },
	{ "format", CFG_STRING, 1, 4, DATE_FORMAT_MAX },
	{ "offset", CFG_INT, 0, 0, 63 },
	{ "separators", CFG_STRING, 0, 0, DATE_FORMAT_MAX },
	{ 0 },
};
static const struct cfg_key classes_keys[] = {
	{ "name", CFG_STRING, 1, 0, 0 },
	{ "min", CFG_NUMBER, 0, 1, 4 },
	{ "require", CFG_STRINGS, 0, 1, CLASSES_MAX },
	{ "allow", CFG_STRINGS, 0, 1, CLASSES_MAX },
	{ 0 },
};
static const struct cfg_key crc_keys[] = {
	{ "name", CFG_STRING, 1, 0, 0 },
	{ "after", CFG_STRING, 0, 0, 8 },
	{ "size", CFG_INT, 0, 1, 6 },
	{ "alphabet", CFG_STRING, 0, 62, 62 },
	{ 0 },
};

static int read_weights(const struct cfg_reader *r, const config_setting_t *g, struct valid_sum *v)
{
	const config_setting_t *s = config_setting_get_member(g, "weights");
	int list = config_setting_type(s) == CONFIG_TYPE_ARRAY || config_setting_type(s) == CONFIG_TYPE_LIST;
	int n = list ? config_setting_length(s) : 0, weighs = 0;
	if (n < 1 || n > SUM_CHARS_MAX)
		return cfg_error(r, s, "\"weights\" must be a list of 1 to %d numbers: [ 7, 3, 1 ]", SUM_CHARS_MAX);
	for (int i = 0; i < n; i++) {
		const config_setting_t *e = config_setting_get_elem(s, (unsigned)i);
		int w = config_setting_get_int(e);
		if (config_setting_type(e) != CONFIG_TYPE_INT || w < -9999 || w > 9999)
			return cfg_error(r, e, "a weight must be a whole number from -9999 to 9999");
		v->weight[v->nweights++] = (int16_t)w;
		weighs |= w % v->modulus != 0;
	}
	if (!weighs)
		return cfg_error(r, s, "every weight is zero modulo %d: every text would pass", v->modulus);
	return 0;
}

static int add_value(const struct cfg_reader *r, const config_setting_t *s, struct valid_sum *v, char c, int value)
{
	unsigned char b = (unsigned char)c;
	if (b >= 128 || !isgraph(b))
		return cfg_error(r, s, "an alphabet is of letters, digits and marks of ASCII");
	if (v->value[b] >= 0)
		return cfg_error(r, s, "the character \"%c\" stands in this alphabet twice", c);
	v->value[b] = (int8_t)value;
	return 0;
}

/* A text: each character's value is its place.  A list of texts: the place of the text that it stands in. */
static int read_alphabet(const struct cfg_reader *r, const config_setting_t *g, struct valid_sum *v)
{
	const config_setting_t *s = config_setting_get_member(g, "alphabet");
	struct cfg_words texts = { 0 };
	memset(v->value, -1, sizeof v->value);
	for (int i = 0; i < 10 && !s; i++)
		v->value['0' + i] = (int8_t)i;
	if (!s)
		return 0;
	if (cfg_strings(r, g, "alphabet", &texts) < 0)
		return -1;
	for (size_t i = 0; i < texts.n; i++)
		for (size_t k = 0; texts.item[i][k]; k++)
			if (add_value(r, s, v, texts.item[i][k], (int)(config_setting_type(s) == CONFIG_TYPE_STRING ? k : i)) < 0)
				return -1;
	for (int c = 'a'; c <= 'z'; c++)
		if (v->value[c] < 0)
			v->value[c] = v->value[toupper(c)];
	return 0;
}

static int read_sum_keys(const struct cfg_reader *r, const config_setting_t *g, struct valid_sum *v)
{
	const char *from = cfg_string(r, g, "from"), *digits = cfg_string(r, g, "digits");
	if (from && strcmp(from, "left") != 0 && strcmp(from, "right") != 0)
		return cfg_error(r, config_setting_get_member(g, "from"), "\"from\" must be \"left\" or \"right\"");
	v->from_right = from && from[0] == 'r';
	v->check = (int8_t)cfg_int(g, "check", -1);
	v->check_size = (uint8_t)cfg_int(g, "check_size", 1);
	v->remainder = cfg_int(g, "remainder", 0);
	v->cross = (uint8_t)cfg_bool(g, "cross", 0);
	v->subtract = (uint8_t)cfg_bool(g, "subtract", 1);
	strncpy(v->digit, digits ? digits : "0123456789", sizeof v->digit - 1);
	if (v->check && config_setting_get_member(g, "remainder"))
		return cfg_error(r, config_setting_get_member(g, "remainder"), "\"remainder\" is for sums without check character; give \"check = 0\"");
	if (v->remainder >= v->modulus)
		return cfg_error(r, config_setting_get_member(g, "remainder"), "\"remainder\" must be less than the modulus");
	return read_weights(r, g, v) < 0 ? -1 : read_alphabet(r, g, v);
}

static int read_sum(const struct cfg_reader *r, const config_setting_t *g, void *own)
{
	((struct valid_sum *)own)->modulus = cfg_int(g, "modulus", 11);
	return read_sum_keys(r, g, own);
}

/* Each field once, in one piece. */
static int is_format(const char *f)
{
	size_t years = strspn(strchr(f, 'Y') ? strchr(f, 'Y') : "", "Y");
	size_t months = strspn(strchr(f, 'M') ? strchr(f, 'M') : "", "M");
	size_t days = strspn(strchr(f, 'D') ? strchr(f, 'D') : "", "D");
	size_t y = 0, m = 0, d = 0;
	for (; *f; f++) {
		y += *f == 'Y';
		m += *f == 'M';
		d += *f == 'D';
		if (*f != 'Y' && *f != 'M' && *f != 'D' && (*f < ' ' || *f > '~' || isalnum((unsigned char)*f)))
			return 0;
	}
	return y == years && m == months && d == days && (y == 2 || y == 4) && m == 2 && (d == 0 || d == 2);
}

static int read_date(const struct cfg_reader *r, const config_setting_t *g, void *own)
{
	struct valid_date *v = own;
	const char *format = cfg_string(r, g, "format"), *separators = cfg_string(r, g, "separators");
	if (!is_format(format))
		return cfg_error(r, config_setting_get_member(g, "format"),
		                 "\"format\" is made of YYYY or YY, MM and DD, with or without marks between them, such as \"YYMMDD\" or \"DD.MM.YYYY\"");
	v->offset = (uint8_t)cfg_int(g, "offset", 0);
	strncpy(v->separators, separators ? separators : " -./", sizeof v->separators - 1);
	for (size_t i = 0; format[i]; i++) {
		int mark = !isalpha((unsigned char)format[i]);
		v->marked |= (uint8_t)mark;
		v->format[i] = mark ? '-' : format[i];
		/* a mark of the format is a separator, and, if none are listed, the only one */
		if (mark && !strchr(v->separators, format[i]) && strlen(v->separators) < DATE_FORMAT_MAX)
			v->separators[strlen(v->separators)] = format[i];
	}
	return 0;
}

static void class_add(struct byte_class *c, unsigned from, unsigned to)
{
	for (unsigned b = from; b <= to; b++)
		c->bit[b >> 6] |= UINT64_C(1) << (b & 63);
}

static int read_class(const struct cfg_reader *r, const config_setting_t *g, const char *key, const char *name, int line, struct byte_class *c)
{
	size_t n = strlen(name);
	if (n >= 3 && name[0] == '[' && name[n - 1] == ']') {
		for (size_t i = 1; i + 1 < n; i++)
			class_add(c, (unsigned char)name[i], (unsigned char)name[i]);
		return 0;
	}
	int lower = strcmp(name, "lower") == 0, upper = strcmp(name, "upper") == 0, letter = strcmp(name, "letter") == 0;
	int digit = strcmp(name, "digit") == 0, other = strcmp(name, "other") == 0;
	if (lower || letter)
		class_add(c, 'a', 'z');
	if (upper || letter)
		class_add(c, 'A', 'Z');
	if (digit)
		class_add(c, '0', '9');
	for (unsigned b = 0; b < 256 && other; b++)
		if (b >= 128 || !isalnum((int)b))
			class_add(c, b, b);
	if (!(lower | upper | letter | digit | other))
		return cfgerr_set(r->err, r->file, line, "there is no class of characters \"%.40s\"; they are lower, upper, letter, digit, other, "
		                  "or characters in brackets, \"[-_]\"", name);
	return 0;
}

static int read_classes(const struct cfg_reader *r, const config_setting_t *g, void *own)
{
	struct valid_char_classes *v = own;
	struct cfg_words require = { 0 }, allow = { 0 };
	if (cfg_strings(r, g, "require", &require) < 0 || cfg_strings(r, g, "allow", &allow) < 0)
		return -1;
	v->min = cfg_number(g, "min", require.n + allow.n ? 1 : 2);
	v->any_allowed = allow.n == 0;
	for (; v->nrequire < require.n; v->nrequire++)
		if (read_class(r, g, "require", require.item[v->nrequire], require.line[v->nrequire], &v->require[v->nrequire]) < 0)
			return -1;
	for (size_t i = 0; i < allow.n; i++)
		if (read_class(r, g, "allow", allow.item[i], allow.line[i], &v->allow) < 0)
			return -1;
	return 0;
}

static int read_crc(const struct cfg_reader *r, const config_setting_t *g, void *own)
{
	struct valid_crc *v = own;
	const char *alphabet = cfg_string(r, g, "alphabet"), *after = cfg_string(r, g, "after");
	v->size = (uint8_t)cfg_int(g, "size", 6);
	snprintf(v->alphabet, sizeof v->alphabet, "%s", alphabet ? alphabet : "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
	snprintf(v->after, sizeof v->after, "%s", after ? after : "_");
	for (size_t i = 0; v->alphabet[i]; i++)
		if (strchr(v->alphabet + i + 1, v->alphabet[i]))
			return cfg_error(r, config_setting_get_member(g, "alphabet"), "the character \"%c\" stands in this alphabet twice", v->alphabet[i]);
	return 0;
}

static double odds_of_sum(const void *own)
{
	return ((const struct valid_sum *)own)->modulus;
}

static double odds_of_date(const void *own)
{
	return strchr(((const struct valid_date *)own)->format, 'D') ? 26 : 8;
}

static double odds_of_classes(const void *own)
{
	return 1; /* it says what the pattern might as well */
}

static double odds_of_crc(const void *own)
{
	double odds = 1;
	for (int i = 0; i < ((const struct valid_crc *)own)->size; i++)
		odds *= 62;
	return odds < 4e9 ? odds : 4e9;
}

/* Validators with lists and texts as parameters. */
static const struct described {
	const char *name;
	const struct cfg_key *keys;
	size_t size;
	int (*read)(const struct cfg_reader *r, const config_setting_t *g, void *own);
	int (*check)(const char *s, size_t size, const void *own);
	double (*odds)(const void *own);
	const char *needs; /* by its name alone it says nothing: it needs this */
} described[] = {
	{ "weighted", sum_keys, sizeof(struct valid_sum), read_sum, valid_sum, odds_of_sum, "weights = [ 7, 3, 1 ]; modulus = 10;" },
	{ "mod11", mod11_keys, sizeof(struct valid_sum), read_sum, valid_sum, odds_of_sum, "weights = [ 10, 9, 8, 7, 6, 5, 4, 3, 2 ];" },
	{ "date", date_keys, sizeof(struct valid_date), read_date, valid_date_at, odds_of_date, NULL },
	{ "classes", classes_keys, sizeof(struct valid_char_classes), read_classes, valid_char_classes, odds_of_classes, NULL },
	{ "crc32-base62", crc_keys, sizeof(struct valid_crc), read_crc, valid_crc_at, odds_of_crc, NULL },
};

static const struct described *find_described(const char *name)
{
	for (size_t i = 0; i < sizeof described / sizeof *described; i++)
		if (strcmp(described[i].name, name) == 0)
			return &described[i];
	return NULL;
}

static int refuse_name(const struct cfg_reader *r, const config_setting_t *s, const char *name)
{
	struct nearest n = { .word = name };
	char question[NEAREST_SIZE];
	valid_nearest(&n);
	return cfg_error(r, s, "there is no validator \"%.60s\"%s", name,
	                 n.best ? nearest_question(&n, question, sizeof question) : "; filterd-rules(5) lists them");
}

static int read_name(const struct cfg_reader *r, const config_setting_t *s, const char *name, struct valid_use *u_r)
{
	*u_r = (struct valid_use){ .v = valid_find(name), .odds = 1 };
	if (!u_r->v)
		return refuse_name(r, s, name);
	u_r->odds = u_r->v->odds;
	for (int i = 0; i < VALID_PARAMS_MAX; i++)
		u_r->num[i] = u_r->v->params[i].dflt;
	return 0;
}

static int read_named(const struct cfg_reader *r, const config_setting_t *s, const char *name, struct valid_use *u_r)
{
	const struct described *d = find_described(name);
	if (d && d->needs)
		return cfg_error(r, s, "validator \"%s\" needs parameters: { name = \"%s\"; %s }", name, name, d->needs);
	return read_name(r, s, name, u_r);
}

static int read_group(const struct cfg_reader *r, const config_setting_t *g, struct valid_use *u_r)
{
	const config_setting_t *name = config_setting_get_member(g, "name");
	if (!name || config_setting_type(name) != CONFIG_TYPE_STRING)
		return cfg_error(r, g, "a validator group needs \"name\", a string");
	if (read_name(r, name, config_setting_get_string(name), u_r) < 0)
		return -1;
	const struct described *d = find_described(u_r->v->name);
	if (d && (d->needs || config_setting_length(g) > 1)) {
		if (cfg_check(r, g, "this validator", d->keys) < 0)
			return -1;
		void *own = arena_alloc(r->arena, d->size);
		if (!own)
			return cfg_error(r, g, "out of memory");
		memset(own, 0, d->size);
		u_r->own_check = d->check;
		u_r->own = own;
		if (d->read(r, g, own) < 0)
			return -1;
		u_r->odds = d->odds(own);
		return 0;
	}
	struct cfg_key keys[VALID_PARAMS_MAX + 2] = { { "name", CFG_STRING, 1, 0, 0 } };
	const struct valid_param *p = u_r->v->params;
	for (int i = 0; i < VALID_PARAMS_MAX && p[i].name; i++)
		keys[i + 1] = (struct cfg_key){ p[i].name, CFG_NUMBER, 0, p[i].min, p[i].max };
	if (cfg_check(r, g, "this validator", keys) < 0)
		return -1;
	for (int i = 0; i < VALID_PARAMS_MAX && p[i].name; i++)
		u_r->num[i] = cfg_number(g, p[i].name, p[i].dflt);
	return 0;
}

int validdef_read(const struct cfg_reader *r, const config_setting_t *owner, struct valid_list *l_r)
{
	const config_setting_t *s = config_setting_get_member(owner, "validate");
	l_r->n = 0;
	if (!s)
		return 0;
	int type = config_setting_type(s);
	int single = type == CONFIG_TYPE_STRING || type == CONFIG_TYPE_GROUP;
	if (!single && type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY)
		return cfg_error(r, s, "\"validate\" must be a validator's name, or a list of names and { name = …; } groups");
	int n = single ? 1 : config_setting_length(s);
	if (n > VALID_LIST_MAX)
		return cfg_error(r, s, "\"validate\" has %d validators; at most %d", n, VALID_LIST_MAX);
	for (int i = 0; i < n; i++) {
		const config_setting_t *e = single ? s : config_setting_get_elem(s, (unsigned)i);
		struct valid_use *u = &l_r->use[l_r->n++];
		int rc = config_setting_type(e) == CONFIG_TYPE_STRING ? read_named(r, e, config_setting_get_string(e), u) :
		         config_setting_is_group(e) ? read_group(r, e, u) :
		                                      cfg_error(r, e, "a validator is a name in quotes or a group { name = …; }");
		if (rc < 0)
			return -1;
	}
	return 0;
}
