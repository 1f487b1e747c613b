/* Time.  Durations and deadlines use the monotonic clock; stamps people read use the wall clock. */
#ifndef FILTERD_BASE_CLOCK_H
#define FILTERD_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

uint64_t clock_ms(void);      /* monotonic, milliseconds */
uint64_t clock_us(void);      /* monotonic, microseconds */
uint64_t clock_ns(void);      /* monotonic, nanoseconds */
int64_t clock_wall_s(void);   /* Unix time, seconds */
/* RFC 3339 in UTC with milliseconds, "2026-11-25T02:04:15.123Z"; dst holds at least 25 bytes. */
enum { CLOCK_RFC3339_SIZE = 25 };
void clock_rfc3339(char dst[CLOCK_RFC3339_SIZE]);

#endif
