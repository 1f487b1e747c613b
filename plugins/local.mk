# fragment of plugins/
