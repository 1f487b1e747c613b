#include "policy/when.h"

#include "base/text.h"
#include "conf/cfgread.h"
#include "model/pattern.h"
#include "policy/zones.h"

#include <string.h>

enum { WORDS_MAX = 64, JIDS_MAX = 1000 };

static const char *const channel_names[CHANNEL_KIND_COUNT] = {
	"chat", "groupchat", "normal", "headline", "presence", "iq", "upload", "file", "correction",
};

/* Between whom, seen from the organisation: index is sender is own, receiver is own. */
enum direction { EXTERNAL, INCOMING, OUTGOING, INTERNAL, DIRECTION_COUNT };
static const char *const direction_names[DIRECTION_COUNT] = { "external", "incoming", "outgoing", "internal" };

static const struct cfg_key when_keys[] = {
	{ "from", CFG_STRINGS, 0, 1, WORDS_MAX },
	{ "to", CFG_STRINGS, 0, 1, WORDS_MAX },
	{ "direction", CFG_STRINGS, 0, 1, DIRECTION_COUNT },
	{ "channel", CFG_STRINGS, 0, 1, WORDS_MAX },
	{ "users", CFG_STRINGS, 0, 1, JIDS_MAX },
	{ "not_users", CFG_STRINGS, 0, 1, JIDS_MAX },
	{ "groups", CFG_STRINGS, 0, 1, WORDS_MAX },
	{ "not_groups", CFG_STRINGS, 0, 1, WORDS_MAX },
	{ "recipients", CFG_STRINGS, 0, 1, JIDS_MAX },
	{ "not_recipients", CFG_STRINGS, 0, 1, JIDS_MAX },
	{ "rooms", CFG_STRINGS, 0, 1, JIDS_MAX },
	{ "file", CFG_GROUP, 0, 0, 0 },
	{ 0 },
};
static const struct cfg_key file_keys[] = {
	{ "type", CFG_STRINGS, 0, 1, WORDS_MAX },
	{ "contains", CFG_STRINGS, 0, 1, WORDS_MAX },
	{ "name", CFG_STRINGS, 0, 1, JIDS_MAX },
	{ "size_min", CFG_SIZE, 0, 0, 0 },
	{ "size_max", CFG_SIZE, 0, 0, 0 },
	{ "encrypted", CFG_BOOL, 0, 0, 0 },
	{ "not_fully_scanned", CFG_BOOL, 0, 0, 0 },
	{ 0 },
};

const char *channel_kind_name(enum channel_kind k) { return channel_names[k]; }

