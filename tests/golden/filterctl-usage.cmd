# how it answers when it is called wrongly, and when there is no filterd
for arguments in "" "nonsense" "--nonsense" "rules" "quarantine"; do
	filterctl $arguments </dev/null
	echo "filterctl $arguments: exit status $?"
done
filterctl --control "$tmp/none" status
echo "no filterd: exit status $?"
