/* Numbers as words: what stands for a digit, or for two, in the languages of the shipped packs and their neighbours.
 *
 * The words are those of the view: without accents, case does not count.
 */
#ifndef FILTERD_DETECT_DIGITWORDS_H
#define FILTERD_DETECT_DIGITWORDS_H

#include <stddef.h>
#include <stdint.h>

/* What a word can be. */
enum {
	DIGITWORD_GAP = 100,    /* the name of a separator: dash, Strich */
	DIGITWORD_AND = 101,    /* between a ten and a unit: cuarenta y dos */
	DIGITWORD_TWICE = 102,  /* the next digit counts so often: double, triple, quadruple */
	DIGITWORD_MAX = 104,
};

enum { DIGITWORD_READINGS = 4 };

/* A word, or its beginning of so many bytes. */
struct digitword {
	uint8_t size;
	uint8_t n;                              /* readings, by the order of the languages */
	uint8_t value[DIGITWORD_READINGS];      /* 0 to 99, or one of the above */
	uint64_t languages[DIGITWORD_READINGS]; /* bit n: a language */
};

/* Builds the tables on first use; needs view_init().  -1 without memory. */
int digitwords_init(void) __attribute__((warn_unused_result));

/* The longest word that s begins with, if one of these languages has it.  whole: it may not go on in a letter of ASCII or of two bytes.
 * 0: none. */
int digitword_at(const char *s, size_t size, uint64_t languages, int whole, struct digitword *w_r);

/* Might [s, s + size), a whole row of letters, be such a word, or a part of one at a mark?  At a glance. */
int digitword_possible(const char *s, size_t size);
/* The same of the three bytes of one code point from U+0800 on: might a word begin in it? */
int digitword_possible3(const char *s);

#endif
