/* What libclamav's alert names and return codes mean: malware, or a scan that did not come to its end. */
#ifndef FILTERD_EXTRACT_ALERT_H
#define FILTERD_EXTRACT_ALERT_H

#include "model/verdict.h"

#include <clamav.h>

/* CAUSE_NONE if the name is that of malware; the cause if it says why something was not scanned.
 * NULL, which libclamav gives for a file above its size limit, is CAUSE_TOO_BIG. */
enum cause alert_cause(const char *name);
/* For any code but CL_CLEAN and CL_VIRUS. */
enum cause alert_cause_of_code(cl_error_t code);
/* For a warning or error of the library during a scan; CAUSE_NONE for those that do not make a scan incomplete. */
enum cause alert_cause_of_message(const char *msg);
/* Of two causes the one to report: "encrypted", which many sites let pass, never hides another one. */
enum cause alert_stronger(enum cause a, enum cause b);

#endif
