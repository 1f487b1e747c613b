#include "http/headers.h"

#include "http/name.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

static int64_t parse_length(const char *value)
{
	int64_t length = 0;
	size_t size = strlen(value);
	if (size < 1 || size > 18)
		return -1;
	for (; *value; value++) {
		if (*value < '0' || *value > '9')
			return -1;
		length = length * 10 + (*value - '0');
	}
	return length;
}

static enum MHD_Result look(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_size, const char *value,
                            size_t value_size)
{
	struct headers *h = arg;
	if (!is_token(name, name_size))
		h->is_broken = true;
	if (!value)
		value = "", value_size = 0;
	for (size_t i = 0; i < value_size; i++)
		if (((unsigned char)value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7f)
			h->is_broken = true;
	if (strcasecmp(name, "Content-Length") == 0) {
		h->lengths++;
		h->length = parse_length(value);
	} else if (strcasecmp(name, "Transfer-Encoding") == 0) {
		h->encodings++;
	} else if (strcasecmp(name, "Host") == 0) {
		h->hosts++;
	} else if (strcasecmp(name, "Content-Type") == 0) {
		if (h->types++ == 0)
			h->type = value;
	} else if (strcasecmp(name, "Authorization") == 0) {
		if (h->authorizations++ == 0)
			h->authorization = value;
	}
	return MHD_YES;
}

void headers_read(struct MHD_Connection *connection, struct headers *h_r)
{
	*h_r = (struct headers){.length = -1};
	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, look, h_r);
}

int headers_check(const struct headers *h, const char *version, const char **why_r)
{
	if (h->is_broken) {
		*why_r = "A header line is malformed.";
		return MHD_HTTP_BAD_REQUEST;
	}
	if (h->hosts > 1 || (h->hosts == 0 && strcmp(version, MHD_HTTP_VERSION_1_1) == 0)) {
		*why_r = "The request must have one Host header.";
		return MHD_HTTP_BAD_REQUEST;
	}
	return 0;
}

int headers_check_body(const struct headers *h, const char **why_r)
{
	/* Any transfer encoding, "identity" and unknown ones too: the size of a slot is known beforehand, so that
	 * nobody needs one, and a body with two descriptions of its end is how requests are smuggled. */
	if (h->encodings > 0) {
		*why_r = "Send the file with a Content-Length and without a transfer encoding.";
		return h->lengths > 0 ? MHD_HTTP_BAD_REQUEST : MHD_HTTP_LENGTH_REQUIRED;
	}
	if (h->lengths == 0) {
		*why_r = "A Content-Length is required.";
		return MHD_HTTP_LENGTH_REQUIRED;
	}
	if (h->lengths > 1 || h->length < 0 || h->types > 1 || h->authorizations > 1) {
		*why_r = "A header is there twice or malformed.";
		return MHD_HTTP_BAD_REQUEST;
	}
	return 0;
}