static int find(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

/* A list of words into bits; known: all there are, for people. */
static int read_bits(const struct cfg_reader *r, const config_setting_t *g, const char *key, const char *const *names, size_t n,
                     const char *known, uint32_t *bits_r)
{
	struct cfg_words w;
	if (cfg_strings(r, g, key, &w) < 0)
		return -1;
	for (size_t i = 0; i < w.n; i++) {
		int k = find(names, n, w.item[i]);
		if (k < 0)
			return cfgerr_set(r->err, r->file, w.line[i], "there is no %s \"%s\"; it is one of %s", key, w.item[i], known);
		*bits_r |= 1u << k;
	}
	return 0;
}

static int read_jids(const struct cfg_reader *r, const config_setting_t *g, const char *key, struct cfg_words *w_r)
{
	if (cfg_strings(r, g, key, w_r) < 0)
		return -1;
	for (size_t i = 0; i < w_r->n; i++)
		if (!pattern_jid_is_good(w_r->item[i]))
			return cfgerr_set(r->err, r->file, w_r->line[i],
			                  "\"%.80s\" in \"%s\" is no bare JID, such as user@example.org or *@example.org", w_r->item[i], key);
	return 0;
}

/* Media types, where the part behind the slash may be *. */
static int read_types(const struct cfg_reader *r, const config_setting_t *g, const char *key, struct cfg_words *w_r)
{
	if (cfg_strings(r, g, key, w_r) < 0)
		return -1;
	for (size_t i = 0; i < w_r->n; i++) {
		const char *slash = strchr(w_r->item[i], '/');
		if (!slash || slash == w_r->item[i] || !slash[1] || strpbrk(w_r->item[i], " \t;") || strchr(slash + 1, '/'))
			return cfgerr_set(r->err, r->file, w_r->line[i],
			                  "\"%.80s\" in \"%s\" is no media type, such as application/pdf or image/*", w_r->item[i], key);
	}
	return 0;
}

static int8_t three_way(const config_setting_t *g, const char *key)
{
	return (int8_t)cfg_bool(g, key, -1);
}

static int read_file(const struct cfg_reader *r, const config_setting_t *g, struct when *w)
{
	struct when_file *f = w->file = arena_alloc(r->arena, sizeof *f);
	if (!f)
		return cfg_error(r, g, "out of memory");
	if (cfg_check(r, g, "when.file", file_keys) < 0 || read_types(r, g, "type", &f->types) < 0 ||
	    read_types(r, g, "contains", &f->contains) < 0 || cfg_strings(r, g, "name", &f->names) < 0)
		return -1;
	for (size_t i = 0; i < f->names.n; i++)
		if (!f->names.item[i][0] || strpbrk(f->names.item[i], "/\\"))
			return cfgerr_set(r->err, r->file, f->names.line[i], "\"%.80s\" is no file name, such as \"*.exe\"; folders do not count",
			                  f->names.item[i]);
	f->size_min = cfg_size(g, "size_min", 0);
	f->size_max = cfg_size(g, "size_max", INT64_MAX);
	if (f->size_max < f->size_min)
		return cfg_error(r, config_setting_get_member(g, "size_max"), "\"size_max\" is less than \"size_min\": no file fits");
	f->encrypted = three_way(g, "encrypted");
	f->unscanned = three_way(g, "not_fully_scanned");
	return 0;
}

int when_read(const struct cfg_reader *r, const config_setting_t *g, struct when *w_r)
{
	struct when w = { 0 };
	const config_setting_t *file = config_setting_get_member(g, "file");
	if (cfg_check(r, g, "when", when_keys) < 0 || cfg_strings(r, g, "from", &w.from) < 0 || cfg_strings(r, g, "to", &w.to) < 0 ||
	    read_bits(r, g, "direction", direction_names, DIRECTION_COUNT, "outgoing, incoming, internal, external", &w.directions) < 0 ||
	    read_bits(r, g, "channel", channel_names, CHANNEL_KIND_COUNT,
	              "chat, groupchat, normal, headline, presence, iq, upload, file, correction", &w.channels) < 0 ||
	    read_jids(r, g, "users", &w.users) < 0 || read_jids(r, g, "not_users", &w.not_users) < 0 ||
	    read_jids(r, g, "recipients", &w.recipients) < 0 || read_jids(r, g, "not_recipients", &w.not_recipients) < 0 ||
	    read_jids(r, g, "rooms", &w.rooms) < 0 || cfg_strings(r, g, "groups", &w.groups) < 0 ||
	    cfg_strings(r, g, "not_groups", &w.not_groups) < 0 || (file && read_file(r, file, &w) < 0))
		return -1;
	*w_r = w;
	return 0;
}

static const struct conf_group *group_named(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->ngroups; i++)
		if (strcmp(conf->groups[i].name, name) == 0)
			return &conf->groups[i];
	return NULL;
}

const char *when_missing_group(const struct when *w, const struct conf *conf, int *line_r)
{
	const struct cfg_words *lists[] = { &w->groups, &w->not_groups };
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < lists[k]->n; i++) {
			if (group_named(conf, lists[k]->item[i]))
				continue;
			*line_r = lists[k]->line[i];
			return lists[k]->item[i];
		}
	}
	return NULL;
}

static bool names_zone(const struct cfg_words *w, const char *zone)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->item[i], zone) == 0 || strcmp(w->item[i], "*") == 0)
			return true;
	return w->n == 0;
}

