#include "detect/rulefile.h"

#include "base/text.h"
#include "detect/prints.h"
#include "detect/validdef.h"

#include <stdlib.h>
#include <string.h>

/* What a detector may say besides its id. */
#define PLAIN_FIELDS                                                                                                   \
	{ "title", CFG_STRING, 0, 1, 120 },                                                                            \
	{ "country", CFG_STRING, 0, 2, 2 },                                                                            \
	{ "class", CFG_STRING, 0, 1, 40 },                                                                             \
	{ "description", CFG_STRING, 0, 0, 2000 },                                                                     \
	{ "edm", CFG_GROUP, 0, 0, 0 },                                                                                 \
	{ "fingerprint", CFG_GROUP, 0, 0, 0 },                                                                         \
	{ "mask", CFG_GROUP, 0, 0, 0 },                                                                                \
	{ "odds", CFG_NUMBER, 0, 1, 1e12 },                                                                            \
	{ "confidence", CFG_INT, 0, 1, 100 }
#define NUMBER_FIELDS                                                                                                  \
	{ "kind", CFG_STRING, 0, 1, 16 },                                                                              \
	{ "lengths", CFG_ANY, 0, 0, 0 },                                                                               \
	{ "prefixes", CFG_STRINGS, 0, 1, NUMBERDEF_PREFIXES_MAX },                                                     \
	{ "separators", CFG_STRING, 0, 0, 16 },                                                                        \
	{ "groups", CFG_STRINGS, 0, 1, NUMBERDEF_GROUPS_MAX }
#define LIST_FIELDS                                                                                                    \
	{ "reference", CFG_STRINGS, 0, 0, 16 },                                                                        \
	{ "patterns", CFG_GROUPS, 0, 1, RULEDEF_PATTERNS_MAX },                                                        \
	{ "words", CFG_GROUPS, 0, 1, 16 },                                                                             \
	{ "validate", CFG_ANY, 0, 0, 0 },                                                                              \
	{ "raise", CFG_GROUPS, 0, 0, 8 },                                                                              \
	{ "evidence", CFG_GROUPS, 0, 0, 16 },                                                                          \
	{ "of", CFG_GROUPS, 0, 1, 16 },                                                                                \
	{ "near", CFG_GROUPS, 0, 1, 16 },                                                                              \
	{ "exclude", CFG_GROUP, 0, 0, 0 },                                                                             \
	{ "tests", CFG_GROUP, 0, 0, 0 }

