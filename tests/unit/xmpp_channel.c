/* The broker's side of PROTOCOL.inspect: every transcript of tests/transcripts is played to a real channel over a
 * socket, byte by byte.  Lines with '>' are written to it; lines with '<' must come out of it exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "ipc/inspect_wire.h"
#include "xmpp/channel.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { IDS = 1024, LINE_MAX_BYTES = 1 << 20 };

struct play {
	struct event_base *base;
	struct channels *channels;
	struct session *asked[IDS]; /* by id */
	unsigned up, down;
	char token[INSPECT_TOKEN_HEX + 1];
	int sock;
};

static void on_up(void *ctx, struct channel *c) { ((struct play *)ctx)->up++; }
static void on_down(void *ctx, struct channel *c, const char *reason) { ((struct play *)ctx)->down++; }
static void on_inspect(void *ctx, struct session *s, uint32_t id, bool again, const char *stanza, size_t size)
{
	struct play *p = ctx;
	assert_true(id < IDS && !p->asked[id]);
	p->asked[id] = session_ref(s);
}
static void on_injected(void *ctx, struct channel *c, uint32_t id, uint8_t status) {}
static const struct channel_ops ops = { on_up, on_down, on_inspect, on_injected };

static void settle(struct play *p)
{
	for (int i = 0; i < 5; i++)
		event_base_loop(p->base, EVLOOP_NONBLOCK);
}

/* name=value or name="value" of a line; false if it is not there */
static bool word(const char *line, const char *name, char *value, size_t size)
{
	char key[64];
	snprintf(key, sizeof key, " %s=", name);
	const char *at = strstr(line, key);
	if (!at)
		return false;
	at += strlen(key);
	size_t n = 0;
	if (*at == '"') {
		for (at++; *at && *at != '"'; at++) {
			if (*at == '\\' && at[1])
				at++;
			assert_true(n + 1 < size);
			value[n++] = *at;
		}
	} else {
		for (; *at && *at != ' ' && *at != '\n'; at++)
			value[n++] = *at;
	}
	value[n] = '\0';
	return true;
}

static uint32_t number(const char *line, const char *name)
{
	char value[64];
	return word(line, name, value, sizeof value) ? (uint32_t)strtoul(value, NULL, 10) : 0;
}

static const struct { const char *name; uint8_t type; } types[] = {
	{ "ATTACH", INSPECT_ATTACH }, { "SESSION", INSPECT_SESSION }, { "INSPECT", INSPECT_INSPECT }, { "CANCEL", INSPECT_CANCEL },
	{ "END", INSPECT_END }, { "INJECTED", INSPECT_INJECTED }, { "PING", INSPECT_PING }, { "PONG", INSPECT_PONG },
	{ "READY", INSPECT_READY }, { "DELIVER", INSPECT_DELIVER }, { "REPLACE", INSPECT_REPLACE }, { "BOUNCE", INSPECT_BOUNCE },
	{ "DROP", INSPECT_DROP }, { "ROOM", INSPECT_ROOM },
};

/* Names between spaces, as str16 each; returns the bytes written. */
static size_t pack_domains(char *names, char *dst)
{
	size_t at = 0;
	for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
		size_t n = strlen(name);
		dst[at++] = 0;
		dst[at++] = (char)n;
		memcpy(dst + at, name, n);
		at += n;
	}
	return at;
}

