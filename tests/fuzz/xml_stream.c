/* The stream of a component link, cut as the first byte says. */
#include "xmpp/xml.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_open(void *ctx, const struct xml_node *e) { (void)xml_attr(e, "id"); }
static void on_element(void *ctx, const struct xml_node *e)
{
	struct buf b;
	buf_init(&b, 8 << 20);
	(void)!xml_write(&b, e, "jabber:component:accept");
	buf_free(&b);
}
static void on_close(void *ctx) {}
static const struct xml_stream_ops ops = { on_open, on_element, on_close };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xml_stream *s = xml_stream_new(&ops, NULL);
	size_t bite = size ? data[0] + 1u : 1;
	for (size_t at = 1; s && at < size; at += bite)
		if (xml_stream_feed(s, (const char *)data + at, size - at < bite ? size - at : bite, bite % 2) < 0)
			break;
	xml_stream_free(&s);
	return 0;
}
