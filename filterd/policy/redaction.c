#include "policy/redaction.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LABEL_MAX = 200 };

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
                  letters_and_digits[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static const struct cfg_key redact_keys[] = {
	{ "full", CFG_BOOL, 0, 0, 0 },
	{ "keep_first", CFG_INT, 0, 0, 16 },
	{ "keep_last", CFG_INT, 0, 0, 16 },
	{ "label", CFG_ANY, 0, 0, 0 },
	{ "token", CFG_BOOL, 0, 0, 0 },
	{ 0 },
};

/* XML can't carry them, and lines of their own would break what stands around. */
static bool has_controls(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/* The form of a language tag (RFC 5646): a language of two or three letters, then parts of letters and digits. */
static bool is_language(const char *s)
{
	size_t n = strspn(s, letters);
	if (n < 2 || n > 3)
		return false;
	for (s += n; *s; s += n) {
		if (*s++ != '-')
			return false;
		n = strcspn(s, "-");
		if (n < 1 || n > 8 || strspn(s, letters_and_digits) < n)
			return false;
	}
	return true;
}

static int check_language(const struct cfg_reader *r, const config_setting_t *s, const char *lang, const struct rule_text *before, size_t n)
{
	char hyphens[64];
	snprintf(hyphens, sizeof hyphens, "%s", lang);
	for (char *p = hyphens; *p; p++)
		*p = *p == '_' ? '-' : *p;
	if (strchr(lang, '_') && is_language(hyphens))
		return cfg_error(r, s, "\"%.60s\" is no language as BCP 47 writes it; did you mean \"%s\"?", lang, hyphens);
	if (!is_language(lang))
		return cfg_error(r, s, "\"%.60s\" is no language, such as en or de-AT (BCP 47)", lang);
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(before[i].lang, lang) == 0)
			return cfg_error(r, s, "the language \"%.60s\" is there twice", lang);
	return 0;
}

static int read_text(const struct cfg_reader *r, const config_setting_t *s, const char *lang, const char *what, size_t max, struct rule_text *t_r)
{
	const char *text = config_setting_type(s) == CONFIG_TYPE_STRING ? config_setting_get_string(s) : NULL;
	if (!text || !text[0] || strlen(text) > max)
		return cfg_error(r, s, "%s is a text of 1 to %zu bytes for each language: { en = \"…\"; }", what, max);
	*t_r = (struct rule_text){ arena_strdup(r->arena, lang), arena_strdup(r->arena, text) };
	return t_r->lang && t_r->text ? 0 : cfg_error(r, s, "out of memory");
}

int rule_texts_read(const struct cfg_reader *r, const config_setting_t *g, const char *what, size_t max, struct rule_texts *t_r)
{
	int n = config_setting_length(g);
	if (n == 0)
		return cfg_error(r, g, "%s is a text for each language: { en = \"…\"; }", what);
	struct rule_text *item = arena_alloc(r->arena, sizeof *item * ((size_t)n + 1));
	if (!item)
		return cfg_error(r, g, "out of memory");
	for (int i = 0; i < n; i++) {
		const config_setting_t *s = config_setting_get_elem(g, (unsigned)i);
		if (check_language(r, s, config_setting_name(s), item, (size_t)i) < 0 || read_text(r, s, config_setting_name(s), what, max, &item[i]) < 0)
			return -1;
	}
	*t_r = (struct rule_texts){ item, (size_t)n };
	return 0;
}

static int read_labels(const struct cfg_reader *r, const config_setting_t *s, struct rule_texts *t_r)
{
	struct rule_text *one = arena_alloc(r->arena, sizeof *one);
	if (!one)
		return cfg_error(r, s, "out of memory");
	if (config_setting_is_group(s) && config_setting_length(s) > 0) {
		if (rule_texts_read(r, s, "a label", LABEL_MAX, t_r) < 0)
			return -1;
	} else { /* one for all languages */
		if (read_text(r, s, "", "a label", LABEL_MAX, one) < 0)
			return -1;
		*t_r = (struct rule_texts){ one, 1 };
	}
	for (size_t i = 0; i < t_r->n; i++)
		if (has_controls(t_r->item[i].text))
			return cfg_error(r, s, "a label has no line ends and other control characters");
	return 0;
}

int redaction_read(const struct cfg_reader *r, const config_setting_t *g, struct rule *rule)
{
	struct rule_redaction *d = &rule->redaction;
	if (cfg_check(r, g, "redact", redact_keys) < 0)
		return -1;
	if (rule->action != ACTION_REDACT)
		return cfg_error(r, g, "\"redact\" says how the action redact writes what was found; this rule's action is %s", action_name(rule->action));
	const config_setting_t *label = config_setting_get_member(g, "label");
	bool full = cfg_bool(g, "full", 0), token = cfg_bool(g, "token", 0),
	     keep = config_setting_get_member(g, "keep_first") || config_setting_get_member(g, "keep_last");
	if (full + token + keep + (label != NULL) != 1)
		return cfg_error(r, g, "\"redact\" is one of: full = true; keep_first and keep_last; label = \"…\"; token = true;");
	d->mask = (struct mask){ (uint8_t)cfg_int(g, "keep_first", 0), (uint8_t)cfg_int(g, "keep_last", 0) };
	d->form = label ? REDACTION_LABEL : token ? REDACTION_TOKEN : REDACTION_MASK;
	return label ? read_labels(r, label, &d->labels) : 0;
}

static const char *text_in(const struct rule_texts *t, const char *lang)
{
	for (size_t len = strlen(lang); len > 0;) {
		for (size_t i = 0; i < t->n; i++)
			if (strlen(t->item[i].lang) == len && strncasecmp(t->item[i].lang, lang, len) == 0)
				return t->item[i].text;
		while (len > 0 && lang[len - 1] != '-' && lang[len - 1] != '_') /* the subtag and the hyphen before it */
			len--;
		len -= len > 0;
	}
	return NULL;
}

const char *rule_text_in(const struct rule_texts *t, const char *lang, const char *fallback)
{
	const char *text = lang ? text_in(t, lang) : NULL;
	if (!text && fallback)
		text = text_in(t, fallback);
	return text ? text : t->n ? t->item[0].text : NULL;
}
