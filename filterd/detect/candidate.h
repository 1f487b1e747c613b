/* A pattern that may match: PCRE2 is run where it may, and what it finds is judged by validators, exclusions and evidence. */
#ifndef FILTERD_DETECT_CANDIDATE_H
#define FILTERD_DETECT_CANDIDATE_H

#include "detect/scratch.h"

struct candidate {
	const struct detect_set *set;
	struct detect_scratch *s; /* whose view is the text */
	const struct pattern *p;
	size_t window; /* PCRE2 sees the view up to here */
};

/* All matches that begin in [from, last], as PCRE2 finds them one behind the other.  Returns where to go on. */
size_t candidate_all(struct candidate *c, size_t from, size_t last);
/* The same for a pattern that comes to a text in several pieces: none is looked at twice. */
void candidate_piece(struct candidate *c, size_t from, size_t last);
/* What PCRE2 finds at start and nowhere else.  Returns where it ends; start: nothing, or what is refused. */
size_t candidate_at(struct candidate *c, size_t start);
/* A match that is known without PCRE2.  Notes the sensitive part [start, end) if it stands.  1: it stands, 0: it doesn't. */
int candidate_part(struct candidate *c, size_t start, size_t end, size_t match_start, size_t match_end);

/* Takes down a place that stands, unless required evidence is missing: without evidence it has no more confidence than cap. */
void candidate_note(const struct detect_set *set, struct detect_scratch *s, uint16_t detector, int base, int cap, size_t start, size_t end,
                    size_t match_start, size_t match_end);
/* The same for what is no pattern's, a record or a composite, without a cap. */
void scan_note(const struct detect_set *set, struct detect_scratch *s, uint16_t detector, int base, size_t start, size_t end);
/* And for a passage of a registered document. */
void scan_note_document(const struct detect_set *set, struct detect_scratch *s, uint16_t detector, int base, size_t start, size_t end,
                        const struct prints_found *f);

#endif
