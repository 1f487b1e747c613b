# The rule pack that is shipped; what an admin writes goes into files of its own.
rulesdir = $(sysconfdir)/filterd/rules
dist_rules_DATA = \
	rules/10-policy.rules \
	rules/20-payment.rules \
	rules/21-identity.rules \
	rules/30-secrets.rules
dist_rules_DATA += \
	rules/40-id-europe.rules \
	rules/41-id-americas.rules \
	rules/42-id-asia-pacific.rules \
	rules/50-health-id.rules
