#!/bin/sh
# Builds every target tests/fuzz/*.c with replay.c as its main, and runs each over its corpus.  Called by make
# (check-fuzz), which hands over: top, CC, FLAGS (compiler), LIBRARIES (ours, in the build folder), LIBS (the system's).
# Prints one line for each target: "ok NAME: N inputs" or "not ok NAME: why"; logs are in tests/fuzz/NAME.replay.log.
failed=0
mkdir -p tests/fuzz
for source in "$top"/tests/fuzz/*.c; do
	name=$(basename "$source" .c)
	[ "$name" != replay ] || continue
	log=tests/fuzz/$name.replay.log
	if ! $CC $FLAGS -o "tests/fuzz/$name.replay" "$source" "$top/tests/fuzz/replay.c" \
		-Wl,--start-group $LIBRARIES -Wl,--end-group $LIBS >"$log" 2>&1; then
		echo "not ok $name: does not build, see $log"
		failed=1
		continue
	fi
	if timeout 120 "tests/fuzz/$name.replay" "$top/tests/fuzz/corpus/$name" >"$log.out" 2>"$log"; then
		echo "ok $name: $(cat "$log.out")"
	else
		echo "not ok $name: $(grep -m1 -E 'ERROR|runtime error|no corpus|cannot' "$log" || tail -n 1 "$log") (see $log)"
		failed=1
	fi
	rm -f "$log.out"
done
exit $failed
