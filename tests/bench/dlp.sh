# The matching engine against PCRE2 pattern by pattern: tests/bench/dlp.c
exec "$build/tests/bench/dlp" "${@:-$(dirname "$0")/../../rules}"
