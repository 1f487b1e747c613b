/* Working memory and budget of one scanning process. */
#ifndef FILTERD_DETECT_SCAN_H
#define FILTERD_DETECT_SCAN_H

#include "detect/set.h"
#include "detect/view.h"

enum { SCAN_SPANS_MAX = 10000, SCAN_SPANS_PER_DETECTOR_MAX = 1000 };

/* What all stages of one call share: when it is used up, the rest is not looked at and the caller says so. */
struct budget {
	uint64_t deadline_us;
	unsigned ticks;
	int over;
};

/* A finding in view offsets. */
struct span {
	uint32_t start, end;
	uint16_t detector;
	uint8_t confidence;
};

struct detect_scratch {
	struct view view;
	struct regex_run run, exclude_run; /* an exclusion must not overwrite the match it judges */
	char *low;       /* the view in lower case, made when evidence is first asked for */
	size_t low_size, low_cap;
	int low_made;
	struct span *spans;
	size_t nspans;
	uint16_t *per_detector; /* spans of each, in the text at hand */
	size_t ndetectors;
	struct budget budget;
};

/* 0 while the budget lasts.  Reads the clock every few calls only. */
int budget_spent(struct budget *b);

#endif