/* Static storage for the strings of one frame. */
static void parse_frame(const struct play *p, const char *line, struct inspect_frame *f)
{
	static char token[128], software[256], jid[256], host[256], address[256], payload[LINE_MAX_BYTES], domains[1024];
	char name[32] = "";
	sscanf(line + 2, "%31s", name);
	*f = (struct inspect_frame){ 0 };
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].name, name) == 0)
			f->type = types[i].type;
	if (f->type == 0)
		fail_msg("the test does not know the frame %s", name);
	f->version = (uint8_t)number(line, "version");
	f->session = number(line, "session");
	f->id = number(line, "id");
	f->origin = (uint8_t)number(line, "origin");
	f->flags = (uint8_t)number(line, "flags");
	f->status = (uint8_t)number(line, "status");
	f->cookie = number(line, "cookie");
	f->frame_max = number(line, "max_frame");
	f->window = number(line, "window");
	if (word(line, "token", token, sizeof token))
		f->token = strcmp(token, "$TOKEN") == 0 ? p->token : strcmp(token, "$OTHER") == 0 ?
			"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" : token;
	if (word(line, "software", software, sizeof software))
		f->software = software, f->software_len = strlen(software);
	if (word(line, "jid", jid, sizeof jid))
		f->jid = jid, f->jid_len = strlen(jid);
	if (f->type == INSPECT_ROOM) { /* words are looked for beyond the line, too */
		assert_true(word(line, "room", jid, sizeof jid));
		f->jid = jid, f->jid_len = strlen(jid);
		f->status = (uint8_t)number(line, "known");
		assert_true(word(line, "domains", domains, sizeof domains));
		f->payload_len = pack_domains(domains, payload);
		f->payload = payload;
		return;
	}
	if (word(line, "host", host, sizeof host))
		f->host = host, f->host_len = strlen(host);
	if (word(line, "address", address, sizeof address))
		f->address = address, f->address_len = strlen(address);
	if (word(line, "stanza", payload, sizeof payload) || word(line, "error", payload, sizeof payload))
		f->payload = payload, f->payload_len = strlen(payload);
}

static void write_slowly(struct play *p, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		/* long ones in larger bites, or the test would take minutes; closing early is what some transcripts expect */
		size_t n = size > 8192 && i > 64 && i + 4096 < size ? 4096 : 1;
		ssize_t w = send(p->sock, data + i, n, MSG_NOSIGNAL);
		if (w < 0 && (errno == EPIPE || errno == ECONNRESET))
			return;
		assert_int_equal(w, (ssize_t)n);
		i += n - 1;
		event_base_loop(p->base, EVLOOP_NONBLOCK);
	}
	settle(p);
}

static void send_line(struct play *p, const char *line)
{
	struct buf b;
	buf_init(&b, 4 << 20);
	if (line[1] == '!') {
		const char *hex = line + 3;
		size_t n = strcspn(hex, " \n") / 2;
		for (size_t i = 0; i < n; i++) {
			char two[3] = { hex[2 * i], hex[2 * i + 1], 0 };
			uint8_t byte;
			assert_int_equal(text_unhex(&byte, 1, two), 0);
			assert_int_equal(buf_put_u8(&b, byte), 0);
		}
	} else {
		struct inspect_frame f;
		parse_frame(p, line, &f);
		assert_int_equal(inspect_put(&b, &f), 0);
	}
	write_slowly(p, buf_ptr(&b), buf_left(&b));
	buf_free(&b);
}

static void expect_line(struct play *p, const char *line)
{
	struct inspect_frame f;
	struct buf b;
	static uint8_t got[2 << 20];
	size_t have = 0;
	parse_frame(p, line, &f);
	if (f.type == INSPECT_DELIVER || f.type == INSPECT_DROP || f.type == INSPECT_BOUNCE || f.type == INSPECT_REPLACE) {
		assert_true(f.id < IDS && p->asked[f.id]); /* the test is the judge */
		struct session *s = p->asked[f.id];
		if (f.type == INSPECT_DELIVER)
			channel_deliver(s, f.id);
		else if (f.type == INSPECT_DROP)
			channel_drop(s, f.id);
		else if (f.type == INSPECT_BOUNCE)
			channel_bounce(s, f.id, f.payload, f.payload_len);
		else
			channel_replace(s, f.id, f.payload, f.payload_len);
	}
	settle(p);
	buf_init(&b, 4 << 20);
	assert_int_equal(inspect_put(&b, &f), 0);
	while (have < buf_left(&b)) {
		ssize_t n = recv(p->sock, got + have, buf_left(&b) - have, MSG_DONTWAIT);
		if (n <= 0)
			fail_msg("expected %s", line);
		have += (size_t)n;
		settle(p);
	}
	assert_memory_equal(got, buf_ptr(&b), have);
	buf_free(&b);
}

