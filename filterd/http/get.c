#include "http/get.h"

#include "base/clock.h"
#include "base/text.h"
#include "http/name.h"
#include "http/range.h"
#include "http/reply.h"
#include "http/service.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_inline(const struct conf *conf, const char *type)
{
	for (size_t i = 0; i < conf->upload.inline_types.count; i++)
		if (strcmp(conf->upload.inline_types.item[i], type) == 0)
			return true;
	return false;
}

static bool is_visible(const struct upload_row *row, const char *segment)
{
	return row->state == UPLOAD_STATE_CLEAN && row->expires > clock_wall_s() && name_matches(segment, row->name);
}

static int add_file_headers(struct MHD_Response *response, const struct conf *conf, const struct upload_row *row,
                            const char *etag)
{
	char encoded[3 * UPLOAD_NAME_MAX + 1], disposition[sizeof encoded + 40];
	if (name_encode(row->name, encoded, sizeof encoded) < 0)
		return -1;
	snprintf(disposition, sizeof disposition, "%s; filename*=UTF-8''%s",
	         is_inline(conf, row->type) ? "inline" : "attachment", encoded); /* RFC 6266, RFC 8187 */
	return MHD_add_response_header(response, "Content-Type", *row->type ? row->type : "application/octet-stream") ==
	                               MHD_YES &&
	                       MHD_add_response_header(response, "Content-Disposition", disposition) == MHD_YES &&
	                       MHD_add_response_header(response, "Accept-Ranges", "bytes") == MHD_YES &&
	                       MHD_add_response_header(response, "ETag", etag) == MHD_YES
	               ? 0
	               : -1;
}

static enum MHD_Result send_file(struct upload_service *svc, struct conn *conn, struct MHD_Connection *connection,
                                 const struct upload_row *row)
{
	char etag[2 + 32 + 1] = "\"", range[80];
	int64_t first = 0, count = row->size;
	text_hex(etag + 1, row->sha256, 16);
	strcat(etag, "\"");
	const char *condition = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-Range");
	enum range_result part = RANGE_WHOLE;
	if (!condition || strcmp(condition, etag) == 0)
		part = range_parse(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Range"), row->size, &first,
		                   &count);
	if (part == RANGE_NONE) {
		struct MHD_Response *none = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
		snprintf(range, sizeof range, "bytes */%lld", (long long)row->size);
		if (none)
			MHD_add_response_header(none, "Content-Range", range);
		return reply_send(connection, MHD_HTTP_RANGE_NOT_SATISFIABLE, none);
	}
	int fd = uploads_open_file(svc->uploads, row);
	if (fd < 0)
		return reply_text(connection, MHD_HTTP_NOT_FOUND, "Not found.");
	struct MHD_Response *response = MHD_create_response_from_fd_at_offset64((uint64_t)count, fd, (uint64_t)first);
	if (!response) {
		close(fd);
		return MHD_NO;
	}
	int r = add_file_headers(response, svc->conf, row, etag);
	if (r == 0 && part == RANGE_PART) {
		snprintf(range, sizeof range, "bytes %lld-%lld/%lld", (long long)first, (long long)(first + count - 1),
		         (long long)row->size);
		r = MHD_add_response_header(response, "Content-Range", range) == MHD_YES ? 0 : -1;
	}
	if (r < 0) {
		MHD_destroy_response(response);
		return MHD_NO;
	}
	conn_enter(conn, CONN_REPLY, count);
	svc->stats.gets++;
	return reply_send(connection, part == RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, response);
}

enum MHD_Result get_answer(struct upload_service *svc, struct conn *conn, struct MHD_Connection *connection,
                           const char *url)
{
	char id[UPLOADS_ID_SIZE];
	const char *segment;
	struct upload_row *row = NULL;
	conn_enter(conn, CONN_REPLY, 0);
	/* One answer for all that is not there, not yet, no more, or was refused: it tells nothing. */
	if (!service_url_split(svc, url, id, &segment) || uploads_find(svc->uploads, id, &row) != 1 ||
	    !is_visible(row, segment)) {
		uploads_row_free(&row);
		return reply_text(connection, MHD_HTTP_NOT_FOUND, "Not found.");
	}
	enum MHD_Result r = send_file(svc, conn, connection, row);
	uploads_row_free(&row);
	return r;
}
