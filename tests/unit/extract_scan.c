/* extract: whatever libclamav passes over in silence must not end as clean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
int main(void) { return 0; }
