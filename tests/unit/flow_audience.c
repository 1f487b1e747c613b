/* Who sees a stanza: flow/audience.c with a real channel that tells of rooms, and xmpp/rooms.c alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "flow/audience.h"
#include "ipc/inspect_wire.h"
#include "xmpp/rooms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char config[] =
	"links = ( { domain = \"filter.example.test\"; secret_file = \"/s\"; guards = [ \"example.test\" ]; } );\n"
	"zones = ( { name = \"internal\"; domains = [ \"example.test\" ]; }, { name = \"partners\"; domains = [ \"partner.test\", \"*.ally.test\" ]; },\n"
	"          { name = \"board\"; domains = [ \"board.test\" ]; } );\n"
	"rooms = ( { room = \"fair-*@rooms.example.test\"; zone = \"partners\"; }, { room = \"council@rooms.example.test\"; zone = \"board\"; },\n"
	"          { room = \"*@chat.elsewhere.test\"; zone = \"partners\"; } );\n";

struct world {
	struct conf *conf;
	struct broker broker;
	struct channels *channels;
	char dir[64], path[80];
	int sock;
	struct session *session;
	uint32_t inspected;
};

static void on_up(void *ctx, struct channel *c) {}
static void on_down(void *ctx, struct channel *c, const char *reason) {}
static void on_inspect(void *ctx, struct session *s, uint32_t id, bool again, const char *stanza, size_t size)
{
	struct world *w = ctx;
	if (!w->session)
		w->session = session_ref(s);
	w->inspected = id;
}
static void on_injected(void *ctx, struct channel *c, uint32_t id, uint8_t status) {}
static const struct channel_ops ops = { on_up, on_down, on_inspect, on_injected };

static void on_link_up(void *ctx, struct link *l) {}
static void on_link_down(void *ctx, struct link *l, const char *reason, uint32_t retry_ms) {}
static void on_link_stanza(void *ctx, struct link *l, const struct xml_node *e) {}
static const struct link_ops link_ops = { on_link_up, on_link_down, on_link_stanza };

static void put(struct world *w, const struct inspect_frame *f)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	assert_int_equal(inspect_put(&b, f), 0);
	assert_int_equal(send(w->sock, buf_ptr(&b), buf_left(&b), 0), (ssize_t)buf_left(&b));
	buf_free(&b);
	for (int i = 0; i < 5; i++)
		event_base_loop(w->broker.base, EVLOOP_NONBLOCK);
}

/* domains: names between blanks; NULL: unknown */
static void tell(struct world *w, const char *room, const char *domains)
{
	char names[1024] = "";
	struct buf b;
	buf_init(&b, 1 << 20);
	snprintf(names, sizeof names, "%s", domains ? domains : "");
	for (char *name = strtok(names, " "); name; name = strtok(NULL, " "))
		assert_int_equal(buf_put_str16(&b, name, strlen(name)), 0);
	put(w, &(struct inspect_frame){ .type = INSPECT_ROOM, .jid = room, .jid_len = strlen(room),
	                                .status = domains ? INSPECT_ROOM_KNOWN : INSPECT_ROOM_UNKNOWN,
	                                .payload = (const char *)buf_ptr(&b), .payload_len = buf_left(&b) });
	buf_free(&b);
}

static void begin(struct world *w)
{
	struct cfgerr err = { 0 };
	struct bundle b = { 0 };
	struct buf offer;
	*w = (struct world){ .sock = -1 };
	strcpy(w->dir, "/tmp/filterd-audience-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof w->path, "%s/c", w->dir);
	FILE *f = fopen(w->path, "w");
	assert_non_null(f);
	fputs(config, f);
	fclose(f);
	assert_int_equal(bundle_add_file(&b, BUNDLE_CONFIG, w->path, &err), 0);
	if (conf_parse(&b, &w->conf, &err) < 0)
		fail_msg("%d: %s", err.line, err.text);
	bundle_free(&b);
	unlink(w->path);
	w->broker = (struct broker){ .base = event_base_new(), .conf = w->conf };
	w->broker.links[0] = link_new(w->broker.base, &w->conf->links[0], &link_ops, w); /* for what it guards; nobody is there to connect to */
	assert_non_null(w->broker.links[0]);
	w->broker.nlinks = 1;
	struct conf_inspect *in = &w->conf->inspect;
	free(in->socket);
	in->socket = strdup(w->path);
	assert_int_equal(channels_new(w->broker.base, in, &ops, w, &w->channels, &err), 0);
	buf_init(&offer, 4096);
	assert_int_equal(channels_offer(w->channels, 0, &offer) | buf_put_u8(&offer, 0), 0);
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	strcpy(sa.sun_path, w->path);
	w->sock = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(w->sock, (struct sockaddr *)&sa, sizeof sa), 0);
	put(w, &(struct inspect_frame){ .type = INSPECT_ATTACH, .version = INSPECT_VERSION, .software = "x", .software_len = 1,
	                                .token = strstr((const char *)buf_ptr(&offer), "token='") + 7 });
	buf_free(&offer);
	put(w, &(struct inspect_frame){ .type = INSPECT_SESSION, .session = 1, .origin = INSPECT_C2S, .jid = "a@example.test/r", .jid_len = 16,
	                                .host = "example.test", .host_len = 12, .address = "", .address_len = 0 });
	put(w, &(struct inspect_frame){ .type = INSPECT_INSPECT, .id = 1, .session = 1, .payload = "<message/>", .payload_len = 10 });
	assert_non_null(w->session);
}

