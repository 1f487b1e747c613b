# Texts made to hurt: tests/bench/adversarial.c
exec "$build/tests/bench/adversarial" "${@:-$(dirname "$0")/../../rules}"
