/* Keyed words for values that were found: for events, for the allow-list, for people who get a redacted text.  Separators do not count
 * (policy_plain()), so that a card number has one hash however it is written. */
#ifndef FILTERD_FLOW_VALUE_H
#define FILTERD_FLOW_VALUE_H

#include <stddef.h>

enum { VALUE_KEY = 32, VALUE_HASH = 8, VALUE_HASH_SIZE = 2 * VALUE_HASH + 1, VALUE_TOKEN_SIZE = 9 };

/* HMAC-SHA-256, cut: the same value has the same hash, yet it can't be guessed from it without the key.  -1 without memory. */
int value_hash(const unsigned char key[VALUE_KEY], const char *value, size_t size, unsigned char hash_r[VALUE_HASH]) __attribute__((warn_unused_result));
/* 8 hex digits, of which at most three decimal ones are in a row: no number to any detector.  They have a key of their own, so
 * that nobody who sees tokens and events can tell which belong together.  -1 without memory. */
int value_token(const unsigned char key[VALUE_KEY], const char *value, size_t size, char token_r[VALUE_TOKEN_SIZE]) __attribute__((warn_unused_result));

#endif