static bool names_jid(const struct cfg_words *w, const char *jid)
{
	for (size_t i = 0; i < w->n; i++)
		if (pattern_fits_jid(w->item[i], jid, strlen(jid)))
			return true;
	return false;
}

static bool names_member(const struct cfg_words *w, const struct conf *conf, const char *jid)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct conf_group *g = group_named(conf, w->item[i]);
		for (size_t k = 0; g && k < g->users.count; k++)
			if (pattern_fits_jid(g->users.item[k], jid, strlen(jid)))
				return true;
	}
	return false;
}

/* One of the zones that it will be seen in must fit both. */
static const char *misfit_of_zones(const struct when *w, const struct when_facts *f)
{
	if (!names_zone(&w->from, f->from))
		return "from";
	int own = 2 * zone_is_own(f->conf, f->from);
	const char *misfit = "to";
	for (size_t i = 0; i < f->nto; i++) {
		if (!names_zone(&w->to, f->to[i]))
			continue;
		if (!w->directions || w->directions & 1u << (own + zone_is_own(f->conf, f->to[i])))
			return NULL;
		misfit = "direction";
	}
	return misfit;
}

/* A room hears what is sent to it, and speaks in its own name for its occupants. */
static bool fits_room(const struct when *w, const struct when_facts *f)
{
	return names_jid(&w->rooms, f->recipient) || (f->channels & 1u << CHANNEL_GROUPCHAT && names_jid(&w->rooms, f->sender));
}

const char *when_misfit(const struct when *w, const struct when_facts *f)
{
	if (w->channels && !(w->channels & f->channels))
		return "channel";
	const char *zones = misfit_of_zones(w, f);
	if (zones)
		return zones;
	if ((w->users.n || w->groups.n) && !names_jid(&w->users, f->sender) && !names_member(&w->groups, f->conf, f->sender))
		return w->users.n ? "users" : "groups";
	if (names_jid(&w->not_users, f->sender))
		return "not_users";
	if (names_member(&w->not_groups, f->conf, f->sender))
		return "not_groups";
	if (w->recipients.n && !names_jid(&w->recipients, f->recipient))
		return "recipients";
	if (names_jid(&w->not_recipients, f->recipient))
		return "not_recipients";
	return w->rooms.n == 0 || fits_room(w, f) ? NULL : "rooms";
}

bool when_applies(const struct when *w, const struct when_facts *f)
{
	return !when_misfit(w, f);
}

const char *direction_name(bool from_own, bool to_own)
{
	return direction_names[2 * from_own + to_own];
}

static bool names_type(const struct cfg_words *w, const char *type, size_t size)
{
	for (size_t i = 0; i < w->n; i++)
		if (text_glob(w->item[i], type, size))
			return true;
	return false;
}

static bool names_contained(const struct cfg_words *w, const char *types)
{
	for (const char *t = types; *t; t += strspn(t, " ")) {
		size_t n = strcspn(t, " ");
		if (names_type(w, t, n))
			return true;
		t += n;
	}
	return false;
}

static bool file_fits(const struct when_file *w, const struct decide_file *f)
{
	bool named = w->names.n == 0;
	for (size_t i = 0; !named && i < w->names.n; i++)
		named = pattern_fits_file(w->names.item[i], f->name);
	if (!named || f->size > INT64_MAX || (int64_t)f->size < w->size_min || (int64_t)f->size > w->size_max)
		return false;
	if (w->types.n && !names_type(&w->types, f->declared, strlen(f->declared)) && !names_type(&w->types, f->types, strcspn(f->types, " ")))
		return false;
	if (w->contains.n && !names_contained(&w->contains, f->types))
		return false;
	return (w->encrypted < 0 || w->encrypted == f->encrypted) && (w->unscanned < 0 || w->unscanned == f->unscanned);
}

const struct decide_file *when_file_of(const struct when_file *w, const struct when_facts *f)
{
	for (size_t i = 0; i < f->nfiles; i++)
		if (file_fits(w, &f->files[i]))
			return &f->files[i];
	return NULL;
}
