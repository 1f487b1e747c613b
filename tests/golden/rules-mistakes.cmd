# mistakes as people make them: each has a message with file and line
try() {
	printf '%s' "$2" >"$tmp/$1.rules"
	filterctl $3 rules check "$tmp/$1.rules"
	echo "$1: exit status $?"
}
try zone-typo 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
when = { to = [ "pubilc" ]; };
} );
'
try zone-from 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
when = { from = "inside"; };
} );
'
try weights-zero 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
validate = ( { name = "weighted"; weights = [ 0, 0, 0, 0, 0, 0 ]; modulus = 11; } );
} );
'
try mod11-zero 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
validate = ( { name = "mod11"; weights = [ 0, 0, 0 ]; } );
} );
'
try lang-underscore 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
notice = { xx_yy = "hello"; };
} );
'
try lang-long 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
notice = { english = "hello"; };
} );
'
try lang-number 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
notice = { e1 = "hello"; };
} );
'
try notice-string 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
notice = "hello";
} );
'
try notice-empty 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
notice = { };
} );
'
try notice-empty-text 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
notice = { en = ""; };
} );
'
try notice-twice 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
notice = { en = "a"; EN = "b"; };
} );
'
try label-lang 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "redact"; any = ( { detector = "num"; } );
redact = { label = { de_DE = "x"; }; };
} );
'
try disabled-detector 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );

} );
disable: { detectors = [ "num" ]; };
'
try never-count 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; all = ( { detector = "num"; }, { detector = "num"; } ); none = ( { detector = "num"; } );

} );
'
try never-conf 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; confidence = 99; } );

} );
'
try dup-rule 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } ); },
{ id = "r"; action = "block"; any = ( { detector = "num"; } ); } );'
try dup-det 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); },
{ id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
'
try dup-key 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
title = "again";
} );
'
try key-typo-det 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
exlude = { values = [ "x" ]; };
} );
'
try key-typo-pattern 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regx = "abc"; confidence = 60; } );

} );
'
try key-typo-rule 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
serverity = "high";
} );
'
try key-typo-when 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
when = { chanel = "chat"; };
} );
'
try key-typo-cond 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detektor = "num"; } );

} );
'
try key-typo-file 'detector: ( );
rulez: ( );
'
try key-typo-evid 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
evidence = ( { any = [ "abcd" ]; witin = 30; add = 5; } );
} );
'
try key-typo-val 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
validate = ( { name = "entropy"; mim = 3.0; } );
} );
'
try key-typo-kind 'detectors: ( { id = "n"; title = "N"; kind = "numbr"; lengths = 8; confidence = 50; } );'
try val-typo 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
validate = "lunh";
} );
'
try mode-typo 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
mode = "enforced";
} );
'
try mode-bool 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
mode = true;
} );
'
try action-typo 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "blok"; any = ( { detector = "num"; } );

} );
'
try action-none 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; any = ( { detector = "num"; } );

} );
'
try action-both 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; actions = [ "alert" ]; any = ( { detector = "num"; } );

} );
'
try sev-typo 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
severity = "hi";
} );
'
try sev-number 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
severity = 3;
} );
'
try channel-typo 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
when = { channel = [ "chats" ]; };
} );
'
try direction-typo 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
when = { direction = "out"; };
} );
'
try det-typo 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "nmu"; } );

} );
'
try count-zero 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; count = 0; } );

} );
'
try count-string 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; count = "3"; } );

} );
'
try cond-string 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = [ "num" ];

} );
'
try cond-group 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = { detector = "num"; };

} );
'
try no-cond 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; 

} );
'
try conf-0 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "abcd"; confidence = 0; } );

} );
'
try conf-float 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "abcd"; confidence = 0.9; } );

} );
'
try no-conf 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "abcd"; } );

} );
'
try no-semicolon 'detectors: ( {
  id = "a"
  title = "A";
} );
'
try missing-comma 'detectors: (
  { id = "a"; title = "A"; }
  { id = "b"; title = "B"; }
);
'
try unclosed-quote 'detectors: ( {
  id = "a;
  title = "A";
} );
'
try unclosed-brace 'detectors: ( {
  id = "a"; title = "A";


'
try json '{"detectors": [{"id": "a"}]}
'
try yaml 'detectors:
  - id: a
    regex: abc
