# workers of filterd-scan over their sockets, beside clamd (FILDES) with the same signatures. tests/bench/scan.c
exec "$build/tests/bench/scan" "$@"