static const struct cfg_key detector_keys[] = {
	{ "id", CFG_STRING, 1, 1, 64 }, { "like", CFG_STRING, 0, 1, 64 }, PLAIN_FIELDS, NUMBER_FIELDS, LIST_FIELDS, { "add", CFG_GROUP, 0, 0, 0 }, { 0 },
};
static const struct cfg_key override_keys[] = {
	{ "id", CFG_STRING, 1, 1, 64 }, PLAIN_FIELDS, NUMBER_FIELDS, LIST_FIELDS, { "add", CFG_GROUP, 0, 0, 0 }, { 0 },
};
static const struct cfg_key add_keys[] = { LIST_FIELDS, { 0 } };
static const struct cfg_key pattern_keys[] = {
	{ "regex", CFG_STRING, 1, 1, RULEDEF_REGEX_MAX },
	{ "confidence", CFG_INT, 1, 1, 100 },
	{ "odds", CFG_NUMBER, 0, 1, 1e12 },
	{ "validate", CFG_ANY, 0, 0, 0 },
	{ 0 },
};
static const struct cfg_key words_keys[] = {
	{ "any", CFG_STRINGS, 0, 1, RULEDEF_TERMS_MAX },
	{ "file", CFG_STRINGS, 0, 1, 16 },
	{ "confidence", CFG_INT, 1, 1, 100 },
	{ "case", CFG_BOOL, 0, 0, 0 },
	{ "part", CFG_BOOL, 0, 0, 0 },
	{ 0 },
};
static const struct cfg_key evidence_keys[] = {
	{ "any", CFG_STRINGS, 0, 1, RULEDEF_TERMS_MAX },
	{ "none", CFG_STRINGS, 0, 1, RULEDEF_TERMS_MAX },
	{ "within", CFG_INT, 0, 1, RULEDEF_WITHIN_MAX },
	{ "before", CFG_INT, 0, 0, RULEDEF_WITHIN_MAX },
	{ "after", CFG_INT, 0, 0, RULEDEF_WITHIN_MAX },
	{ "add", CFG_INT, 0, -100, 100 },
	{ "min", CFG_INT, 0, 1, 64 },
	{ "max", CFG_INT, 0, 1, 64 },
	{ "distinct", CFG_BOOL, 0, 0, 0 },
	{ "required", CFG_BOOL, 0, 0, 0 },
	{ 0 },
};
static const struct cfg_key of_keys[] = {
	{ "detector", CFG_STRING, 1, 1, 64 },
	{ "at_least", CFG_INT, 0, 1, 100 },
	{ "confidence", CFG_INT, 0, 1, 100 },
	{ 0 },
};
static const struct cfg_key near_keys[] = {
	{ "detector", CFG_STRING, 1, 1, 64 },
	{ "within", CFG_INT, 0, 1, RULEDEF_WITHIN_MAX },
	{ "before", CFG_INT, 0, 0, RULEDEF_WITHIN_MAX },
	{ "after", CFG_INT, 0, 0, RULEDEF_WITHIN_MAX },
	{ "confidence", CFG_INT, 0, 1, 100 },
	{ "min", CFG_INT, 0, 1, RULEDEF_NEAR_MIN_MAX },
	{ "add", CFG_INT, 0, -100, 100 },
	{ "required", CFG_BOOL, 0, 0, 0 },
	{ 0 },
};
static const struct cfg_key raise_keys[] = {
	{ "validate", CFG_ANY, 1, 0, 0 },
	{ "add", CFG_INT, 1, -100, 100 },
	{ 0 },
};
static const struct cfg_key exclude_keys[] = {
	{ "values", CFG_STRINGS, 0, 0, 4096 },
	{ "patterns", CFG_STRINGS, 0, 0, 64 },
	{ "stop_words", CFG_STRINGS, 0, 0, 256 },
	{ "begins", CFG_STRINGS, 0, 0, 256 },
	{ "ends", CFG_STRINGS, 0, 0, 256 },
	{ "prefixes", CFG_STRINGS, 0, 0, 256 },
	{ "suffixes", CFG_STRINGS, 0, 0, 256 },
	{ "same", CFG_BOOL, 0, 0, 0 },
	{ 0 },
};
static const struct cfg_key mask_keys[] = {
	{ "keep_first", CFG_INT, 0, 0, 32 },
	{ "keep_last", CFG_INT, 0, 0, 32 },
	{ 0 },
};
static const struct cfg_key tests_keys[] = {
	{ "match", CFG_STRINGS, 0, 0, 256 },
	{ "no_match", CFG_STRINGS, 0, 0, 256 },
	{ 0 },
};

/* Later versions of libconfig read \b in a string as a backspace, where earlier ones keep both characters. */
static const char *restore_word_border(const struct cfg_reader *r, const char *regex)
{
	size_t n = strlen(regex), more = 0;
	for (const char *p = regex; *p; p++)
		more += *p == '\b';
	if (more == 0)
		return regex;
	char *out = arena_alloc(r->arena, n + more + 1), *o = out;
	if (!out)
		return "";
	for (const char *p = regex; *p; p++) {
		if (*p == '\b') {
			*o++ = '\\';
			*o++ = 'b';
		} else {
			*o++ = *p;
		}
	}
	return out;
}

static int read_pattern(const struct cfg_reader *r, const config_setting_t *s, struct pattern_def *p_r)
{
	if (cfg_check(r, s, "pattern", pattern_keys) < 0)
		return -1;
	p_r->regex = restore_word_border(r, cfg_string(r, s, "regex"));
	p_r->file = r->file;
	p_r->line = (int)config_setting_source_line(config_setting_get_member(s, "regex"));
	p_r->confidence = (uint8_t)cfg_int(s, "confidence", 1);
	p_r->odds = cfg_number(s, "odds", 0);
	return validdef_read(r, s, &p_r->validate);
}

static int no_empty(const struct cfg_reader *r, const config_setting_t *s, const struct cfg_words *w, const char *what)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->item[i][strspn(w->item[i], " \t\r\n")] == '\0')
			return cfgerr_set(r->err, r->file, w->line[i] ? w->line[i] : (int)config_setting_source_line(s), "%s is empty", what);
	return 0;
}

