#include "flow/broker.h"

#include "base/text.h"
#include "policy/zones.h"

#include <openssl/rand.h>
#include <string.h>

void broker_reference(char ref_r[EVENT_REF_SIZE])
{
	unsigned char random[(EVENT_REF_SIZE - 1) / 2];
	if (RAND_bytes(random, sizeof random) != 1)
		memset(random, 0, sizeof random); /* still a reference, though not a unique one */
	text_hex(ref_r, random, sizeof random);
}

void broker_report(struct broker *b, const struct event_record *e)
{
	report_event(b->report, e);
}

size_t broker_all_zones(const struct conf *conf, const char **zones_r)
{
	size_t n = 0;
	for (size_t i = 0; i < conf->nzones; i++)
		zones_r[n++] = conf->zones[i].name;
	zones_r[n++] = ZONE_PUBLIC;
	return n;
}