static void end(struct world *w)
{
	session_unref(w->session);
	close(w->sock);
	channels_free(&w->channels);
	link_free(&w->broker.links[0]);
	event_base_free(w->broker.base);
	conf_free(&w->conf);
	unlink(w->path);
	rmdir(w->dir);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void expect(struct world *w, const char *xml, const char *zones)
{
	struct stanza st;
	struct audience a;
	char got[512] = "";
	struct arena *arena = arena_new(8 << 20);
	assert_non_null(arena);
	assert_int_equal(stanza_read(arena, xml, strlen(xml), &st), 0);
	audience_of(&w->broker, w->conf, w->session, &st, st.from, &a);
	qsort(a.zones, a.nzones, sizeof *a.zones, by_name);
	for (size_t i = 0; i < a.nzones; i++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i ? " " : "", a.zones[i]);
	if (strcmp(got, zones) != 0)
		fail_msg("%s\nis seen in [%s] and should be in [%s]", xml, got, zones);
	assert_int_equal(a.everybody, strcmp(zones, "board internal partners public") == 0);
	arena_free(&arena);
}

#define ALL "board internal partners public"
#define ROOM(type) "<message from='a@example.test/r' to='tea@rooms.example.test' type='" type "'><body>x</body></message>"

static void occupants_decide(void **state)
{
	struct world w;
	begin(&w);
	expect(&w, ROOM("groupchat"), ALL);
	tell(&w, "tea@rooms.example.test", "example.test");
	expect(&w, ROOM("groupchat"), "internal");
	expect(&w, ROOM("normal"), "internal");
	expect(&w, "<message from='a@example.test/r' to='tea@rooms.example.test/nick' type='chat'><body>x</body></message>", "internal");
	expect(&w, "<presence from='a@example.test/r' to='tea@rooms.example.test/nick'><status>x</status></presence>", "internal");
	expect(&w, "<iq type='set' from='a@example.test/r' to='tea@rooms.example.test/nick'><x xmlns='urn:x'>x</x></iq>", "internal");
	tell(&w, "tea@rooms.example.test", "example.test partner.test lab.ally.test nobody.test");
	expect(&w, ROOM("groupchat"), "internal partners public");
	tell(&w, "tea@rooms.example.test", "partner.test");
	expect(&w, ROOM("groupchat"), "partners");
	tell(&w, "tea@rooms.example.test", ""); /* empty: the zone of the address */
	expect(&w, ROOM("groupchat"), "public");
	tell(&w, "tea@rooms.example.test", NULL);
	expect(&w, ROOM("groupchat"), ALL);
	tell(&w, "tea@rooms.example.test", "example.test");
	tell(&w, "", NULL);
	expect(&w, ROOM("groupchat"), ALL);
	tell(&w, "Tea@rooms.example.test", "example.test"); /* another spelling is another room */
	expect(&w, ROOM("groupchat"), ALL);
	end(&w);
}

static void configured_zone_is_added(void **state)
{
	struct world w;
	begin(&w);
	tell(&w, "fair-1@rooms.example.test", "example.test");
	tell(&w, "council@rooms.example.test", "example.test partner.test");
	expect(&w, "<message to='fair-1@rooms.example.test' type='groupchat'><body>x</body></message>", "internal partners");
	expect(&w, "<message to='council@rooms.example.test' type='groupchat'><body>x</body></message>", "board internal partners");
	expect(&w, "<message to='council@rooms.example.test/n' type='chat'><body>x</body></message>", "board internal partners");
	/* a configured room elsewhere is known to be a room, whatever the stanza looks like */
	expect(&w, "<message to='a@chat.elsewhere.test/n' type='chat'><body>x</body></message>", ALL);
	end(&w);
}

static void an_invitation_reaches_the_invited(void **state)
{
	static const char invite[] = "<message to='tea@rooms.example.test'><x xmlns='http://jabber.org/protocol/muc#user'>"
		"<invite to='c@partner.test'><reason>x</reason></invite><invite to='d@board.test'/></x></message>";
	struct world w;
	begin(&w);
	expect(&w, invite, ALL);
	tell(&w, "tea@rooms.example.test", "example.test");
	expect(&w, invite, "board internal partners");
	end(&w);
}

static void what_is_no_room_is_none(void **state)
{
	struct world w;
	begin(&w);
	expect(&w, "<message to='b@example.test' type='chat'><body>x</body></message>", "internal");
	expect(&w, "<message to='c@partner.test/r' type='chat'><body>x</body></message>", "partners");
	expect(&w, "<message to='b@example.test/r' type='groupchat'><body>x</body></message>", "internal");
	/* an invitation from elsewhere, to a user here */
	expect(&w, "<message from='tea@rooms.elsewhere.test' to='b@example.test'><x xmlns='http://jabber.org/protocol/muc#user'><invite from='x@y.test'/></x></message>", "internal");
	/* rooms nobody knows: groupchat, private messages, joining, configuration */
	expect(&w, "<message to='tea@rooms.elsewhere.test' type='groupchat'><body>x</body></message>", ALL);
	expect(&w, "<message to='tea@rooms.elsewhere.test/n' type='groupchat'><body>x</body></message>", ALL);
	expect(&w, "<message to='tea@rooms.elsewhere.test/n' type='chat'><body>x</body><x xmlns='http://jabber.org/protocol/muc#user'/></message>", ALL);
	expect(&w, "<message to='tea@rooms.elsewhere.test/n' type='chat'><body>x</body></message>", "public");
	expect(&w, "<presence to='tea@rooms.elsewhere.test/n'><x xmlns='http://jabber.org/protocol/muc'/></presence>", ALL);
	expect(&w, "<iq type='set' to='tea@rooms.elsewhere.test'><query xmlns='http://jabber.org/protocol/muc#owner'/></iq>", ALL);
	/* joined: from now on nothing need say that it is a room */
	expect(&w, "<message to='tea@rooms.elsewhere.test/n' type='chat'><body>x</body></message>", ALL);
	expect(&w, "<presence to='tea@rooms.elsewhere.test/n'><status>x</status></presence>", ALL);
	expect(&w, "<iq type='set' to='tea@rooms.elsewhere.test/n'><x xmlns='urn:x'>x</x></iq>", ALL);
	expect(&w, "<iq type='set' to='other@rooms.elsewhere.test'><x xmlns='urn:x'>x</x></iq>", "public");
	/* from elsewhere, by s2s: what rooms send goes to full addresses */
	w.session->origin = INSPECT_S2S;
	expect(&w, "<message to='tea@rooms.example.test' type='groupchat'><body>x</body></message>", ALL);
	expect(&w, "<message to='c@partner.test/r' type='groupchat'><body>x</body></message>", "partners");
	end(&w);
}

static void nothing_is_known_without_a_channel(void **state)
{
	struct world w;
	begin(&w);
	tell(&w, "tea@rooms.example.test", "example.test");
	w.session->channel = NULL; /* as when it has gone */
	expect(&w, ROOM("groupchat"), ALL);
	struct audience a;
	audience_of(&w.broker, w.conf, w.session, NULL, "a@example.test", &a); /* not even parsed */
	assert_true(a.everybody && a.nzones == 4);
	end(&w);
}

static void rooms_are_bounded(void **state)
{
	static char domains[60000];
	struct rooms *rs = rooms_new();
	struct buf found;
	char name[64];
	assert_non_null(rs);
	for (unsigned i = 0; i < INSPECT_ROOMS_MAX + 10; i++) {
		int n = snprintf(name, sizeof name, "r%u@rooms.test", i);
		rooms_set(rs, name, (size_t)n, "\0\1x", 3);
	}
	assert_int_equal(rooms_count(rs), INSPECT_ROOMS_MAX);
	assert_int_equal(rooms_find(rs, "r65536@rooms.test", 17, &found), -1); /* beyond: unknown */
	assert_int_equal(rooms_find(rs, "r7@rooms.test", 13, &found), 0);
	assert_int_equal(buf_left(&found), 3);
	rooms_set(rs, "r7@rooms.test", 13, "", 0); /* there is room to change one */
	assert_int_equal(rooms_find(rs, "r7@rooms.test", 13, &found), 0);
	assert_int_equal(buf_left(&found), 0);
	rooms_forget(rs, "", 0);
	assert_int_equal(rooms_count(rs), 0);
	for (unsigned i = 0; i < 1000; i++) {
		int n = snprintf(name, sizeof name, "r%u@rooms.test", i);
		rooms_set(rs, name, (size_t)n, domains, sizeof domains);
	}
	size_t count = rooms_count(rs);
	assert_in_range(count, 500, 560); /* 32 MiB in all */
	rooms_set(rs, "r0@rooms.test", 13, "\0\1x", 3);
	rooms_set(rs, "r0@rooms.test", 13, domains, sizeof domains);
	assert_int_equal(rooms_count(rs), count);
	rooms_forget(rs, "r0@rooms.test", 13);
	rooms_forget(rs, "r0@rooms.test", 13);
	assert_int_equal(rooms_count(rs), count - 1);
	rooms_free(&rs);
	assert_null(rs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(occupants_decide),
		cmocka_unit_test(configured_zone_is_added),
		cmocka_unit_test(an_invitation_reaches_the_invited),
		cmocka_unit_test(what_is_no_room_is_none),
		cmocka_unit_test(nothing_is_known_without_a_channel),
		cmocka_unit_test(rooms_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
