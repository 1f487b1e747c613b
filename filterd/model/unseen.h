/* Characters that show nothing of their own, and that detectors do not see either. */
#ifndef FILTERD_MODEL_UNSEEN_H
#define FILTERD_MODEL_UNSEEN_H

#include <stdbool.h>
#include <stdint.h>

/* True for combining marks (general categories Mn, Me), format characters (Cf) and the other default-ignorable ones of Unicode 14. */
bool unseen_is(uint32_t cp);

#endif
