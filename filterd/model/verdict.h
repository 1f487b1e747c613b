/* The words that all of filterd shares: what a scan can end in, and what policy can make of it.
 *
 * No verdict never means clean: a scan that did not come to its end has a cause, and policy names
 * an action for every cause.
 */
#ifndef FILTERD_MODEL_VERDICT_H
#define FILTERD_MODEL_VERDICT_H

#include <stddef.h>
#include <stdint.h>

/* From mild to strict; the most restrictive of all matching rules is enforced. */
enum action { ACTION_DELIVER, ACTION_REDACT, ACTION_QUARANTINE, ACTION_BLOCK, ACTION_COUNT };

/* Why something could not be inspected.  The names are those of `on_failure` in the configuration. */
enum cause {
	CAUSE_NONE,
	CAUSE_UNSCANNABLE,   /* unscannable: broken or unknown form that can't be read to its end */
	CAUSE_ENCRYPTED,     /* encrypted: OMEMO, OpenPGP, OTR, aesgcm links, encrypted archives and documents */
	CAUSE_TOO_BIG,       /* too-big: larger than may be inspected */
	CAUSE_LIMIT,         /* limit: a limit inside the scan (recursion, members, unpacked size) was hit */
	CAUSE_SCANNER_DOWN,  /* scanner-down: no worker takes jobs */
	CAUSE_TIMEOUT,       /* timeout: the wall-clock budget of the job ran out */
	CAUSE_CRASHED,       /* crashed: the worker died over this job, twice */
	CAUSE_RELOADING,     /* reloading: no generation serves yet */
	CAUSE_OVER_BUDGET,   /* over-budget: the rules' share of time, confirms or spans ran out */
	CAUSE_NO_SPACE,      /* no-space: spool, store or journal could not take it */
	CAUSE_COUNT
};

const char *action_name(enum action a);
const char *cause_name(enum cause c);
/* -1 if there is no such name */
int action_from_name(const char *name);
int cause_from_name(const char *name);

enum scan_status { SCAN_CLEAN, SCAN_MALWARE, SCAN_UNSCANNABLE, SCAN_STATUS_COUNT };
const char *scan_status_name(enum scan_status s);

/* One thing a detector found. */
struct finding {
	uint16_t text;       /* index of the text within the item */
	uint16_t detector;   /* index in the generation's detector table */
	uint32_t start, end; /* byte offsets in that text, on code point borders, start < end */
	uint8_t confidence;  /* 1..100 */
	/* of a passage of a registered document; else 0 */
	uint8_t share_document, share_message; /* percent of the document that is in the text, and of the text that is the document's */
	uint32_t document;   /* its id in the detector's set of fingerprints */
};

/* What a text is within its stanza or file. */
enum text_role {
	ROLE_BODY,        /* message body, any language */
	ROLE_SUBJECT,
	ROLE_XHTML,       /* XEP-0071, all text of one body joined */
	ROLE_STATUS,      /* presence status */
	ROLE_NAME,        /* nick, file name, node, room name: names people choose */
	ROLE_ATTRIBUTE,   /* value of an attribute */
	ROLE_OTHER,       /* text of an extension */
	ROLE_FILE,        /* text of a file or of a part of it */
	ROLE_COUNT
};

#endif
