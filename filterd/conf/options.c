#include "conf/options.h"

#include "conf/conf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KIB INT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define COUNT(array) (sizeof(array) / sizeof *(array))

#define AT(member) .offset = offsetof(struct conf, member)
static const struct option top_options[] = {
	{ "user", OPTION_TEXT, AT(user), 1, 32, 0, "filterd", NULL,
		"User to become when started as root; ignored otherwise." },
	{ "state_dir", OPTION_PATH, AT(state_dir), 1, 4000, 0, FILTERD_STATEDIR, NULL,
		"Folder of what must last: uploads, quarantine, journal and their keys.  Locked against a second "
		"instance." },
	{ "run_dir", OPTION_PATH, AT(run_dir), 1, 4000, 0, FILTERD_RUNDIR, NULL,
		"Folder of sockets and of the workers' temporary files." },
	{ "rules", OPTION_PATH, AT(rules), 1, 4000, 0, FILTERD_SYSCONFDIR "/rules", NULL,
		"Folder whose *.rules files are read, or one such file." },
	{ "language", OPTION_TEXT, AT(language), 1, 35, 0, "en", NULL,
		"Language of notices (BCP 47) when the sender's stanza names none." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_control, member)
static const struct option control_options[] = {
	{ "socket", OPTION_SOCKET, AT(socket), 1, 107, 0, "$run_dir/control", NULL, "UNIX socket for filterctl." },
	{ "group", OPTION_TEXT, AT(group), 0, 32, 0, "", NULL, "Group that may use the socket; empty: filterd's own." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_link, member)
static const struct option link_options[] = {
	{ "domain", OPTION_DOMAIN, AT(domain), 1, 1023, 0, NULL, NULL,
		"The component's domain, as the XMPP server is configured with it." },
	{ "serves", OPTION_CHOICE, AT(serves), 0, 0, 0, "filter", "filter|upload",
		"What the component is: the filter itself, or the HTTP upload service (XEP-0363)." },
	{ "host", OPTION_TEXT, AT(host), 1, 255, 0, "127.0.0.1", NULL,
		"Host name or address of the server's component listener (XEP-0114).  A name is looked up for each try, in /etc/hosts, then by the "
		"name servers of /etc/resolv.conf; each of its addresses has its turn." },
	{ "port", OPTION_INT, AT(port), 1, 65535, 5347, NULL, NULL, "Port of the server's component listener." },
	{ "secret_file", OPTION_PATH, AT(secret_file), 1, 4000, 0, NULL, NULL,
		"File whose first line is the component's secret.  Refused if group or others can read it." },
	{ "tls", OPTION_BOOL, AT(tls), 0, 1, 0, NULL, NULL,
		"Use TLS from the first byte: for ejabberd's `tls: true`; Prosody's listener offers none." },
	{ "ca", OPTION_PATH, AT(ca), 0, 4000, 0, "", NULL,
		"PEM file of the authorities that the server's certificate is verified with; empty: the system's." },
	{ "tls_name", OPTION_TEXT, AT(tls_name), 0, 255, 0, "", NULL,
		"Name that the server's certificate must have; empty: host." },
	{ "guards", OPTION_DOMAINS, AT(guards), 0, 1024, 0, "", NULL,
		"Hosts of the XMPP server to offer the inspect channel to (serves = \"filter\")." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_inspect, member)
static const struct option inspect_options[] = {
	{ "socket", OPTION_SOCKET, AT(socket), 0, 107, 0, "$run_dir/inspect", NULL,
		"UNIX socket for connectors on this machine; empty: none." },
	{ "group", OPTION_TEXT, AT(group), 0, 32, 0, "", NULL,
		"Group of the socket, the XMPP server's; empty: filterd's own." },
	{ "listen", OPTION_TEXT, AT(listen), 0, 255, 0, "", NULL,
		"IP address to listen on with TLS for connectors on other machines; empty: none." },
	{ "advertise", OPTION_TEXT, AT(advertise), 0, 255, 0, "", NULL,
		"Host name or address that connectors are told; empty: that of listen." },
	{ "port", OPTION_INT, AT(port), 0, 65535, 5390, NULL, NULL, "Port to listen on with TLS; 0: any free one." },
	{ "certificate", OPTION_PATH, AT(certificate), 0, 4000, 0, "", NULL, "Certificate chain for TLS (PEM)." },
	{ "key", OPTION_PATH, AT(key), 0, 4000, 0, "", NULL, "Private key for TLS (PEM)." },
	{ "peers", OPTION_TEXTS, AT(peers), 0, 64, 0, "", NULL,
		"Users the UNIX socket's peer must be one of; empty: whoever can connect." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_scan, member)
static const struct option scan_options[] = {
	{ "workers", OPTION_INT, AT(workers), 0, 256, 0, NULL, NULL, "Scan workers; 0: one for each core." },
	{ "signatures", OPTION_PATH, AT(signatures), 1, 4000, 0, FILTERD_DATADIR "/signatures", NULL,
		"Folder of filterd's own and the site's signatures, loaded first." },
	{ "official", OPTION_PATH, AT(official), 0, 4000, 0, "/var/lib/clamav", NULL,
		"Folder of the official signatures (freshclam keeps it); empty: none." },
	{ "text_budget_ms", OPTION_INT, AT(text_budget_ms), 1, 10000, 50, NULL, NULL,
		"Time the rules get for all texts of one stanza." },
	{ "text_timeout_ms", OPTION_INT, AT(text_timeout_ms), 50, 60000, 2000, NULL, NULL,
		"Wall clock from queueing a stanza's texts to their verdict; a worker that overruns it is ended." },
	{ "window_s", OPTION_INT, AT(window_s), 0, 86400, 600, NULL, NULL,
		"Seconds in which the messages of one sender in one conversation are looked at together; 0: never." },
	{ "file_time_ms", OPTION_INT, AT(file_time_ms), 100, 600000, 20000, NULL, NULL,
		"Wall clock for one file; a worker that overruns it is ended." },
	{ "file_max", OPTION_SIZE, AT(file_max), 1, 1 * GIB - 1, 100 * MIB, NULL, NULL,
		"Largest file that is scanned; above it the cause is too-big." },
	{ "scan_max", OPTION_SIZE, AT(scan_max), 1, 4 * GIB, 400 * MIB, NULL, NULL,
		"Bytes unpacked from one file in all; above it the cause is limit." },
	{ "files_max", OPTION_INT, AT(files_max), 1, 1000000, 10000, NULL, NULL,
		"Members unpacked from one file; above it the cause is limit." },
	{ "recursion_max", OPTION_INT, AT(recursion_max), 1, 100, 17, NULL, NULL,
		"Archives within archives; above it the cause is limit." },
	{ "matcher", OPTION_CHOICE, AT(matcher), 0, 0, 0, "portable", "portable|hyperscan",
		"What looks for the words of all rules at once; one that fails its self-test is left for portable, which an event (engine.degraded) and the status tell." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_upload, member)
static const struct option upload_options[] = {
	{ "listen", OPTION_TEXT, AT(listen), 0, 255, 0, "", NULL,
		"IP address the upload service listens on; empty: no upload service." },
	{ "port", OPTION_INT, AT(port), 0, 65535, 5280, NULL, NULL,
		"Port the upload service listens on; 0: any free one." },
	{ "url", OPTION_TEXT, AT(url), 0, 1000, 0, "", NULL,
		"What the URLs given to clients begin with, such as https://upload.example.org." },
	{ "certificate", OPTION_PATH, AT(certificate), 0, 4000, 0, "", NULL,
		"Certificate chain (PEM); empty: plain HTTP, for loopback or behind a TLS proxy." },
	{ "key", OPTION_PATH, AT(key), 0, 4000, 0, "", NULL, "Private key (PEM)." },
	{ "size_max", OPTION_SIZE, AT(size_max), 1, 1 * GIB, 100 * MIB, NULL, NULL, "Largest file a user may upload." },
	{ "quota", OPTION_SIZE, AT(quota), 1, 1024 * GIB, 1 * GIB, NULL, NULL, "Bytes kept for one user at a time." },
	{ "slot_s", OPTION_INT, AT(slot_s), 1, 86400, 300, NULL, NULL,
		"Seconds within which an upload must begin after its slot was given." },
	{ "expire_s", OPTION_INT, AT(expire_s), 60, 315360000, 2592000, NULL, NULL,
		"Seconds after which an upload is deleted." },
	{ "connections_max", OPTION_INT, AT(connections_max), 1, 65536, 512, NULL, NULL,
		"HTTP connections at a time." },
	{ "per_ip_max", OPTION_INT, AT(per_ip_max), 0, 65536, 64, NULL, NULL,
		"HTTP connections at a time from one address; 0: any number (behind a proxy)." },
	{ "header_s", OPTION_INT, AT(header_s), 1, 300, 10, NULL, NULL,
		"Seconds within which a request's header must be there." },
	{ "rate_min", OPTION_INT, AT(rate_min), 0, 1000000000, 1024, NULL, NULL,
		"Bytes per second a body must reach, after header_s seconds of grace." },
	{ "inline_types", OPTION_TEXTS, AT(inline_types), 0, 64, 0,
		"image/png|image/jpeg|image/gif|image/webp|audio/ogg|audio/mpeg|video/mp4|video/webm", NULL,
		"Media types that browsers may show in place; all others are served as attachments." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_syslog, member)
static const struct option syslog_options[] = {
	{ "target", OPTION_TEXT, AT(target), 1, 300, 0, "unix:/dev/log", NULL,
		"Where events go: unix:PATH, udp:HOST:PORT, tcp:HOST:PORT, tls:HOST:PORT, or none." },
	{ "facility", OPTION_WORD, AT(facility), 0, 0, 0, "mail",
		"kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local0|local1|local2|local3|"
		"local4|local5|local6|local7",
			"Syslog facility of events." },
	{ "hostname", OPTION_TEXT, AT(hostname), 0, 255, 0, "", NULL,
		"HOSTNAME of events (RFC 5424); empty: the machine's." },
	{ "ca", OPTION_PATH, AT(ca), 0, 4000, 0, "", NULL,
		"Certificates that may sign the server's, for tls (PEM); empty: the system's." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_zone, member)
static const struct option zone_options[] = {
	{ "name", OPTION_TEXT, AT(name), 1, 63, 0, NULL, NULL,
		"Name of the zone, for policy and rules.  \"public\" is what no zone names." },
	{ "domains", OPTION_DOMAINS, AT(domains), 1, 10000, 0, NULL, "starred",
		"Its domains; \"*.example.org\" stands for example.org and all its sub-domains." },
	{ "own", OPTION_BOOL, AT(own), 0, 1, 0, NULL, NULL,
		"Does it belong to the organisation itself, so that what leaves it is outgoing?  If no zone says so, "
		"the one called \"internal\" does." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_group, member)
static const struct option group_options[] = {
	{ "name", OPTION_TEXT, AT(name), 1, 63, 0, NULL, NULL, "Name of the group, for rules." },
	{ "users", OPTION_TEXTS, AT(users), 1, CONF_GROUP_USERS_MAX, 0, NULL, NULL,
		"Bare JIDs of its users, or domains of which all users belong to it; * stands for any characters, ? for one." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_room, member)
static const struct option room_options[] = {
	{ "room", OPTION_TEXT, AT(room), 3, 3071, 0, NULL, NULL,
		"Address of a chat room; \"*\" stands for any text, \"?\" for one character; so \"*@rooms.example.org\" for all rooms of a service." },
	{ "zone", OPTION_TEXT, AT(zone), 1, 63, 0, NULL, NULL,
		"Zone in which what is sent to the room counts as seen, whoever is in it at the time." },
};
#undef AT

#define AT(member) .offset = offsetof(struct conf_policy, member)
static const struct option policy_options[] = {
	{ "from", OPTION_TEXT, AT(from), 1, 63, 0, NULL, NULL, "Zone of the sender, or \"*\"." },
	{ "to", OPTION_TEXT, AT(to), 1, 63, 0, NULL, NULL, "Zone of the receiver, or \"*\"." },
	{ "talk", OPTION_BOOL, AT(talk), 0, 1, 1, NULL, NULL, "May they talk at all?" },
	{ "files", OPTION_BOOL, AT(files), 0, 1, 1, NULL, NULL, "May files pass?" },
	{ "file_max", OPTION_SIZE, AT(file_max), 0, 1 * GIB, 0, NULL, NULL,
		"Largest file that may pass; 0: that of scan.file_max." },
	{ "need_tls", OPTION_BOOL, AT(need_tls), 0, 1, 0, NULL, NULL, "Must the sender's stream be encrypted?" },
	{ "need_peer_cert", OPTION_BOOL, AT(need_peer_cert), 0, 1, 0, NULL, NULL,
		"Must a server that sends have proved itself by certificate (not dialback)?" },
	{ "malware", OPTION_ACTION, AT(malware), 0, 0, 0, "block", "quarantine|block", "What happens to malware." },
	{ "on_failure", OPTION_CAUSES, AT(on_failure), 0, 0, 0, "block", "deliver|quarantine|block",
		"What happens to what could not be inspected: one action, or a group with an action for each cause "
		"(unscannable, encrypted, too-big, limit, scanner-down, timeout, crashed, reloading, over-budget, "
		"no-space); causes not named: block." },
};
#undef AT

#define OPTIONS(table) .options = table, .noptions = COUNT(table)
#define GROUP(member) .form = SECTION_GROUP, .offset = offsetof(struct conf, member)
#define LIST(first, count, type, most) \
	.form = SECTION_LIST, .offset = offsetof(struct conf, first), .count_offset = offsetof(struct conf, count), \
	.item_size = sizeof(struct type), .max = most

const struct section conf_sections[] = {
	{ .name = "", .form = SECTION_TOP, OPTIONS(top_options), .help = "at the top of the file" },
	{ .name = "control", GROUP(control), OPTIONS(control_options), .help = "the socket that filterctl uses" },
	{ .name = "links", LIST(links, nlinks, conf_link, 256), OPTIONS(link_options),
		.help = "component links to XMPP servers; at least one" },
	{ .name = "inspect", GROUP(inspect), OPTIONS(inspect_options),
		.help = "where connectors attach their inspect channel" },
	{ .name = "scan", GROUP(scan), OPTIONS(scan_options), .help = "workers and their limits" },
	{ .name = "upload", GROUP(upload), OPTIONS(upload_options), .help = "the HTTP upload service (XEP-0363)" },
	{ .name = "syslog", GROUP(syslog), OPTIONS(syslog_options), .help = "where events go" },
	{ .name = "zones", LIST(zones, nzones, conf_zone, CONF_ZONES_MAX), OPTIONS(zone_options),
		.help = "named sets of domains" },
	{ .name = "groups", LIST(groups, ngroups, conf_group, CONF_GROUPS_MAX), OPTIONS(group_options),
		.help = "named sets of users, for rules" },
	{ .name = "rooms", LIST(rooms, nrooms, conf_room, 4096), OPTIONS(room_options),
		.help = "zones of chat rooms, beside those that their occupants are of; the first that fits counts" },
	{ .name = "policy", LIST(policies, npolicies, conf_policy, 4096), OPTIONS(policy_options),
		.help = "the (from, to) table; the first row that fits counts, and a last row (\"*\", \"*\") with "
			"the defaults below is always there" },
};
const size_t conf_nsections = COUNT(conf_sections);

static const char *const type_words[OPTION_TYPES] = {
	[OPTION_TEXT] = "text",
	[OPTION_PATH] = "absolute path",
	[OPTION_SOCKET] = "absolute path of a socket",
	[OPTION_DOMAIN] = "domain name",
	[OPTION_WORD] = "one word",
	[OPTION_CHOICE] = "one word",
	[OPTION_INT] = "whole number",
	[OPTION_SIZE] = "number of bytes, or text such as \"100M\"",
	[OPTION_BOOL] = "true or false",
	[OPTION_TEXTS] = "list of texts [ \"…\", … ]",
	[OPTION_DOMAINS] = "list of domain names [ \"…\", … ]",
	[OPTION_ACTION] = "one word",
	[OPTION_CAUSES] = "one word, or a group { cause = \"…\"; … }",
};

const char *option_type_words(enum option_type type)
{
	return type_words[type];
}

void option_full_name(const struct section *s, const struct option *o, char *dst, size_t dst_size)
{
	snprintf(dst, dst_size, "%s%s%s", s->name, *s->name ? "." : "", o->name);
}

void option_describe(const struct option *o, char *dst, size_t dst_size)
{
	char bounds[400] = "", fallback[300];
	if (o->type == OPTION_INT || o->type == OPTION_SIZE)
		snprintf(bounds, sizeof bounds, ", %" PRId64 " to %" PRId64, o->min, o->max);
	else if (o->choices && o->type != OPTION_DOMAINS)
		snprintf(bounds, sizeof bounds, " of %s", o->choices);

	if (o->type == OPTION_INT || o->type == OPTION_SIZE)
		snprintf(fallback, sizeof fallback, "default %" PRId64, o->number);
	else if (o->type == OPTION_BOOL)
		snprintf(fallback, sizeof fallback, "default %s", o->number ? "true" : "false");
	else if (!o->text)
		snprintf(fallback, sizeof fallback, "must be given");
	else
		snprintf(fallback, sizeof fallback, "default %s", *o->text ? o->text : "empty");
	snprintf(dst, dst_size, "%s%s; %s", type_words[o->type], bounds, fallback);
}

void conf_print_options(void)
{
	for (size_t i = 0; i < conf_nsections; i++) {
		const struct section *s = &conf_sections[i];
		static const char *const forms[] = { "", " = { … }", " = ( { … }, … )" };
		printf("%s%s%s%s\n", i ? "\n" : "", s->name, forms[s->form], *s->name ? "" : "(top)");
		printf("    %s\n", s->help);
		for (size_t k = 0; k < s->noptions; k++) {
			char name[100], what[800];
			option_full_name(s, &s->options[k], name, sizeof name);
			option_describe(&s->options[k], what, sizeof what);
			printf("  %s\n      %s\n      %s\n", name, what, s->options[k].help);
		}
	}
}
