/* Signed notes and checkpoints: C2SP signed-note and tlog-checkpoint, Ed25519 (RFC 8032). */
#ifndef FILTERD_AUDIT_NOTE_H
#define FILTERD_AUDIT_NOTE_H

#include <stddef.h>
#include <stdint.h>

enum { NOTE_KEY = 32, NOTE_NAME_SIZE = 256, NOTE_VERIFIER_SIZE = 400, NOTE_SIZE = 2048 };

struct note_verifier {
	char name[NOTE_NAME_SIZE];  /* key name; a checkpoint's origin has the same */
	uint8_t id[4];
	uint8_t public_key[NOTE_KEY];
};

struct checkpoint {
	char origin[NOTE_NAME_SIZE];
	uint64_t size;
	uint8_t root[32];
};

/* The verifier that belongs to a secret key (its 32-byte seed).  Names have no space, "+" or control character. */
int note_verifier_make(const char *name, const uint8_t seed[NOTE_KEY], struct note_verifier *v_r) __attribute__((warn_unused_result));
/* Verifier key text, "<name>+<id>+<base64>"; -1 if it is none, or its id does not fit. */
int note_verifier_parse(const char *text, struct note_verifier *v_r) __attribute__((warn_unused_result));
void note_verifier_print(const struct note_verifier *v, char text_r[NOTE_VERIFIER_SIZE]);

/* A checkpoint signed with seed, as a NUL-terminated note. */
int note_sign(const struct checkpoint *c, const struct note_verifier *v, const uint8_t seed[NOTE_KEY], char note_r[NOTE_SIZE])
	__attribute__((warn_unused_result));
enum { NOTE_MALFORMED = -1, NOTE_UNSIGNED = -2, NOTE_FORGED = -3 };
/* 0 if v has signed the note, whose text is its first *text_size_r bytes.  Lines of unknown keys are ignored. */
int note_verify(const char *note, size_t size, const struct note_verifier *v, size_t *text_size_r) __attribute__((warn_unused_result));
/* The same for a checkpoint, which is read. */
int note_open(const char *note, size_t size, const struct note_verifier *v, struct checkpoint *c_r) __attribute__((warn_unused_result));

#endif
