# offsets are code points of the original text, whatever stands before and inside the finding
filterctl rules match --rules "$top/rules" --jsonl