static void expect_closed(struct play *p)
{
	char byte;
	settle(p);
	ssize_t n = recv(p->sock, &byte, 1, MSG_DONTWAIT);
	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

/* A frame that only the connector's side can be tested with. */
static bool is_for_connectors(const char *text)
{
	return strstr(text, "\n<!") || strstr(text, "\n< PING") || strstr(text, "\n< INJECT") || strstr(text, "\n< UNKNOWN") ||
	       strstr(text, "\n! ");
}

/* Transcripts in which filterd's answer makes no sense to a real broker (unknown ids, before READY). */
static bool answers_unasked(const char *text)
{
	unsigned asked[IDS] = { 0 };
	for (const char *line = text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		if (strncmp(line, "> INSPECT", 9) == 0)
			asked[number(line, "id") % IDS]++;
		if (strncmp(line, "< DELIVER", 9) == 0 || strncmp(line, "< DROP", 6) == 0 || strncmp(line, "< BOUNCE", 8) == 0 || strncmp(line, "< REPLACE", 9) == 0) {
			uint32_t id = number(line, "id");
			if (id >= IDS || asked[id] == 0)
				return true;
			asked[id]--;
		}
		if (strncmp(line, "< READY", 7) == 0 && (!strstr(line, "version=1") || !strstr(line, "max_frame=589824") || !strstr(line, "window=4096")))
			return true;
	}
	const char *first = strstr(text, "< READY"), *second = first ? strstr(first + 1, "< READY") : NULL;
	return second != NULL;
}

static void play(const char *text)
{
	char path[] = "/tmp/filterd-channel-XXXXXX", sock_path[64];
	assert_non_null(mkdtemp(path));
	snprintf(sock_path, sizeof sock_path, "%s/s", path);
	struct conf_inspect conf = { .socket = sock_path, .group = "", .listen = "", .advertise = "" };
	struct cfgerr err;
	struct play p = { .base = event_base_new() };
	assert_int_equal(channels_new(p.base, &conf, &ops, &p, &p.channels, &err), 0);
	struct buf offer;
	buf_init(&offer, 4096);
	assert_int_equal(channels_offer(p.channels, 0, &offer), 0);
	assert_int_equal(buf_put_u8(&offer, 0), 0);
	const char *token = strstr((const char *)buf_ptr(&offer), "token='");
	memcpy(p.token, token + 7, INSPECT_TOKEN_HEX);
	buf_free(&offer);
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	strcpy(sa.sun_path, sock_path);
	p.sock = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(p.sock, (struct sockaddr *)&sa, sizeof sa), 0);
	settle(&p);
	for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		if (line[0] == '>')
			send_line(&p, line);
		else if (line[0] == '<')
			expect_line(&p, line);
		else if (line[0] == '=')
			expect_closed(&p);
	}
	assert_true(p.up <= 1 && p.down <= p.up);
	close(p.sock);
	channels_free(&p.channels);
	for (size_t i = 0; i < IDS; i++)
		if (p.asked[i])
			session_unref(p.asked[i]);
	event_base_free(p.base);
	unlink(sock_path);
	rmdir(path);
}

static void every_transcript(void **state)
{
	const char *dir = TRANSCRIPTS;
	struct dirent **list;
	unsigned played = 0;
	int n = scandir(dir, &list, NULL, alphasort);
	assert_true(n > 2);
	for (int i = 0; i < n; i++) {
		char path[1024];
		static char text[LINE_MAX_BYTES + 1];
		size_t len = strlen(list[i]->d_name);
		if (len > 4 && strcmp(list[i]->d_name + len - 4, ".txt") == 0) {
			snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
			FILE *f = fopen(path, "r");
			assert_non_null(f);
			text[0] = '\n';
			size_t size = fread(text + 1, 1, LINE_MAX_BYTES - 1, f);
			fclose(f);
			text[size + 1] = '\0';
			if (!is_for_connectors(text) && !answers_unasked(text)) {
				print_message("  %s\n", list[i]->d_name);
				play(text + 1);
				played++;
			}
		}
		free(list[i]);
	}
	free(list);
	assert_true(played >= 25);
}

static void token_is_single_use(void **state)
{
	play("> ATTACH version=1 token=$OTHER software=\"x\"\n= closed\n");
	struct inspect_frame f;
	struct buf b;
	buf_init(&b, 64);
	f = (struct inspect_frame){ .type = 0x33 };
	assert_int_equal(inspect_put(&b, &f), -1); /* and an unknown type leaves nothing behind */
	assert_int_equal(buf_left(&b), 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_transcript), cmocka_unit_test(token_is_single_use) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
