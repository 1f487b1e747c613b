/* Sorting without allocation or system calls: the C library's qsort() asks the kernel for the size of memory, which a
 * closed-in worker may not do. */
#ifndef FILTERD_DETECT_SORT_H
#define FILTERD_DETECT_SORT_H

#include <stddef.h>

/* In place, not stable, n log n in the worst case too (heap sort).  size is a multiple of four. */
void sort_items(void *items, size_t n, size_t size, int (*compare)(const void *a, const void *b));

#endif
