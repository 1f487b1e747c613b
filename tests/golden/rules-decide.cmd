# what rules make of a text, where it is said to go
cat >"$tmp/staff.rules" <<'END'
detectors: (
  { id = "staff-number"; title = "Staff number"; patterns = ( { regex = "\bEMP-\d{6}\b"; confidence = 60; } );
    evidence = ( { any = [ "staff", "employee" ]; within = 60; add = 30; } ); mask = { keep_last = 2; }; },
  { id = "relocation"; title = "Words of relocations"; words = ( { any = [ "moved" ]; confidence = 60; } ); },
  { id = "sample"; title = "Mark of samples"; words = ( { any = [ "sample" ]; confidence = 60; } ); }
);
rules: (
  { id = "no-staff-numbers-outside"; when = { to = [ "partners", "public" ]; }; detect = ( { detector = "staff-number"; confidence = 75; } );
    action = "redact"; notice = { en = "Staff numbers may not leave."; de = "Personalnummern bleiben hier."; }; },
  { id = "relocations"; priority = -1; action = "redact"; redact = { token = true; }; any = ( { detector = "relocation"; } ); },
  { id = "staff-drip"; mode = "monitor"; severity = "high"; actions = [ "block", "alert" ];
    any = ( { detector = "staff-number"; count = 2; distinct = true; per = "sender"; within = "24h"; } ); },
  { id = "staff-list"; actions = [ "block", "silent" ]; when = { direction = "outgoing"; channel = "groupchat"; };
    all = ( { detector = "staff-number"; }, { any = ( { detector = "relocation"; count = 2; }, { detector = "staff-number"; count = 2; } ); } );
    none = ( { detector = "sample"; } ); },
  { id = "staff-by-hr"; action = "block"; when = { not_users = [ "hr@example.org" ]; recipients = [ "press@example.com" ]; };
    any = ( { detector = "staff-number"; } ); },
  { id = "old"; mode = "off"; action = "block"; any = ( { detector = "staff-number"; } ); },
  { id = "loose"; action = "redact"; redact = { label = "employee EMP-000000"; }; when = { channel = "normal"; };
    any = ( { detector = "relocation"; } ); }
);
allow: ( { sender = "boss@example.org"; rule = "staff-by-hr"; until = "2199-01-01"; reason = "may"; } );
END
cat >"$tmp/filterd.conf" <<END
links = ( { domain = "filter.example.org"; secret_file = "/nonexistent"; } );
rules = "$tmp/staff.rules";
zones = ( { name = "home"; domains = [ "example.org" ]; own = true; }, { name = "partners"; domains = [ "partner.example" ]; } );
policy = ( { from = "home"; to = "partners"; talk = false; } );
END
text="ask employee EMP-204417, who has moved"
try() {
	echo "--- $*"
	printf '%s\n' "$text" | filterctl "$@"
	status=$?
	[ $status = 0 ] || echo "exit status $status"
}
try rules match --rules "$tmp/staff.rules"
try rules match --rules "$tmp/staff.rules" --json --lang de-AT --to partners --to public
try rules explain --rules "$tmp/staff.rules" --detector relocation --direction internal
try rules explain --rules "$tmp/staff.rules" --json --from boss@example.org --to press@example.com
try -c "$tmp/filterd.conf" rules match --from hr@example.org --to press@example.com
try -c "$tmp/filterd.conf" rules match --to x@partner.example
try rules match -c "$tmp/filterd.conf" --to nowhere
try rules match --rules "$tmp/staff.rules" --channel normal --to internal
try rules match --rules "$tmp/staff.rules" --channel upload
try rules match --rules "$tmp/staff.rules" --channel fax
try rules match --rules "$tmp/staff.rules" --direction inward
try rules match --rules "$tmp/staff.rules" --direction incoming --from internal
text="employees EMP-204417 and EMP-204418"
try rules match --rules "$tmp/staff.rules" --channel groupchat
text="nothing of interest"
try rules match --rules "$tmp/staff.rules"
text='{"id": 1, "text": "employee EMP-204417"}
{"id": 2, "text": "nothing"}
{"id": 3, "messages": ["staff", {"from": "a", "body": "employee EMP-20"}, {"from": "a", "body": "4418"}]}'
try rules match --rules "$tmp/staff.rules" --jsonl --decide
try rules match --rules "$tmp/staff.rules" --jsonl --direction internal
# what rules count over time is counted in a conversation; who is named by an address is its sender
text='{"id": 1, "messages": [{"from": "a", "body": "EMP-204417"}, {"from": "b", "body": "EMP-204418"}, {"from": "a", "body": "EMP-204417 again"}, {"from": "a", "body": "EMP-204419"}]}
{"id": 2, "messages": [{"from": "a", "body": "EMP-204420"}, {"from": "hr@example.org/desk", "body": "EMP-204421"}]}'
try -c "$tmp/filterd.conf" rules match --jsonl --to press@example.com | grep -o '"id":[0-9]*\|"message":[0-9]*,"action":"[a-z]*"\|"id":"staff-[a-z-]*","outcome":"[a-z-]*"'
