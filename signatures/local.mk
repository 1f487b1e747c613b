# fragment of signatures/
