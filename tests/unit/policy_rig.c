#include "policy_rig.h"

#include "conf/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

int policy_rig_read(struct policy_rig *rig, const char *config, const char *rules, const char *const *ids, size_t n)
{
	*rig = (struct policy_rig){ 0 };
	assert_int_equal(bundle_add_data(&rig->bundle, BUNDLE_CONFIG, "c", config, strlen(config)), 0);
	assert_int_equal(bundle_add_data(&rig->bundle, BUNDLE_RULES, "bad.rules", rules, strlen(rules)), 0);
	if (conf_parse(&rig->bundle, &rig->conf, &rig->err) < 0)
		fail_msg("%s:%d: %s", rig->err.file, rig->err.line, rig->err.text);
	rig->arena = arena_new(1 << 22);
	if (policy_rules_parse(&rig->bundle, &rig->rules, &rig->err) < 0 || policy_rules_check(rig->rules, rig->conf, &rig->err) < 0)
		return -1;
	return policy_rules_bind(rig->rules, ids, n, &rig->err);
}

void policy_rig_end(struct policy_rig *rig)
{
	arena_free(&rig->arena);
	policy_rules_free(&rig->rules);
	conf_free(&rig->conf);
	bundle_free(&rig->bundle);
}
