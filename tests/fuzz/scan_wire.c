/* Everything that arrives from workers and the nursery: first byte chooses the message. */
#include "ipc/scan_wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct finding findings[SCAN_FINDINGS_MAX];
	static struct scan_file_finding file_findings[SCAN_FINDINGS_MAX];
	static const struct scan_text sent_text = { ROLE_BODY, "caf\xc3\xa9 4012 8888", 15 };
	const struct scan_text_job sent = { .seq = 1, .ntexts = 1, .texts = &sent_text };
	const struct scan_file_job file = { .seq = 1, .kind = size & 1 ? SCAN_KIND_FILE : SCAN_KIND_TEXT, .size = 15 };
	struct scan_text texts[SCAN_TEXTS_MAX];
	struct scan_text_job text_job;
	struct scan_file_job file_job;
	struct scan_text_answer text_answer;
	struct scan_file_answer file_answer;
	struct scan_msg msg;
	struct buf in;
	if (size == 0)
		return 0;
	buf_view(&in, data + 1, size - 1);
	switch (data[0]) {
	case 't':
		while (scan_get_text_answer(&in, &sent, 3, findings, &text_answer) == SCAN_WIRE_OK)
			for (size_t i = 0; i < text_answer.n; i++)
				if (text_answer.findings[i].end > sent_text.size || text_answer.findings[i].detector >= 3)
					abort();
		break;
	case 'f':
		if (scan_get_file_answer(&in, &file, 3, file_findings, &file_answer) == SCAN_WIRE_OK &&
		    file_answer.status == SCAN_CLEAN && file_answer.cause != CAUSE_NONE)
			abort();
		break;
	case 'T': (void)!scan_get_text_job(&in, texts, &text_job); break;
	case 'F': (void)!scan_get_file_job(&in, &file_job); break;
	default: (void)!scan_get_msg(&in, &msg); break;
	}
	return 0;
}
