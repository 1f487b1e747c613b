#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t monotonic(uint64_t per_second)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * per_second + (uint64_t)ts.tv_nsec / (1000000000u / per_second);
}

uint64_t clock_ms(void) { return monotonic(1000); }
uint64_t clock_us(void) { return monotonic(1000000); }
uint64_t clock_ns(void) { return monotonic(1000000000); }

int64_t clock_wall_s(void)
{
	return (int64_t)time(NULL);
}

void clock_rfc3339(char dst[CLOCK_RFC3339_SIZE])
{
	struct timespec ts;
	struct tm tm;
	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	char day[20];
	strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(dst, CLOCK_RFC3339_SIZE, "%.19s.%03uZ", day, (unsigned)(ts.tv_nsec / 1000000) % 1000);
}
