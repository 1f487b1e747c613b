# fragment of rules/
