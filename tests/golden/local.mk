# What ./check, ./quickstart and tests/bench/run consist of
EXTRA_DIST += .ci/run tests/tools.sh tests/golden tests/e2e tests/transcripts tests/bench/run tests/bench/messages.py \
	filterd/FORMAT.edm filterd/FORMAT.fingerprint filterd/PROTOCOL.inspect filterd/PROTOCOL.recorder filterd/PROTOCOL.scan
# a build in the tree leaves more in those folders than belongs there
dist-hook:
	-find '$(distdir)/tests' -name __pycache__ -exec rm -rf {} +
	-rm -rf '$(distdir)'/tests/e2e/upload_host '$(distdir)'/tests/e2e/*.o '$(distdir)'/tests/e2e/.deps '$(distdir)'/tests/e2e/.dirstamp
