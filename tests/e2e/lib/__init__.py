"""What the end-to-end tests, ./quickstart and the benchmarks share: servers, filterd and clients on loopback."""
