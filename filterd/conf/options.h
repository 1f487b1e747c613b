/* Every option of the configuration file, one row each.
 *
 * The table alone decides what the file may say: the parser (conf/conf.c), `filterd --options` and the
 * test that compares filterd.conf(5) with it all read it.  What a single row can't express (one
 * option that needs another) is checked in conf/check.c.
 */
#ifndef FILTERD_CONF_OPTIONS_H
#define FILTERD_CONF_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum option_type {
	OPTION_TEXT,       /* char *; min and max are its length in bytes */
	OPTION_PATH,       /* char *: absolute, or "" where the default is "" */
	OPTION_SOCKET,     /* the same, short enough for a UNIX socket address */
	OPTION_DOMAIN,     /* char *: a domain name, made lower case */
	OPTION_WORD,       /* char *: one of choices */
	OPTION_CHOICE,     /* int: index of the word in choices */
	OPTION_INT,        /* int */
	OPTION_SIZE,       /* int64_t: a number, or text such as "100M" */
	OPTION_BOOL,       /* bool */
	OPTION_TEXTS,      /* struct conf_strings */
	OPTION_DOMAINS,    /* struct conf_strings of domain names, with "*." in front where choices says "starred" */
	OPTION_ACTION,     /* enum action, one of choices */
	OPTION_CAUSES,     /* enum action [CAUSE_COUNT]: one action for all causes, or a group of them */
	OPTION_TYPES
};

struct option {
	const char *name;
	enum option_type type;
	size_t offset;           /* in the section's struct */
	int64_t min, max;        /* bounds of a number, of a text's length, or of how many texts */
	int64_t number;          /* default of numbers */
	const char *text;        /* default of texts, choices and actions; NULL = must be given.  A leading
	                            "$run_dir" stands for that option's value */
	const char *choices;     /* words, separated by '|'; OPTION_DOMAINS: "starred" or NULL */
	const char *help;
};

/* A section is the top of the file, a group `name = { … };`, or a list of groups `name = ( { … }, … );` */
enum section_form { SECTION_TOP, SECTION_GROUP, SECTION_LIST };

struct section {
	const char *name;
	enum section_form form;
	size_t offset;           /* in struct conf: the section's struct, or the pointer to the first of a list */
	size_t count_offset;     /* of a list: its size_t count in struct conf */
	size_t item_size;        /* of a list: bytes of one */
	size_t max;              /* of a list: how many */
	const struct option *options;
	size_t noptions;
	const char *help;
};

extern const struct section conf_sections[];
extern const size_t conf_nsections;

/* "links.domain", "user": how error messages and the man page call an option. */
void option_full_name(const struct section *s, const struct option *o, char *dst, size_t dst_size);
/* "a whole number", "text", … */
const char *option_type_words(enum option_type type);
/* What an option may be and what it is when left out, in words: "whole number, 0 to 64; default 0". */
void option_describe(const struct option *o, char *dst, size_t dst_size);

#endif
