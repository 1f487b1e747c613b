/* Verification of a journal's files by recomputing everything from the entries; needs no secret. */
#ifndef FILTERD_AUDIT_VERIFY_H
#define FILTERD_AUDIT_VERIFY_H

#include "audit/note.h"

#include <stddef.h>
#include <stdint.h>

enum { JOURNAL_FAULTS_MAX = 20 };

struct journal_report {
	char origin[NOTE_NAME_SIZE];
	uint64_t covered;      /* entries under the checkpoint */
	uint64_t beyond;       /* good entries that no checkpoint covers yet */
	uint64_t torn_bytes;   /* unfinished bytes at the tail's end: a write under way, or a crash before its repair */
	uint8_t root[32];
	size_t nfaults;        /* 0: the journal is sound.  More may be counted than kept */
	struct {
		char path[128];
		char text[160];
	} fault[JOURNAL_FAULTS_MAX];
};

/* Checks all of dir against its checkpoint, signed by v.  before (or NULL): an older checkpoint, from syslog or
 * another machine, that this journal must continue; a rollback or a rewrite shows against it.
 * 0 if sound, -1 with faults.  Works beside a running recorder. */
int journal_verify(const char *dir, const struct note_verifier *v, const struct checkpoint *before, struct journal_report *report_r)
	__attribute__((warn_unused_result));

#endif
