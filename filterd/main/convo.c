#include "main/convo.h"

#include "flow/stanza.h"
#include "xmpp/ns.h"

#include <string.h>
#include <strings.h>

static const char no_memory[] = "out of memory";

static struct detect_text text_of(enum text_role role, const json_t *s)
{
	return (struct detect_text){ role, json_string_value(s), json_string_length(s) };
}

/* The markup in a stanza, as it would come by XMPP (XEP-0071). */
static int wrap(struct arena *a, const char *markup, size_t size, struct stanza *s_r)
{
	static const char head[] = "<message><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='" NS_XHTML "'><span/>";
	static const char tail[] = "</body></html></message>";
	struct buf b;
	buf_init(&b, XML_BYTES_MAX);
	int r = buf_put(&b, head, sizeof head - 1) | buf_put(&b, markup, size) | buf_put(&b, tail, sizeof tail - 1);
	if (r == 0)
		r = stanza_read(a, (const char *)buf_ptr(&b), buf_left(&b), s_r);
	buf_free(&b);
	return r;
}

static void add_text(struct convo_message *m, enum text_role role, const char *data, size_t size)
{
	if (size && m->ntexts < CONVO_TEXTS_MAX)
		m->texts[m->ntexts++] = (struct detect_text){ role, data, size };
}

static int begins_block(const char *tag)
{
	static const char *const names[] = { "<br", "<p>", "<p ", "<div", "<li", "<tr", "<td", "<h" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strncasecmp(tag, names[i], strlen(names[i])) == 0)
			return 1;
	return 0;
}

/* What no XML parser reads, such as HTML: the text between the tags. */
static void strip_tags(struct arena *a, const struct detect_text *markup, struct convo_message *m)
{
	char *text = arena_strndup(a, markup->data, markup->size);
	const char *last = text ? memrchr(text, '>', markup->size) : NULL;
	size_t n = 0;
	for (size_t i = 0; text && i < markup->size; i++) {
		const char *end = text[i] == '<' && text + i < last ? memchr(text + i, '>', markup->size - i) : NULL;
		if (!end) {
			text[n++] = text[i];
			continue;
		}
		if (n > 0 && begins_block(text + i))
			text[n++] = '\n';
		i = (size_t)(end - text);
	}
	if (text)
		add_text(m, ROLE_XHTML, text, n);
}

/* The filter's own reader takes the markup apart. */
static void read_markup(struct arena *a, const json_t *xhtml, struct convo_message *m)
{
	struct stanza s;
	struct detect_text markup = text_of(ROLE_XHTML, xhtml);
	if (wrap(a, markup.data, markup.size, &s) < 0) {
		m->broken = 1;
		strip_tags(a, &markup, m);
		return;
	}
	size_t first = 0; /* an inner body says nothing more than the outer one */
	while (first < s.ntexts && s.texts[first].role != ROLE_XHTML)
		first++;
	if (first < s.ntexts)
		add_text(m, ROLE_XHTML, s.texts[first].data, s.texts[first].size);
	for (size_t i = 0; i < s.ntexts; i++)
		if (s.texts[i].role == ROLE_ATTRIBUTE)
			add_text(m, ROLE_ATTRIBUTE, s.texts[i].data, s.texts[i].size);
}

/* The earlier message that this one corrects (XEP-0308): of the same sender, the first of this id or at this index.  Any other is no
 * correction, as it is none for clients. */
static long find_corrected(const json_t *list, const struct convo_message *messages, size_t at, const json_t *which)
{
	for (size_t i = 0; i < at; i++) {
		const json_t *m = json_array_get(list, i);
		int meant = json_is_integer(which) ? json_integer_value(which) == (json_int_t)i : json_equal(json_object_get(m, "id"), which);
		if (meant && strcmp(messages[i].from, messages[at].from) == 0)
			return (long)i;
	}
	return -1;
}

static const char *read_message(const json_t *list, size_t at, struct arena *a, struct convo_message *messages)
{
	const json_t *j = json_array_get(list, at);
	const json_t *body = json_is_object(j) ? json_object_get(j, "body") : j, *xhtml = json_object_get(j, "xhtml");
	const json_t *from = json_object_get(j, "from"), *replace = json_object_get(j, "replace");
	struct convo_message *m = &messages[at];
	*m = (struct convo_message){ .from = "", .replaces = -1 };
	if (json_is_null(body))
		body = NULL;
	if (json_is_null(xhtml))
		xhtml = NULL;
	if ((!body && !xhtml) || (body && !json_is_string(body)) || (xhtml && !json_is_string(xhtml)))
		return "each of \"messages\" must be a string, or an object with \"body\" or \"xhtml\", strings";
	if (from && !json_is_null(from) && !json_is_string(from))
		return "\"from\" must be a string";
	if (replace && !json_is_null(replace) && !json_is_string(replace) && !json_is_integer(replace))
		return "\"replace\" must be the id or the index of a message";
	if (json_is_string(from))
		m->from = json_string_value(from);
	if (json_is_string(replace) || json_is_integer(replace))
		m->replaces = find_corrected(list, messages, at, replace);
	if (body) {
		m->texts[m->ntexts++] = text_of(ROLE_BODY, body);
		m->has_body = 1;
	}
	if (xhtml)
		read_markup(a, xhtml, m);
	if (m->ntexts == 0) /* markup without any text */
		m->texts[m->ntexts++] = (struct detect_text){ ROLE_XHTML, "", 0 };
	return NULL;
}

const char *convo_read(const json_t *line, struct arena *a, struct convo *c_r)
{
	const json_t *text = json_object_get(line, "text"), *list = json_object_get(line, "messages");
	const char *wrong = NULL;
	if (!json_is_object(line))
		return "this line is no JSON object";
	if (!json_object_get(line, "id"))
		return "this line has no \"id\"";
	if (text && list)
		return "give either \"text\" or \"messages\"";
	if (text && !json_is_string(text))
		return "\"text\" must be a string";
	if (!text && !json_is_array(list))
		return "this line has no \"text\"";
	*c_r = (struct convo){ .id = json_object_get(line, "id"), .is_list = !text, .n = text ? 1 : json_array_size(list) };
	if (c_r->n > CONVO_MESSAGES_MAX)
		return "there are more than 4096 messages in this line";
	c_r->messages = arena_alloc(a, c_r->n * sizeof *c_r->messages + 1);
	if (!c_r->messages)
		return no_memory;
	if (text)
		c_r->messages[0] = (struct convo_message){ .from = "", .texts = { text_of(ROLE_BODY, text) }, .ntexts = 1, .has_body = 1, .replaces = -1 };
	for (size_t i = 0; !text && i < c_r->n && !wrong; i++)
		wrong = read_message(list, i, a, c_r->messages);
	return wrong;
}