'
try single-quotes 'detectors: ( { id = '\''a'\''; } );
'
try smart-quotes 'detectors: ( { id = “a”; } );
'
try trailing-comma 'detectors: ( { id = "a"; title = "A"; patterns = ( { regex = "abcd"; confidence = 5; }, ); }, );
'
try brackets-groups 'detectors: [ { id = "a"; } ];
'
try nothing '# nothing
'
try bom '﻿detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );

} );
'
try regex-backref 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "(a)\2"; confidence = 60; } );

} );
'
try regex-lookbehind 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "(?<=a+)b"; confidence = 60; } );

} );
'
try regex-p 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\p{Foo}x"; confidence = 60; } );

} );
'
try regex-secret-none 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "(?<secrt>abcd)"; confidence = 60; } );

} );
'
try id-upper 'detectors: ( { id = "Num_1"; title = "x"; patterns = ( { regex = "abcd"; confidence = 5; } ); } );'
try id-missing 'detectors: ( { title = "x"; patterns = ( { regex = "abcd"; confidence = 5; } ); } );'
try rule-id-upper 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "R 1"; action = "block"; any = ( { detector = "num"; } );

} );
'
try within-bad 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; per = "sender"; within = "1w"; } );

} );
'
try within-number 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; per = "sender"; within = 24; } );

} );
'
try per-bad 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; per = "user"; within = "1d"; } );

} );
'
try users-bad 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
when = { users = [ "bob@example.org/phone" ]; };
} );
'
try group-unknown 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
when = { groups = [ "hr" ]; };
} );
'
try type-bad 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
when = { file = { type = "pdf"; }; };
} );
'
try size-bad 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
when = { file = { size_min = "10 megs"; }; };
} );
'
try allow-date 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );

} );
allow: ( { sender = "a@b"; rule = "r"; until = "31.12.2027"; reason = "x"; } );'
try allow-rule 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );

} );
allow: ( { sender = "a@b"; rule = "rr"; until = "2027-12-31"; reason = "x"; } );'
try allow-card 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );

} );
allow: ( { value = "4012888888881881"; until = "2027-12-31"; reason = "x"; } );'
try include-at '@include "x.rules"
'
try evid-bad 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
evidence = ( { any = [ "a" ]; within = 30; } );
} );
'
try mask-big 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
mask = { keep_last = 200; };
} );
'
try redact-block 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
redact = { token = true; };
} );
'
try redact-two 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "redact"; any = ( { detector = "num"; } );
redact = { token = true; full = true; };
} );
'
try test-string 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
tests = "NUM-123456";
} );
'
try tests-list 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
tests = [ "NUM-123456" ];
} );
'
try country 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
country = "germany";
} );
'
try priority 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );
priority = 5000;
} );
'
try disable-typo 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } ); } );
rules: ( { id = "r"; action = "block"; any = ( { detector = "num"; } );

} );
disable: { rules = [ "rr" ]; };'
try enable-country 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "\bNUM-\d{6}\b"; confidence = 60; } );
country = "de";
} );
enable: { countries = [ "germany" ]; };'
try big-int 'detectors: ( { id = "num"; title = "Num"; patterns = ( { regex = "abcd"; confidence = 99999999999; } );

} );
'
# with the configuration, what it must define is looked up
cat >"$tmp/filterd.conf" <<END
links = ( { domain = "filter.example.org"; secret_file = "/nonexistent"; } );
zones = ( { name = "internal"; domains = [ "example.org" ]; } );
groups = ( { name = "hr-team"; users = [ "a@example.org" ]; } );
END
for name in zone-typo zone-from group-unknown; do
	filterctl -c "$tmp/filterd.conf" rules check "$tmp/$name.rules"
	echo "$name with -c: exit status $?"
done
filterctl -c "$tmp/filterd.conf" rules check --warn-only "$tmp/zone-typo.rules"
echo "zone-typo, warned of: exit status $?"
num='detectors: ( { id = "num"; title = "N"; words = ( { any = [ "abcd" ]; confidence = 60; } ); } );'
try no-way "$num"' rules: ( { id = "r"; action = "block"; when = { direction = "outgoing"; from = "public"; }; any = ( { detector = "num"; } ); } );' "-c $tmp/filterd.conf"
try usual-zone "$num"' rules: ( { id = "r"; action = "block"; when = { to = [ "partners", "public" ]; }; any = ( { detector = "num"; } ); } );' "-c $tmp/filterd.conf"
# files that include themselves, directly and in a circle
mkdir "$tmp/more"
printf 'include = [\n  "self.rules" ];\n' >"$tmp/self.rules"
printf 'include = [ "more/b.rules" ];\n' >"$tmp/a.rules"
printf '\ninclude = [ "../a.rules" ];\n' >"$tmp/more/b.rules"
printf 'include = [ "more" ];\n%s' "$num" >"$tmp/c.rules"
printf 'include = [ "nope.rules" ];\n' >"$tmp/d.rules"
for name in self a d; do
	filterctl rules check "$tmp/$name.rules"
	echo "$name: exit status $?"
done
printf '# fine\n' >"$tmp/more/b.rules"
filterctl rules check "$tmp/c.rules"
echo "a folder: exit status $?"
# what files say does not reach the terminal as it is
printf 'detectors: ( { id = "a"; title = "A"; patterns = ( { regex = "a(\033[2Jb"; confidence = 5; } ); } );\n' >"$tmp/esc.rules"
filterctl rules check "$tmp/esc.rules"
printf 'detectors: ( { id = "a"; title = "A"; patterns = ( { regex = "abcd"; confidence = 5; } ); tests = { match = [ "\033[2Jhidden" ]; }; } );\n' >"$tmp/esc.rules"
filterctl rules test "$tmp/esc.rules"
filterctl rules check "$tmp/esc.rules"
name=$(printf '\033[2Jnone')
filterctl rules check "$name"
filterctl edm info "$name.edm"
printf 'a,a\n' >"$tmp/$name.csv"
filterctl edm build --out "$tmp/x.edm" "$tmp/$name.csv"
filterctl fingerprint list --set "$tmp/$name.fpr"
