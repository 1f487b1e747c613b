#include "detect/sort.h"

#include <stdint.h>
#include <string.h>

enum { SORT_FEW = 24 }; /* below, moving one by one is faster */

static void swap(char *a, char *b, size_t size)
{
	for (size_t i = 0; i < size; i += 4) { /* a call of memcpy() would cost more than the items */
		uint32_t t, u;
		memcpy(&t, a + i, 4);
		memcpy(&u, b + i, 4);
		memcpy(a + i, &u, 4);
		memcpy(b + i, &t, 4);
	}
}

static void sift(char *items, size_t n, size_t size, size_t i, int (*compare)(const void *, const void *))
{
	for (size_t kid; (kid = 2 * i + 1) < n; i = kid) {
		if (kid + 1 < n && compare(items + kid * size, items + (kid + 1) * size) < 0)
			kid++;
		if (compare(items + i * size, items + kid * size) >= 0)
			return;
		swap(items + i * size, items + kid * size, size);
	}
}

void sort_items(void *list, size_t n, size_t size, int (*compare)(const void *a, const void *b))
{
	char *items = list;
	size_t i = 1;
	while (i < n && compare(items + (i - 1) * size, items + i * size) <= 0)
		i++;
	if (i >= n)
		return; /* as findings mostly are */
	for (; n <= SORT_FEW && i < n; i++)
		for (size_t k = i; k > 0 && compare(items + (k - 1) * size, items + k * size) > 0; k--)
			swap(items + (k - 1) * size, items + k * size, size);
	if (n <= SORT_FEW)
		return;
	for (i = n / 2; i > 0; i--)
		sift(items, n, size, i - 1, compare);
	for (i = n - 1; i > 0; i--) {
		swap(items, items + i * size, size);
		sift(items, i, size, 0, compare);
	}
}
