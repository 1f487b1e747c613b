# every mistake in filterd.conf is named with file and line, and says what to do
# lines 1 to 3 are sound; the mistake is in line 4
base='user = "nobody"; state_dir = "/tmp/x"; run_dir = "/tmp/y"; rules = "'$top'/rules";
scan = { signatures = "'$top'/signatures"; official = ""; };
links = ( { domain = "filter.example.test"; secret_file = "'$tmp'/secret"; guards = [ "example.test" ]; } );'
(umask 077 && echo secret >"$tmp/secret")
try() {
	printf '%s\n%s\n' "$base" "$2" >"$tmp/filterd.conf"
	filterd -t -c "$tmp/filterd.conf"
	echo "$1: exit status $?"
}
try "unknown section" 'colours = { sky = "blue"; };'
try "unknown option" 'upload = { lissten = "127.0.0.1"; };'
try "wrong type" 'upload = { port = "many"; };'
try "out of bounds" 'upload = { listen = "127.0.0.1"; port = 70000; };'
try "syntax" 'upload = { port = ; };'
try "malware may not pass" 'policy = ( { from = "*"; to = "*"; malware = "deliver"; } );'
try "unknown zone" 'policy = ( { from = "nowhere"; to = "*"; } );'
try "unknown cause" 'policy = ( { from = "*"; to = "*"; on_failure = { sadness = "block"; }; } );'
try "no address" 'upload = { listen = "127.0.0.300"; };'
mkdir "$tmp/rules"
cat >"$tmp/rules/a.rules" <<'EOT'
detectors: ( { id = "x"; title = "x"; patterns = ( { regex = "xyzzy"; confidence = 60; } ); } );
rules: ( { id = "r"; when = { from = [ "internel" ]; to = [ "public", "*" ]; }; detect = ( { detector = "x"; } ); action = "block"; } );
EOT
sound=$base base=${base/"$top/rules"/"$tmp/rules"}
try "unknown zone in a rule (a warning)" ''
base=${base/"/tmp/x"/"$tmp/none/x"}
try "folder that can't be made" ''
base=$sound
chmod 644 "$tmp/secret"
try "secret that others can read" ''
rm "$tmp/secret"
try "no secret file" ''
filterd -t -c "$tmp/none.conf"
echo "no file: exit status $?"
