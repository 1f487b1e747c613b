/* Signed notes and verifier keys, as an admin may paste them. */
#include "audit/note.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[NOTE_KEY] = { 1 };
	struct note_verifier v, parsed;
	struct checkpoint c;
	char *text = malloc(size + 1);
	if (!text || note_verifier_make("a/audit", seed, &v) < 0)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (note_open(text, size, &v, &c) == 0 && c.origin[0] == '\0')
		abort();
	if (note_verifier_parse(text, &parsed) == 0) {
		char again[NOTE_VERIFIER_SIZE];
		note_verifier_print(&parsed, again);
		if (strncmp(again, text, strlen(again)) != 0)
			abort();
	}
	free(text);
	return 0;
}
