# how it answers when it is called wrongly, when it is asked for help, and when there is no filterd
for arguments in "" "nonsense" "--nonsense" "rules" "quarantine" "scn" "rules chek" "rules list --detector x" "rules check a b" "rules match --wat"; do
	filterctl $arguments </dev/null
	echo "filterctl $arguments: exit status $?"
done
for arguments in "--help" "rules --help" "rules match --help" "edm build --help" "fingerprint -h" "scan --help" "help quarantine" "help audit" "help nix"; do
	echo "--- filterctl $arguments"
	filterctl $arguments </dev/null
	echo "exit status $?"
done
filterctl --control "$tmp/none" status
echo "no filterd: exit status $?"