/* `within`, or `before` and `after`. */
static int read_reach(const struct cfg_reader *r, const config_setting_t *s, uint32_t *before_r, uint32_t *after_r)
{
	int within = cfg_int(s, "within", 100);
	int sides = config_setting_get_member(s, "before") || config_setting_get_member(s, "after");
	if (config_setting_get_member(s, "within") && sides)
		return cfg_error(r, s, "\"within\" means both sides; give either it or \"before\" and \"after\"");
	*before_r = (uint32_t)cfg_int(s, "before", sides ? 0 : within);
	*after_r = (uint32_t)cfg_int(s, "after", sides ? 0 : within);
	return 0;
}

static int read_near(const struct cfg_reader *r, const config_setting_t *s, struct near_def *n_r)
{
	if (cfg_check(r, s, "near", near_keys) < 0 || read_reach(r, s, &n_r->before, &n_r->after) < 0)
		return -1;
	n_r->detector = cfg_string(r, s, "detector");
	n_r->confidence = (uint8_t)cfg_int(s, "confidence", 1);
	n_r->min = cfg_int(s, "min", 1);
	n_r->add = cfg_int(s, "add", 0);
	n_r->required = cfg_bool(s, "required", 0);
	n_r->file = r->file;
	n_r->line = (int)config_setting_source_line(s);
	if (!n_r->required && n_r->add == 0)
		return cfg_error(r, s, "this \"near\" does nothing: give \"add\", or \"required = true\"");
	return 0;
}

static int read_of(const struct cfg_reader *r, const config_setting_t *s, struct of_def *o_r)
{
	if (cfg_check(r, s, "of", of_keys) < 0)
		return -1;
	o_r->detector = cfg_string(r, s, "detector");
	o_r->at_least = (uint8_t)cfg_int(s, "at_least", 1);
	o_r->confidence = (uint8_t)cfg_int(s, "confidence", 0);
	o_r->file = r->file;
	o_r->line = (int)config_setting_source_line(s);
	return 0;
}

static int read_evidence(const struct cfg_reader *r, const config_setting_t *s, struct evidence_def *e_r)
{
	if (cfg_check(r, s, "evidence", evidence_keys) < 0 || read_reach(r, s, &e_r->before, &e_r->after) < 0)
		return -1;
	e_r->add = cfg_int(s, "add", 0);
	e_r->min = cfg_int(s, "min", config_setting_get_member(s, "any") != NULL);
	e_r->max = cfg_int(s, "max", 0);
	e_r->distinct = cfg_bool(s, "distinct", 1);
	e_r->required = cfg_bool(s, "required", 0);
	e_r->file = r->file;
	e_r->line = (int)config_setting_source_line(s);
	if (!e_r->required && e_r->add == 0)
		return cfg_error(r, s, "this evidence does nothing: give \"add\", or \"required = true\"");
	if (cfg_strings(r, s, "any", &e_r->any) < 0 || cfg_strings(r, s, "none", &e_r->none) < 0)
		return -1;
	if (e_r->any.n + e_r->none.n == 0)
		return cfg_error(r, s, "evidence has neither \"any\" nor \"none\"");
	if (e_r->max && e_r->max < e_r->min)
		return cfg_error(r, s, "\"max\" is %d, which is less than \"min\", %d", e_r->max, e_r->min);
	if (e_r->distinct && (size_t)e_r->min > e_r->any.n)
		return cfg_error(r, s, "\"min\" is %d, but \"any\" has only %zu terms", e_r->min, e_r->any.n);
	if (no_empty(r, s, &e_r->none, "this evidence term") < 0)
		return -1;
	return no_empty(r, s, &e_r->any, "this evidence term");
}

static int add_word(const struct cfg_reader *r, const config_setting_t *s, struct words_def *w, struct word_def word)
{
	if (w->n == RULEDEF_WORDS_MAX)
		return cfg_error(r, s, "these are more than %d words", RULEDEF_WORDS_MAX);
	if (w->n == w->cap) {
		size_t cap = w->cap ? 2 * w->cap : 64;
		struct word_def *more = arena_alloc(r->arena, cap * sizeof *more);
		if (!more)
			return cfg_error(r, s, "out of memory");
		if (w->n)
			memcpy(more, w->item, w->n * sizeof *more);
		w->item = more;
		w->cap = cap;
	}
	w->item[w->n++] = word;
	return 0;
}

