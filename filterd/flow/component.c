#include "flow/component.h"

#include "config.h"
#include "model/jid.h"
#include "policy/zones.h"
#include "xmpp/ns.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct request {
	struct broker *b;
	const struct conf_link *conf; /* of the component it is addressed to, whatever link it came by */
	const struct xml_node *iq, *payload;
	const char *from, *to, *id;
	struct buf out;
};

static int put(struct request *r, const char *s)
{
	return buf_put(&r->out, s, strlen(s));
}

static int put_escaped(struct request *r, const char *s)
{
	return xml_escape(&r->out, s, strlen(s));
}

/* <iq …> up to the payload; type: result or error */
static int begin(struct request *r, const char *type)
{
	return put(r, "<iq type='") | put(r, type) | put(r, "' id='") | put_escaped(r, r->id) | put(r, "' from='") | put_escaped(r, r->to) |
	       put(r, "' to='") | put_escaped(r, r->from) | put(r, "'>");
}

static int answer_error(struct request *r, const char *type, const char *condition, const char *text, const char *extra)
{
	return begin(r, "error") | put(r, "<error type='") | put(r, type) | put(r, "'><") | put(r, condition) | put(r, " xmlns='" NS_STANZAS "'/>") |
	       (text ? put(r, "<text xmlns='" NS_STANZAS "' xml:lang='en'>") | put_escaped(r, text) | put(r, "</text>") : 0) |
	       put(r, extra ? extra : "") | put(r, "</error></iq>");
}

static bool serves_upload(const struct request *r)
{
	return r->conf->serves == LINK_UPLOAD;
}

static int answer_disco_info(struct request *r)
{
	if (xml_attr(r->payload, "node"))
		return answer_error(r, "cancel", "item-not-found", NULL, NULL);
	int e = begin(r, "result") | put(r, "<query xmlns='" NS_DISCO_INFO "'>");
	if (serves_upload(r)) {
		char size[32];
		const struct conf *conf = r->b->g ? r->b->g->conf : r->b->conf;
		snprintf(size, sizeof size, "%" PRId64, conf->upload.size_max);
		e |= put(r, "<identity category='store' type='file' name='File upload'/><feature var='" NS_UPLOAD "'/>") |
		     put(r, "<x xmlns='" NS_DATA "' type='result'><field var='FORM_TYPE' type='hidden'><value>" NS_UPLOAD
		            "</value></field><field var='max-file-size'><value>") | put(r, size) | put(r, "</value></field></x>");
	} else {
		e |= put(r, "<identity category='component' type='generic' name='filterd'/>");
	}
	return e | put(r, "<feature var='" NS_DISCO_INFO "'/><feature var='" NS_DISCO_ITEMS "'/><feature var='" NS_PING
	                  "'/><feature var='" NS_VERSION "'/></query></iq>");
}

static int answer_disco_items(struct request *r)
{
	return begin(r, "result") | put(r, "<query xmlns='" NS_DISCO_ITEMS "'/></iq>");
}

static int answer_version(struct request *r)
{
	return begin(r, "result") | put(r, "<query xmlns='" NS_VERSION "'><name>filterd</name><version>" PACKAGE_VERSION "</version></query></iq>");
}

/* Slots are for the users of the hosts that this filter guards, and for nobody who can merely reach the component. */
static bool is_own_user(const struct request *r)
{
	struct jid j;
	if (jid_parse(r->from, strlen(r->from), &j) < 0 || j.local_len == 0)
		return false;
	for (size_t l = 0; l < r->b->nlinks; l++) {
		const struct conf_strings *guards = &link_conf(r->b->links[l])->guards;
		for (size_t i = 0; i < guards->count; i++)
			if (strlen(guards->item[i]) == j.domain_len && strncasecmp(guards->item[i], j.domain, j.domain_len) == 0)
				return true;
	}
	return false;
}

/* May this zone send files to anybody at all? */
static bool may_send_files(const struct request *r)
{
	const char *zones[CONF_ZONES_MAX + 1];
	const struct conf *conf = r->b->g->conf;
	const char *from = zone_of_jid(conf, r->from, strlen(r->from));
	size_t n = broker_all_zones(conf, zones);
	for (size_t i = 0; i < n; i++)
		if (zone_policy(conf, from, zones[i])->files)
			return true;
	return false;
}

static int answer_slot_given(struct request *r, const struct upload_slot *slot)
{
	return begin(r, "result") | put(r, "<slot xmlns='" NS_UPLOAD "'><put url='") | put_escaped(r, slot->put_url) |
	       put(r, "'><header name='Authorization'>") | put_escaped(r, slot->authorization) | put(r, "</header></put><get url='") |
	       put_escaped(r, slot->get_url) | put(r, "'/></slot></iq>");
}

