# What ./check, ./quickstart and tests/bench/run consist of
EXTRA_DIST += .ci/run tests/tools.sh tests/golden tests/e2e tests/bench/run tests/bench/messages.py
dist-hook:
	-find '$(distdir)/tests' -name __pycache__ -exec rm -rf {} +
