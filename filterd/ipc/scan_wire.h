/* The scan protocol (filterd/PROTOCOL.scan) as bytes: broker, nursery and workers all speak it through here.
 *
 * What a worker says is hostile.  Its answers are only decoded against the job that was sent to it, so an
 * index, an offset or a detector that does not exist there never leaves this file.
 *
 * scan_put_*() append one whole message, or nothing: SCAN_WIRE_FULL when it breaks a limit of the protocol or the
 * buffer can't take it.  scan_get_*() take one whole message: SCAN_WIRE_SHORT (nothing taken) while
 * bytes are missing, SCAN_WIRE_BAD when the peer broke the protocol and must be ended.  Strings and
 * texts that were decoded point into the buffer, and last until it is next written to or freed.
 */
#ifndef FILTERD_IPC_SCAN_WIRE_H
#define FILTERD_IPC_SCAN_WIRE_H

#include "base/buf.h"
#include "model/verdict.h"

#include <stddef.h>
#include <stdint.h>

enum { SCAN_WIRE_OK = 0, SCAN_WIRE_SHORT = -1, SCAN_WIRE_BAD = -2, SCAN_WIRE_FULL = -3 };

enum {
	SCAN_TEXTS_MAX = 255,        /* texts of one text job */
	SCAN_TEXT_JOB_MAX = 1 << 20, /* bytes of one text job behind its length */
	SCAN_FINDINGS_MAX = 4096,    /* of one answer */
	SCAN_PASSAGE_SIZE = 6,       /* bytes more of a finding that is a passage of a document */
	SCAN_TEXT_ANSWER_MAX = 7 + SCAN_FINDINGS_MAX * (12 + SCAN_PASSAGE_SIZE), /* bytes behind the length */
	SCAN_PACKET_MAX = 65536,     /* bytes of any packet, nursery channel and file socket */
	SCAN_PRINTS_MAX = 64 << 20,  /* bytes of the fingerprints of one file */
	SCAN_NAME_MAX = 1024,        /* bytes of a name: file, signature */
	SCAN_PATH_MAX = 2048,        /* bytes of an inner path */
	SCAN_TYPES_MAX = 4096,       /* bytes of the media types of a file */
	SCAN_ID_SIZE = 65,           /* detector id with NUL */
	SCAN_TITLE_SIZE = 257,
	SCAN_HELLO_SIZE = 1025,      /* text of HELLO with NUL */
	SCAN_DEGRADED_SIZE = 321,    /* its other text, likewise */
	SCAN_WINDOW_JOBS = 32,       /* text jobs outstanding per worker … */
	SCAN_WINDOW_BYTES = 16384,   /* … and their bytes, unless it is one job alone */
	SCAN_WINDOW_FILES = 2
};

/* Text socket */

struct scan_text {
	enum text_role role;
	const char *data; /* borrowed */
	uint32_t size;    /* bytes */
};

struct scan_text_job {
	uint32_t seq;
	uint32_t budget_us;
	size_t ntexts;
	const struct scan_text *texts;
};

struct scan_text_answer {
	uint32_t seq;
	enum cause cause;
	size_t n;
	struct finding *findings;
};

int scan_put_text_job(struct buf *out, const struct scan_text_job *job) __attribute__((warn_unused_result));
/* In the worker.  texts has room for SCAN_TEXTS_MAX; job_r->texts is set to it. */
int scan_get_text_job(struct buf *in, struct scan_text texts[SCAN_TEXTS_MAX], struct scan_text_job *job_r)
	__attribute__((warn_unused_result));

int scan_put_text_answer(struct buf *out, const struct scan_text_answer *a) __attribute__((warn_unused_result));
/* In the broker.  sent is the oldest job that this worker has not answered: its seq must match, and findings
 * must lie within its texts on code point borders (unless their data is NULL); detector < ndetectors.
 * findings has room for SCAN_FINDINGS_MAX; a_r->findings is set to it. */
int scan_get_text_answer(struct buf *in, const struct scan_text_job *sent, size_t ndetectors, struct finding *findings,
                         struct scan_text_answer *a_r) __attribute__((warn_unused_result));

