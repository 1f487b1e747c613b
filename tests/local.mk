# Unit tests: tests/unit/<room>_<what>.c; each room adds its own in tests/unit/<room>.mk
include tests/unit/base.mk
include tests/unit/model.mk
include tests/unit/ipc.mk
include tests/unit/conf.mk
include tests/unit/proc.mk
include tests/unit/xmpp.mk
include tests/unit/http.mk
include tests/unit/policy.mk
include tests/unit/store.mk
include tests/unit/audit.mk
include tests/unit/control.mk
include tests/unit/extract.mk
include tests/unit/detect.mk
include tests/unit/flow.mk
include tests/unit/worker.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
