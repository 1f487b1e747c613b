/* One message's place among those before it: the texts that it makes together with them, and what was found in these.
 *
 * A part of a secret that was delivered can't be taken back; when the part that completes it comes, that one is judged
 * as if it were all.  Texts that come to nobody leave the window again, and a masked text stands there masked.  A correction (XEP-0308)
 * is looked at in the place of what it corrects, and behind everything, too: recipients saw both.
 */
#ifndef FILTERD_FLOW_ACROSS_H
#define FILTERD_FLOW_ACROSS_H

#include "flow/recent.h"
#include "flow/stanza.h"
#include "model/reading.h"
#include "model/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ACROSS_TEXTS_MAX = READINGS_MAX, ACROSS_COPIES_MAX = 1024 };

/* Plain data; all zero takes no part. */
struct across {
	struct reading *readings; /* n, in the stanza's arena; texts behind those of the stanza */
	size_t n;
	uint32_t text;       /* of the stanza: its body, or the one of several that says most */
	uint64_t number;     /* of the text in its window, or 0: it takes no part */
	uint64_t corrects;   /* number of the text whose place it takes, or 0 */
	bool found;          /* something is news */
	struct {             /* what of it ends a number that may go on */
		size_t reading;
		struct finding at; /* in the reading; of confidence 0: nothing does */
	} end;
};

/* Puts the stanza's body in its window, and makes what is to be looked at with it: texts look_at[0..n).  sender: a JID.  window_s: seconds; 0:
 * windows are off.  -1 without memory: then the message was not looked at in full. */
int across_begin(struct across *a, struct recent *r, const struct stanza *s, const char *sender, int window_s) __attribute__((warn_unused_result));
/* Makes a finding in reading i one of the body.  False if it is no news (model/reading.h) beside own[0..nown), the findings in the stanza's texts. */
bool across_map(struct across *a, const struct stanza *s, size_t i, struct finding *f, const struct finding *own, size_t nown);
/* All of them are made.  True if the text is the rest of a number that was found before (model/rest.h): then *f_r is a finding more, of the body.
 * generation: whose detectors they are of. */
bool across_rest(struct across *a, struct recent *r, const struct stanza *s, const char *sender, uint32_t generation, struct finding *f_r);
/* Where the same text stands in the message's other texts (bodies of other languages, XHTML-IM, extensions): what completes a secret does so
 * there, too.  Returns how many places there are; out, if not NULL, has room for them.  f: made by across_map(). */
size_t across_copies(const struct stanza *s, const struct finding *f, struct finding *out);
/* True if another body or XHTML of the message may say the same in other characters: then masking what across_copies() names is not enough. */
bool across_hides(const struct stanza *s, const struct finding *f);
/* Says what recipients saw of the body: the text (the masked one too), or nothing (NULL). */
void across_end(const struct across *a, struct recent *r, const struct stanza *s, const char *sender, const char *text, size_t size);

#endif
