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