/* File socket: one buffer is one packet.  SCAN_WIRE_SHORT is not returned; bytes left over are BAD. */

/* SCAN_KIND_PRINTS: no rules are run; the fingerprints of the file's texts are written to a second descriptor. */
enum scan_kind { SCAN_KIND_FILE, SCAN_KIND_TEXT, SCAN_KIND_PRINTS, SCAN_KIND_COUNT };

struct scan_file_job {
	uint32_t seq;
	enum scan_kind kind;
	uint64_t size;    /* bytes of the file */
	uint32_t time_ms; /* wall clock */
	const char *name; /* what the sender called it; UTF-8 */
	size_t name_len;
};

/* A finding in a layer of the file; offsets are in that layer's text. */
struct scan_file_finding {
	uint32_t start, end;
	uint16_t detector;
	uint8_t confidence;
	uint8_t share_document, share_message; /* these three as in struct finding */
	uint32_t document;
	const char *path; /* "a.zip/b.txt"; empty for the file itself */
	size_t path_len;
};

struct scan_file_answer {
	uint32_t seq;
	enum scan_status status;
	enum cause cause; /* CAUSE_NONE unless unscannable */
	const char *name; /* signature, or what could not be read; UTF-8 */
	size_t name_len;
	uint64_t scanned;
	const char *types; /* media types of the file and of what is in it, separated by spaces; printable ASCII */
	size_t types_len;
	size_t n;
	struct scan_file_finding *findings;
};

int scan_put_file_job(struct buf *out, const struct scan_file_job *job) __attribute__((warn_unused_result));
int scan_get_file_job(struct buf *in, struct scan_file_job *job_r) __attribute__((warn_unused_result));

/* The most bytes that the answer takes in its packet with these many findings, and path bytes (and SCAN_PASSAGE_SIZE of each passage) in
 * all. */
size_t scan_file_answer_size(size_t name_len, size_t nfindings, size_t path_bytes);
int scan_put_file_answer(struct buf *out, const struct scan_file_answer *a) __attribute__((warn_unused_result));
/* In the broker.  Files are answered in the order received: sent is the oldest unanswered one.  For
 * SCAN_KIND_TEXT, findings must lie within its size.  findings has room for SCAN_FINDINGS_MAX. */
int scan_get_file_answer(struct buf *in, const struct scan_file_job *sent, size_t ndetectors,
                         struct scan_file_finding *findings, struct scan_file_answer *a_r)
	__attribute__((warn_unused_result));

/* Nursery channel: one buffer is one packet, as above. */

enum scan_msg_type {
	SCAN_MSG_HELLO = 'H',
	SCAN_MSG_DETECTOR = 'D',
	SCAN_MSG_WORKER = 'W',
	SCAN_MSG_EXIT = 'X',
	SCAN_MSG_KILL = 'K'
};

struct scan_hello {
	uint32_t generation;
	uint8_t ok;
	uint32_t signatures;
	uint16_t detectors, workers;
	char text[SCAN_HELLO_SIZE];
	char degraded[SCAN_DEGRADED_SIZE]; /* what is worse than it could be; "": nothing */
};

struct scan_detector {
	uint16_t index;
	char id[SCAN_ID_SIZE], title[SCAN_TITLE_SIZE];
	uint8_t mask_first, mask_last;
	uint8_t off; /* switched off: it finds nothing */
};

struct scan_worker { /* of WORKER, EXIT and KILL */
	uint16_t slot;
	uint32_t pid;
	uint8_t signal, code; /* of EXIT */
};

struct scan_msg {
	enum scan_msg_type type;
	union {
		struct scan_hello hello;
		struct scan_detector detector;
		struct scan_worker worker;
	};
};

/* The descriptors that come with SCAN_MSG_WORKER, in this order. */
enum { SCAN_FD_TEXT, SCAN_FD_FILE, SCAN_FD_PAGE, SCAN_FD_COUNT };

/* Texts that are too long are cut on a code point border. */
int scan_put_msg(struct buf *out, const struct scan_msg *m) __attribute__((warn_unused_result));
/* Takes any of the five; who may send which is for the caller to check. */
int scan_get_msg(struct buf *in, struct scan_msg *m_r) __attribute__((warn_unused_result));

#endif
