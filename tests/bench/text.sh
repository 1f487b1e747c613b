# text jobs through a sandboxed worker of filterd-scan, with no rules, 10 and 300. tests/bench/text.c
exec "$build/tests/bench/text" "$@"