static int answer_slot_refused(struct request *r, enum upload_refusal why, const struct upload_slot *slot)
{
	char extra[160];
	switch (why) {
	case UPLOAD_TOO_LARGE:
		snprintf(extra, sizeof extra, "<file-too-large xmlns='" NS_UPLOAD "'><max-file-size>%" PRId64 "</max-file-size></file-too-large>", slot->size_max);
		return answer_error(r, "modify", "not-acceptable", "This file is larger than may be uploaded.", extra);
	case UPLOAD_QUOTA: {
		char stamp[24];
		time_t at = time(NULL) + (time_t)slot->retry_s;
		struct tm tm;
		gmtime_r(&at, &tm);
		strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
		snprintf(extra, sizeof extra, "<retry xmlns='" NS_UPLOAD "' stamp='%s'/>", stamp);
		return answer_error(r, "wait", "resource-constraint", "Your upload quota is used up; older files make room when they expire.", extra);
	}
	case UPLOAD_BAD_NAME:
		return answer_error(r, "modify", "bad-request", "This file name or size can't be used.", NULL);
	default:
		return answer_error(r, "wait", "internal-server-error", "The upload service can't give out slots now.", NULL);
	}
}

static int answer_slot(struct request *r)
{
	struct upload_slot slot = { 0 };
	const char *name = xml_attr(r->payload, "filename"), *size = xml_attr(r->payload, "size"), *type = xml_attr(r->payload, "content-type");
	char *end = NULL;
	if (!r->b->uploads || !r->b->g)
		return answer_error(r, "wait", "service-unavailable", "The upload service is not running.", NULL);
	if (!is_own_user(r) || !may_send_files(r))
		return answer_error(r, "auth", "forbidden", "You may not upload files here.", NULL);
	if (!name || !size || size[0] < '0' || size[0] > '9' || strlen(size) > 18)
		return answer_error(r, "modify", "bad-request", "filename and size are needed.", NULL);
	long long n = strtoll(size, &end, 10);
	if (*end != '\0')
		return answer_error(r, "modify", "bad-request", "size must be a number of bytes.", NULL);
	char owner[JID_MAX + 1];
	size_t bare = jid_bare_len(r->from, strlen(r->from));
	memcpy(owner, r->from, bare); /* jid_parse() has bounded it */
	owner[bare] = '\0';
	enum upload_refusal why = upload_slot(r->b->uploads, owner, name, n, type ? type : "", &slot);
	return why == UPLOAD_OK ? answer_slot_given(r, &slot) : answer_slot_refused(r, why, &slot);
}

static const struct {
	const char *type, *ns, *name;
	bool upload_only;
	int (*answer)(struct request *r);
} requests[] = {
	{ "get", NS_DISCO_INFO, "query", false, answer_disco_info },
	{ "get", NS_DISCO_ITEMS, "query", false, answer_disco_items },
	{ "get", NS_VERSION, "query", false, answer_version },
	{ "get", NS_UPLOAD, "request", true, answer_slot },
};

static int answer(struct request *r, const char *type)
{
	for (size_t i = 0; r->payload && i < sizeof requests / sizeof *requests; i++)
		if (strcmp(type, requests[i].type) == 0 && xml_is(r->payload, requests[i].ns, requests[i].name) &&
		    (!requests[i].upload_only || serves_upload(r)))
			return requests[i].answer(r);
	return answer_error(r, "cancel", "service-unavailable", NULL, NULL);
}

bool component_stanza(struct broker *b, struct link *l, const struct xml_node *e)
{
	const char *type = xml_attr(e, "type");
	struct request r = { .b = b, .conf = link_conf(l), .iq = e, .from = xml_attr(e, "from"), .to = xml_attr(e, "to"), .id = xml_attr(e, "id") };
	if (!xml_is(e, NULL, "iq") || !type || !r.from || !r.id || (strcmp(type, "get") != 0 && strcmp(type, "set") != 0))
		return false;
	if (!r.to)
		r.to = r.conf->domain;
	for (size_t i = 0; i < b->nlinks; i++)
		if (strcasecmp(link_conf(b->links[i])->domain, r.to) == 0)
			r.conf = link_conf(b->links[i]);
	for (r.payload = e->first; r.payload && !r.payload->name;)
		r.payload = r.payload->next;
	buf_init(&r.out, 64 << 10);
	if (answer(&r, type) == 0)
		(void)link_send(l, buf_ptr(&r.out), buf_left(&r.out));
	buf_free(&r.out);
	return true;
}
