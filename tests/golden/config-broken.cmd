# every mistake in filterd.conf is named with file and line, and says what to do
base='user = "nobody"; state_dir = "/tmp/x"; run_dir = "/tmp/y"; rules = "'$top'/rules";
scan = { signatures = "'$top'/signatures"; official = ""; };'
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
try "secret file missing" 'links = ( { domain = "filter.example.test"; serves = "filter"; host = "127.0.0.1"; port = 5347;
  secret_file = "'$tmp'/none"; guards = [ "example.test" ]; } );'
filterd -t -c "$tmp/none.conf"
echo "no file: exit status $?"
