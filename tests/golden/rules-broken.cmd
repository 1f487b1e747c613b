# every mistake is named with file and line
try() {
	printf '%s\n' "$2" >"$tmp/$1.rules"
	filterctl rules check "$tmp/$1.rules"
	echo "$1: exit status $?"
}
try syntax 'detectors: ( {
  id = "a"; title = ;
} );'
try no-patterns 'detectors: ( {
  id = "a"; title = "A";
} );'
try regex 'detectors: ( { id = "a"; title = "A";
  patterns = ( { regex = "a(b"; confidence = 50; } );
} );'
try unknown-option 'detectors: ( { id = "a"; title = "A";
  patterns = ( { regex = "abc"; confidence = 50; } );
  colour = "blue";
} );'
try unknown-validator 'detectors: ( { id = "a"; title = "A";
  patterns = ( { regex = "abc"; confidence = 50; } );
  validate = [ "luhm" ];
} );'
try failing-test 'detectors: ( { id = "a"; title = "A";
  patterns = ( { regex = "abc"; confidence = 50; } );
  tests = { match = [ "xyz" ]; };
} );'
try failing-no-match 'detectors: ( { id = "a"; title = "A";
  patterns = ( { regex = "abc"; confidence = 50; } );
  tests = { no_match = [ "abc" ]; };
} );'
try slow-regex 'detectors: ( { id = "a"; title = "A";
  patterns = ( { regex = "(a+)+$"; confidence = 50; } );
} );'
