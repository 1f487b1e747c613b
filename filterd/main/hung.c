#include "main/hung.h"

#include "main/supervise.h"
#include "main/words.h"

#include <signal.h>

enum {
	PINGS_MAX = 5,             /* a broker that leaves so many unanswered is hung */
	PINGS_START_MAX = 20,      /* … when it has not answered any yet: it may be starting on a slow machine */
};

void hung_ping_broker(struct monitor *m, uint64_t now_ms)
{
	struct pings *p = &m->pings;
	if (m->broker_fd < 0 || now_ms < p->next_ms)
		return;
	if (p->last - p->answered >= (p->answered ? PINGS_MAX : PINGS_START_MAX)) {
		m->hung = (struct hung){ m->broker.pid, "it did not answer in time" };
		supervise_end_broker(m, m->hung.reason);
		return;
	}
	p->next_ms = now_ms + SUPERVISE_PING_MS;
	words_say(m, &(struct monitor_msg){ .type = MONITOR_PING, .id = ++p->last });
}

void hung_take_pong(struct monitor *m, uint32_t id)
{
	struct pings *p = &m->pings;
	if (id > p->answered && id <= p->last)
		p->answered = id;
}

/* It serves on with the workers it has until another does: what is wrong may keep the next from starting, too. */
void hung_nursery(struct monitor *m, uint32_t generation)
{
	if (generation != m->nursery_generation || m->nursery.pid == 0 || m->wrecked)
		return; /* it has been replaced or has ended meanwhile */
	m->wrecked = true;
	/* one that goes wrong again and again is not loaded again and again */
	m->nursery.start_at_ms = m->nursery.started_ms + SUPERVISE_LIFE_GOOD_MS;
	words_hung(m, "nursery", m->nursery.pid, "it did not replace its workers in time");
}

void hung_recorder(struct monitor *m, uint32_t number)
{
	if (number != m->recorders || m->recorder.pid == 0)
		return; /* the broker speaks of one before */
	words_hung(m, "recorder", m->recorder.pid, "it did not answer in time");
	kill(m->recorder.pid, SIGKILL);
}
