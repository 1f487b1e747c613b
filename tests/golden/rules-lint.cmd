# what is wrong with patterns: cost, class, keywords, overlaps
cat >"$tmp/a.rules" <<'EOT'
detectors: (
  { id = "good"; title = "Good"; patterns = ( { regex = "\bSTAFF-\d{6}\b"; confidence = 60; } );
    tests = { match = [ "STAFF-123456", "see STAFF-654321" ]; }; },
  { id = "again"; title = "The same in other words"; patterns = ( { regex = "\bSTAFF-[0-9]{6}\b"; confidence = 60; } ); },
  { id = "copy"; title = "The same"; patterns = ( { regex = "\bSTAFF-\d{6}\b"; confidence = 60; } ); },
  { id = "exponential"; title = "Exponential"; patterns = ( { regex = "(?:[a-z ]*)*ST-\d"; confidence = 60; } ); },
  { id = "possessive"; title = "Possessive"; patterns = ( { regex = "(?:[a-z]++ )*+STX-\d"; confidence = 60; } ); },
  { id = "quadratic"; title = "Quadratic"; patterns = ( { regex = "(?:foo|bar)+-\d"; confidence = 60; } ); },
  { id = "always"; title = "On every text"; patterns = ( { regex = "\S\s\S"; confidence = 10; } ); },
  { id = "short"; title = "Short words"; words = ( { any = [ "abc", "abcd", "密码" ]; confidence = 60; } );
    evidence = ( { any = [ "pin", "ci*", "门禁", "code" ]; within = 9; add = 5; } ); }
);
EOT
filterctl rules lint "$tmp/a.rules"
echo "lint: exit status $?"
filterctl rules check "$tmp/a.rules"
echo "check: exit status $?"
filterctl rules lint --detector copy "$tmp/a.rules"
echo "one detector: exit status $?"
filterctl rules lint --json --detector exponential "$tmp/a.rules"
filterctl rules lint --detector none "$tmp/a.rules"
# each class by its name, the same everywhere
cat >"$tmp/b.rules" <<'END'
detectors: (
  { id = "literal"; title = "Literal"; patterns = ( { regex = "\bSTAFF-\d{6}\b"; confidence = 60; } ); },
  { id = "number"; title = "Number"; patterns = ( { regex = "\b\d{4} \d{4}\b"; confidence = 60; } ); },
  { id = "token"; title = "Token"; patterns = ( { regex = "\b[A-Z]{2}\d{6,8}\b"; confidence = 60; } );
    evidence = ( { any = [ "passport" ]; within = 30; required = true; } ); },
  { id = "prefilter"; title = "Prefilter"; patterns = ( { regex = "\d+ ?[a-z]{1,20}\d{2}"; confidence = 60; } ); },
  { id = "always"; title = "Always"; patterns = ( { regex = "\S\s\S"; confidence = 60; } ); }
);
END
filterctl rules lint "$tmp/b.rules"
filterctl rules lint --json "$tmp/b.rules" | grep -o '"class":"[a-z]*"'
echo "my passport AB123456 in 4012 8888, STAFF-123456" | filterctl rules explain --rules "$tmp/b.rules" | grep 'pattern 1'
echo "my passport AB123456 in 4012 8888, STAFF-123456" | filterctl rules profile --rules "$tmp/b.rules" --json | grep -o '"class":"[a-z]*"' | sort