/* A dictionary: a word each line; empty lines and those that begin with # don't count. */
static int read_dictionary(const struct cfg_reader *r, const config_setting_t *s, const struct bundle_file *f, struct words_def *w)
{
	const char *file = arena_strdup(r->arena, f->path);
	int line = 0;
	if (!text_is_utf8(f->data, f->size) || memchr(f->data, '\0', f->size))
		return cfgerr_set(r->err, f->path, 0, "this file is no UTF-8 text");
	for (const char *p = f->data, *end = f->data + f->size; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl ? nl + 1 : end, *stop = nl ? nl : end;
		line++;
		while (p < stop && strchr(" \t\r", *p))
			p++;
		while (stop > p && strchr(" \t\r", stop[-1]))
			stop--;
		if (p < stop && *p != '#') {
			struct word_def word = { arena_strndup(r->arena, p, (size_t)(stop - p)), file, line };
			if (!word.text || !file)
				return cfg_error(r, s, "out of memory");
			if (add_word(r, s, w, word) < 0)
				return -1;
		}
		p = next;
	}
	return 0;
}

static int read_words(const struct rule_reader *rr, const config_setting_t *s, struct words_def *w)
{
	const struct cfg_reader *r = &rr->cfg;
	struct cfg_words any = { 0 }, files = { 0 };
	if (cfg_check(r, s, "words", words_keys) < 0 || cfg_strings(r, s, "any", &any) < 0 || cfg_strings(r, s, "file", &files) < 0)
		return -1;
	w->confidence = (uint8_t)cfg_int(s, "confidence", 1);
	w->exact = (uint8_t)cfg_bool(s, "case", 0);
	w->part = (uint8_t)cfg_bool(s, "part", 0);
	if (any.n + files.n == 0)
		return cfg_error(r, s, "words need \"any\", a list of words, or \"file\", a .words file");
	for (size_t i = 0; i < any.n; i++)
		if (add_word(r, s, w, (struct word_def){ any.item[i], r->file, any.line[i] }) < 0)
			return -1;
	for (size_t i = 0; i < files.n; i++) {
		const char *path = cfg_beside(r, s, files.item[i], ".words");
		const struct bundle_file *f = path ? bundle_find(rr->bundle, BUNDLE_WORDS, path) : NULL;
		if (!path)
			return -1;
		if (!f)
			return cfg_error(r, s, "there is no file \"%.60s\" in the folder of this rule file", files.item[i]);
		if (read_dictionary(r, s, f, w) < 0)
			return -1;
	}
	return 0;
}

static int read_raise(const struct cfg_reader *r, const config_setting_t *s, struct raise_def *x_r)
{
	if (cfg_check(r, s, "raise", raise_keys) < 0)
		return -1;
	x_r->add = cfg_int(s, "add", 0);
	return validdef_read(r, s, &x_r->validate);
}

static int read_exclude(const struct cfg_reader *r, const config_setting_t *d, struct detector_def *def)
{
	const config_setting_t *s = config_setting_get_member(d, "exclude");
	if (!s)
		return 0;
	if (cfg_check(r, s, "exclude", exclude_keys) < 0 || cfg_strings(r, s, "values", &def->exclude_values) < 0 ||
	    cfg_strings(r, s, "patterns", &def->exclude_patterns) < 0)
		return -1;
	for (size_t i = 0; i < def->exclude_patterns.n; i++)
		def->exclude_patterns.item[i] = restore_word_border(r, def->exclude_patterns.item[i]);
	static const struct { const char *key, *what; } lists[EXCLUDE_LISTS] = {
		{ "stop_words", "this stop word" }, { "begins", "this beginning" }, { "ends", "this end" },
		{ "prefixes", "this prefix" }, { "suffixes", "this suffix" },
	};
	for (int i = 0; i < EXCLUDE_LISTS; i++)
		if (cfg_strings(r, s, lists[i].key, &def->exclude_texts[i]) < 0 || no_empty(r, s, &def->exclude_texts[i], lists[i].what) < 0)
			return -1;
	def->exclude_same = (uint8_t)cfg_bool(s, "same", 0);
	if (no_empty(r, s, &def->exclude_values, "this excluded value") < 0)
		return -1;
	return no_empty(r, s, &def->exclude_patterns, "this excluded pattern");
}

