# The rule pack that is shipped; what an admin writes goes into files of its own.
rulesdir = $(sysconfdir)/filterd/rules
dist_rules_DATA = \
	rules/10-policy.rules \
	rules/20-payment.rules \
	rules/21-identity.rules \
	rules/22-payment-more.rules \
	rules/23-people.rules \
	rules/30-secrets.rules \
	rules/31-tokens.rules \
	rules/32-tokens-more.rules \
	rules/33-passwords.rules \
	rules/40-id-europe.rules \
	rules/41-id-americas.rules \
	rules/42-id-asia-pacific.rules \
	rules/50-health-id.rules \
	rules/51-health.rules \
	rules/60-crypto.rules \
	rules/70-markings.rules
