/* Zip archives and the documents made of them (Office Open XML: ISO 29500-2; OpenDocument: ISO 26300-3): is all there?
 *
 * libclamav passes over members that it can't unpack, and says nothing; of a document that lacks its main part there is then
 * nothing to find.
 */
#ifndef FILTERD_EXTRACT_PACKAGE_H
#define FILTERD_EXTRACT_PACKAGE_H

#include "extract/archive.h"

#include <stdbool.h>

/* True if this layer is a zip archive of methods that libarchive unpacks too. */
bool package_may_be(const char *data, size_t size);

/* CAUSE_NONE if every member unpacks to its checksum and, if it is an office document (*office_r), its main part is there and XML.
 * Else *why_r (static text) says what is wrong.  The budget is counted down. */
enum cause package_check(const char *data, size_t size, struct archive_budget *budget, bool *office_r, const char **why_r)
	__attribute__((warn_unused_result));

#endif
