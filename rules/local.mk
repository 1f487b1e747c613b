# The rule pack that is shipped; what an admin writes goes into files of its own.
rulesdir = $(sysconfdir)/filterd/rules
dist_rules_DATA = \
	rules/10-policy.rules \
	rules/20-payment.rules \
	rules/21-identity.rules \
	rules/30-secrets.rules