static int read_mask(const struct cfg_reader *r, const config_setting_t *d, struct mask *m_r)
{
	const config_setting_t *s = config_setting_get_member(d, "mask");
	if (!s)
		return 0;
	if (cfg_check(r, s, "mask", mask_keys) < 0)
		return -1;
	m_r->keep_first = (uint8_t)cfg_int(s, "keep_first", 0);
	m_r->keep_last = (uint8_t)cfg_int(s, "keep_last", 0);
	return 0;
}

static int read_tests(const struct cfg_reader *r, const config_setting_t *d, struct detector_def *def)
{
	const config_setting_t *s = config_setting_get_member(d, "tests");
	if (!s)
		return 0;
	if (cfg_check(r, s, "tests", tests_keys) < 0 || cfg_strings(r, s, "match", &def->match) < 0)
		return -1;
	return cfg_strings(r, s, "no_match", &def->no_match);
}

/* Reads a list of groups into a fresh array of items in the arena. */
#define READ_GROUPS(r, d, key, read, array, count)                                                                     \
	do {                                                                                                           \
		const config_setting_t *list_ = config_setting_get_member(d, key);                                     \
		size_t n_ = list_ ? (size_t)config_setting_length(list_) : 0;                                          \
		(array) = arena_alloc((r)->arena, n_ * sizeof *(array) + 1);                                           \
		if (!(array))                                                                                          \
			return cfg_error(r, d, "out of memory");                                                       \
		for (size_t i_ = 0; i_ < n_; i_++)                                                                     \
			if (read(r, config_setting_get_elem(list_, (unsigned)i_), &(array)[i_]) < 0)                   \
				return -1;                                                                             \
		(count) = n_;                                                                                          \
	} while (0)

static int is_id(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(s) && s[0] >= 'a' && s[0] <= 'z' && s[strlen(s) - 1] != '-';
}

int ruledef_fields(const struct rule_reader *rr, const config_setting_t *s, struct detector_def *def)
{
	const struct cfg_reader *r = &rr->cfg;
	def->title = cfg_string(r, s, "title");
	def->country = cfg_string(r, s, "country");
	def->class_name = cfg_string(r, s, "class");
	def->description = cfg_string(r, s, "description");
	READ_GROUPS(r, s, "patterns", read_pattern, def->patterns, def->npatterns);
	const config_setting_t *words = config_setting_get_member(s, "words");
	def->nwords = words ? (size_t)config_setting_length(words) : 0;
	def->words = arena_alloc(r->arena, def->nwords * sizeof *def->words + 1);
	if (!def->words)
		return cfg_error(r, s, "out of memory");
	for (size_t i = 0; i < def->nwords; i++)
		if (read_words(rr, config_setting_get_elem(words, (unsigned)i), &def->words[i]) < 0)
			return -1;
	READ_GROUPS(r, s, "of", read_of, def->of, def->nof);
	READ_GROUPS(r, s, "near", read_near, def->near, def->nnear);
	const config_setting_t *edm = config_setting_get_member(s, "edm");
	if (edm && edm_def_read(r, edm, &def->edm) < 0)
		return -1;
	const config_setting_t *prints = config_setting_get_member(s, "fingerprint");
	if (prints && prints_def_read(r, prints, &def->prints) < 0)
		return -1;
	READ_GROUPS(r, s, "evidence", read_evidence, def->evidence, def->nevidence);
	READ_GROUPS(r, s, "raise", read_raise, def->raises, def->nraises);
	if (cfg_strings(r, s, "reference", &def->reference) < 0 || validdef_read(r, s, &def->validate) < 0 ||
	    read_exclude(r, s, def) < 0 || read_mask(r, s, &def->mask) < 0 || read_tests(r, s, def) < 0)
		return -1;
	def->odds = cfg_number(s, "odds", 0);
	return numberdef_read(r, s, &def->number);
}

int ruledef_check_keys(const struct rule_reader *rr, const config_setting_t *s, enum ruledef_group group)
{
	static const struct {
		const char *what;
		const struct cfg_key *keys;
	} groups[] = { { "detector", detector_keys }, { "override", override_keys }, { "add", add_keys } };
	if (cfg_check(&rr->cfg, s, groups[group].what, groups[group].keys) < 0)
		return -1;
	const config_setting_t *id = config_setting_get_member(s, "id");
	if (id && !is_id(config_setting_get_string(id)))
		return cfg_error(&rr->cfg, id, "id \"%.64s\" must be lower-case letters, digits and dashes, and begin with a letter", config_setting_get_string(id));
	return 0;
}
