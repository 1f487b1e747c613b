/* The configuration file: one struct for each section, defaults and bounds in conf/options.c.
 *
 * conf_parse() is pure: it reads bundle bytes, opens nothing, and checks everything that can be
 * checked without the system.  All strings belong to the struct conf.
 */
#ifndef FILTERD_CONF_CONF_H
#define FILTERD_CONF_CONF_H

#include "conf/bundle.h"
#include "conf/cfgerr.h"
#include "model/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf_strings {
	char **item;
	size_t count;
};

enum link_serves { LINK_FILTER, LINK_UPLOAD };

struct conf_link {           /* links = ( { … } ): a component of an XMPP server (XEP-0114) */
	char *domain;        /* the component's domain */
	enum link_serves serves;
	char *host;          /* the server's component listener */
	int port;
	char *secret_file;
	char *secret;        /* its first line, from the bundle; NULL in roles that get no secrets */
	bool tls;            /* TLS from the first byte (ejabberd's listener option `tls: true`) */
	char *ca;            /* PEM file to verify it with; "" = the system's */
	char *tls_name;      /* name its certificate must have; "" = host */
	struct conf_strings guards; /* hosts to offer the inspect channel to (serves = "filter") */
};

struct conf_control {
	char *socket;
	char *group;         /* of the socket; "" = own */
};

struct conf_inspect {
	char *socket;        /* "" = no UNIX socket */
	char *group;         /* of the socket, for the XMPP server's user; "" = own */
	char *listen;        /* "" = no TLS listener */
	char *advertise;     /* host that the attach offer names; "" = listen */
	int port;
	char *certificate, *key; /* PEM files */
	struct conf_strings peers; /* user names SO_PEERCRED must show; empty = any that can connect */
};

struct conf_scan {
	int workers;              /* 0 = one for each core */
	char *signatures;         /* our own and the site's, loaded first */
	char *official;           /* freshclam's folder; "" = none */
	int text_budget_ms;       /* rules, for all texts of one stanza */
	int window_s;             /* texts of one sender in one conversation are looked at together for so long; 0 = never */
	int text_timeout_ms;      /* wall clock from queueing to verdict of a text job; then the worker is killed */
	int file_time_ms;         /* wall clock of one file */
	int64_t file_max;         /* bytes */
	int64_t scan_max;         /* bytes unpacked in all */
	int files_max;
	int recursion_max;
};

struct conf_upload {
	char *listen;        /* "" = no upload service */
	int port;            /* 0 = any free one, for tests */
	char *url;           /* what slots begin with: "https://upload.example.org" */
	char *certificate, *key; /* PEM files; "" = plain HTTP (behind a TLS proxy, or loopback) */
	int64_t size_max;    /* bytes of one file */
	int64_t quota;       /* bytes kept per user */
	int slot_s;          /* a PUT must begin within this */
	int expire_s;        /* files are deleted after this */
	int connections_max, per_ip_max;
	int header_s;        /* a request's header must be there within this */
	int rate_min;        /* bytes per second a body must reach, after a grace of header_s */
	struct conf_strings inline_types; /* media types that may be shown in place */
};

struct conf_syslog {
	char *target;        /* unix:/dev/log, udp:host:port, tcp:host:port, tls:host:port, none */
	char *facility;
	char *hostname;      /* "" = the machine's */
	char *ca;            /* PEM file for tls */
};

enum { CONF_ZONES_MAX = 64 };

struct conf_zone {
	char *name;
	struct conf_strings domains; /* "example.org" or "*.example.org" (it and its sub-domains) */
	bool own;            /* of the organisation itself: what leaves it is outgoing */
};

enum { CONF_GROUPS_MAX = 256, CONF_GROUP_USERS_MAX = 10000 };

struct conf_group {          /* users that rules name together */
	char *name;
	struct conf_strings users; /* patterns of bare JIDs (model/pattern.h) */
};

struct conf_room {           /* rooms = ( { … } ): the first that fits counts */
	char *room;          /* address as a glob (text_glob) */
	char *zone;          /* its messages count as seen there too */
};

struct conf_policy {         /* a row of the (from, to) table; the first that fits counts */
	char *from, *to;     /* zone name or "*" */
	bool talk, files;    /* allowed at all */
	int64_t file_max;    /* bytes; 0 = scan.file_max */
	bool need_tls;       /* the sender's stream must be encrypted */
	bool need_peer_cert; /* an s2s peer must have proved itself by certificate */
	enum action malware; /* block or quarantine */
	enum action on_failure[CAUSE_COUNT]; /* deliver, quarantine or block */
};

struct conf {
	char *path;
	char *user;
	char *state_dir, *run_dir;
	char *rules;
	char *language;      /* of notices when the sender's stanza names none */
	struct conf_control control;
	struct conf_inspect inspect;
	struct conf_scan scan;
	struct conf_upload upload;
	struct conf_syslog syslog;
	struct conf_link *links;
	size_t nlinks;
	struct conf_zone *zones; /* "public" is what no zone names and is not in this list */
	size_t nzones;
	struct conf_group *groups;
	size_t ngroups;
	struct conf_room *rooms;
	size_t nrooms;
	struct conf_policy *policies; /* the last row always is ("*", "*") */
	size_t npolicies;
};

/* Reads the file, the secrets it names and the rules into b (for the monitor and filterctl), and
 * parses them.  Both are freed by the caller on success; on failure nothing is left. */
int conf_load(const char *path, struct bundle *b, struct conf **conf_r, struct cfgerr *err) __attribute__((warn_unused_result));
/* Parses the BUNDLE_CONFIG file of b, taking secrets from b if they are there. */
int conf_parse(const struct bundle *b, struct conf **conf_r, struct cfgerr *err) __attribute__((warn_unused_result));
void conf_free(struct conf **conf);

/* Prints every option with type, default, bounds and meaning: `filterd --options`, and the man page. */
void conf_print_options(void);

#endif
