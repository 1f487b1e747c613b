# fragment of man/
