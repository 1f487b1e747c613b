#include "policy/allow.h"

#include "base/text.h"
#include "conf/cfgread.h"
#include "model/pattern.h"

#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = { "value", "sender", "file" };

static const struct cfg_key keys[] = {
	{ "value", CFG_STRING, 0, 16, 16 },
	{ "file", CFG_STRING, 0, 64, 64 },
	{ "sender", CFG_STRING, 0, 1, 3071 },
	{ "rule", CFG_STRING, 0, 1, 64 },
	{ "until", CFG_STRING, 1, 1, 32 },
	{ "reason", CFG_STRING, 1, 1, 300 },
	{ 0 },
};

const char *allow_kind_name(enum allow_kind k) { return kind_names[k]; }

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms"). */
static int days_of(int y, int m, int d)
{
	y -= m <= 2;
	int era = y / 400, of_era = y - era * 400, of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* "2027-01-31", and nothing else. */
static int read_day(const char *s, int *day_r)
{
	static const char form[] = "dddd-dd-dd";
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	if (strlen(s) != sizeof form - 1)
		return -1;
	for (size_t i = 0; i < sizeof form - 1; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return -1;
	int y = atoi(s), m = atoi(s + 5), d = atoi(s + 8);
	bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
	if (y < 1970 || m < 1 || m > 12 || d < 1 || d > lengths[m - 1] + (m == 2 && leap))
		return -1;
	*day_r = days_of(y, m, d);
	return 0;
}

/* A card number is 16 hex digits, too.  It must not stand in a file because somebody took this for its place (and one hash in some 18,000 that
 * looks like one can't be named). */
static bool is_card_number(const char *s)
{
	unsigned sum = 0;
	for (size_t i = 0; i < 16; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		unsigned digit = (unsigned)(s[i] - '0') << (i % 2 == 0);
		sum += digit / 10 + digit % 10;
	}
	return sum % 10 == 0;
}

static int read_what(const struct cfg_reader *r, const config_setting_t *g, struct allow_entry *e)
{
	const char *value = cfg_string(r, g, "value"), *file = cfg_string(r, g, "file");
	e->sender = cfg_string(r, g, "sender");
	e->rule = cfg_string(r, g, "rule");
	if ((value != NULL) + (file != NULL) + (e->sender != NULL) != 1)
		return cfg_error(r, g, "an entry of \"allow\" has one of \"value\", \"file\" and \"sender\"");
	e->kind = value ? ALLOW_VALUE : file ? ALLOW_FILE : ALLOW_SENDER;
	if (value && (text_unhex(e->hash, ALLOW_VALUE_SIZE, value) < 0 || is_card_number(value)))
		return cfg_error(r, config_setting_get_member(g, "value"),
		                 "\"value\" is the hash of a value, 16 hex digits, from an event or from `filterctl allow hash`; never the value itself");
	if (file && text_unhex(e->hash, ALLOW_FILE_SIZE, file) < 0)
		return cfg_error(r, config_setting_get_member(g, "file"), "\"file\" is the SHA-256 of a file, 64 hex digits");
	if (e->sender && !pattern_jid_is_good(e->sender))
		return cfg_error(r, config_setting_get_member(g, "sender"), "\"%.80s\" is no bare JID, such as user@example.org", e->sender);
	if (e->sender && !e->rule)
		return cfg_error(r, g, "an entry with \"sender\" names the \"rule\" that does not count for them");
	return 0;
}

static int read_entry(const struct cfg_reader *r, const config_setting_t *g, struct allow_entry *e)
{
	*e = (struct allow_entry){ .line = (int)config_setting_source_line(g) };
	if (cfg_check(r, g, "an entry of \"allow\"", keys) < 0 || read_what(r, g, e) < 0)
		return -1;
	e->until = cfg_string(r, g, "until");
	e->reason = cfg_string(r, g, "reason");
	e->file = arena_strdup(r->arena, r->file);
	if (read_day(e->until, &e->last_day) < 0)
		return cfg_error(r, config_setting_get_member(g, "until"), "until \"%s\" is no day, such as \"2027-01-31\"", e->until);
	return e->file ? 0 : cfg_error(r, g, "out of memory");
}

int allow_read(const struct cfg_reader *r, const config_setting_t *list, struct allow_list *l)
{
	int n = config_setting_length(list);
	for (int i = 0; i < n; i++) {
		const config_setting_t *g = config_setting_get_elem(list, (unsigned)i);
		if (l->n == ALLOW_MAX)
			return cfg_error(r, g, "more than %d entries of \"allow\"", ALLOW_MAX);
		if (read_entry(r, g, &l->entry[l->n]) < 0)
			return -1;
		l->nvalues += l->entry[l->n].kind == ALLOW_VALUE;
		l->n++;
	}
	return 0;
}

static int compare(const void *pa, const void *pb)
{
	const struct allow_entry *a = pa, *b = pb;
	return a->kind != b->kind ? (int)a->kind - (int)b->kind : memcmp(a->hash, b->hash, sizeof a->hash);
}

void allow_sort(struct allow_list *l)
{
	if (l->n > 0)
		qsort(l->entry, l->n, sizeof *l->entry, compare);
}

int allow_today(int64_t unix_s)
{
	return (int)(unix_s / 86400);
}

bool allow_is_over(const struct allow_entry *e, int today)
{
	return today > e->last_day;
}

/* The first of its kind with this hash, which the list would have before all others that are equal. */
static const struct allow_entry *first_of(const struct allow_list *l, const struct allow_entry *key)
{
	size_t from = 0, to = l->n;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (compare(&l->entry[middle], key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from < l->n && compare(&l->entry[from], key) == 0 ? &l->entry[from] : NULL;
}

static const struct allow_entry *counting(const struct allow_list *l, const struct allow_entry *first, const char *rule, int today)
{
	for (const struct allow_entry *e = first; e && e < l->entry + l->n && compare(e, first) == 0; e++)
		if ((!e->rule || strcmp(e->rule, rule) == 0) && !allow_is_over(e, today))
			return e;
	return NULL;
}

const struct allow_entry *allow_value(const struct allow_list *l, const unsigned char hash[ALLOW_VALUE_SIZE])
{
	struct allow_entry key = { .kind = ALLOW_VALUE };
	memcpy(key.hash, hash, ALLOW_VALUE_SIZE);
	return first_of(l, &key);
}

const struct allow_entry *allow_value_for(const struct allow_list *l, const struct allow_entry *first, const char *rule, int today)
{
	return counting(l, first, rule, today);
}

const struct allow_entry *allow_sender(const struct allow_list *l, const char *sender, const char *rule, int today)
{
	for (size_t i = l->nvalues; i < l->n && l->entry[i].kind == ALLOW_SENDER; i++)
		if (strcmp(l->entry[i].rule, rule) == 0 && !allow_is_over(&l->entry[i], today) && pattern_fits_jid(l->entry[i].sender, sender, strlen(sender)))
			return &l->entry[i];
	return NULL;
}

const struct allow_entry *allow_file(const struct allow_list *l, const char *sha256, const char *rule, int today)
{
	struct allow_entry key = { .kind = ALLOW_FILE };
	if (text_unhex(key.hash, ALLOW_FILE_SIZE, sha256) < 0)
		return NULL;
	return counting(l, first_of(l, &key), rule, today);
}
