# Sourced by ./check and ./quickstart: packages, progress and the build.  The caller has set top to the tree's root.

build_packages="build-essential autoconf automake pkg-config libclamav-dev libpcre2-dev libhyperscan-dev libutf8proc-dev
	libexpat1-dev libssl-dev libconfig-dev libevent-dev libmicrohttpd-dev libsqlite3-dev libjansson-dev libseccomp-dev
	libarchive-dev libpoppler-glib-dev libgsf-1-dev zlib1g-dev"
run_packages="openssl python3 python3-slixmpp python3-aiohttp"
# texts for tests/e2e/test_benign.py
text_packages="fortunes fortunes-min fortunes-de fortunes-it fortunes-es fortunes-ru fortunes-pl fortunes-zh fortunes-br fortunes-cs
	manpages doc-debian debian-faq"
test_packages="$text_packages $build_packages $run_packages prosody ejabberd libcmocka-dev python3-pytest python3-stdnum curl"

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# missing PACKAGE…: those that are not installed
missing() {
	local package
	for package; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
	done
}

# install_packages PACKAGE…: what is missing, from Debian.  As root or by sudo; where neither works, prints the one line to run and ends.
# Services that come with a package are not started: a policy-rc.d of ours says so while apt runs (if the machine has none of its own).
install_packages() {
	local wanted as_root="" policy=/usr/sbin/policy-rc.d ours=""
	wanted=$(missing "$@")
	[ -n "$wanted" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo true; }; }; then
			as_root=sudo
		else
			say "These Debian packages are needed. Please run this line as root, then start again:"
			say ""
			say "    apt-get install --no-install-recommends $wanted"
			exit 1
		fi
	fi
	say "Installing from Debian: $wanted"
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null && $as_root chmod 755 $policy && ours=yes
	fi
	local log status=0
	log=$(mktemp)
	{ $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -qq install --no-install-recommends $wanted; } >"$log" 2>&1 </dev/null || status=$?
	[ -z "$ours" ] || $as_root rm -f $policy
	[ $status = 0 ] || { tail -n 20 "$log" >&2; rm -f "$log"; die "apt-get failed. Package names: $wanted"; }
	rm -f "$log"
}

# What a build is made from; newer than a stamp = build again.
sources_newer() {
	[ ! -e "$1" ] || [ -n "$(cd "$top" && find filterd rules signatures plugins man tests/unit tests/fuzz tests/bench tests/local.mk \
		configure.ac Makefile.am \( -name '*.[chly]' -o -name '*.mk' -o -name '*.ac' -o -name '*.am' -o -name '*.rules' -o -name '*.erl' \
		-o -name '*.lua' -o -name '*.[1-8]' -o -path 'signatures/*' \) -type f -newer "$1" -print -quit)" ]
}

# configured DIR OPTION…: a configured build folder
configured() {
	local dir=$1
	shift
	mkdir -p "$dir"
	(
		flock 9
		if [ ! -e "$top/configure" ] || [ -n "$(cd "$top" && find configure.ac Makefile.am filterd rules signatures plugins man tests \
			\( -name '*.mk' -o -name '*.ac' -o -name '*.am' \) -newer configure -print -quit)" ]; then
			mkdir -p "$top/m4"
			(cd "$top" && autoreconf -fi && touch configure) || exit 1
		fi
	) 9>"$top/.run/lock" || return 1
	if [ ! -e "$dir/Makefile" ] || [ "$top/configure" -nt "$dir/config.status" ]; then
		(cd "$dir" && rm -f config.cache Makefile && "$top/configure" -C "$@") || return 1
	fi
}

# quietly LOG WHAT COMMAND…: runs it with its output in LOG; shows what it does, a count of compiled files on a
# terminal, how long it took, and the end of LOG if it failed.
quietly() {
	local log=$1 what=$2 begin=$SECONDS pid status=0
	shift 2
	if [ -t 1 ]; then
		"$@" >"$log" 2>&1 </dev/null &
		pid=$!
		trap 'kill $pid 2>/dev/null; exit 130' INT TERM
		while kill -0 $pid 2>/dev/null; do
			printf '\r%s … %d s, %d files ' "$what" $((SECONDS - begin)) "$(grep -c '^  CC ' "$log" 2>/dev/null)"
			sleep 0.3
		done
		wait $pid || status=$?
		trap - INT TERM
		printf '\r\033[K'
	else
		"$@" >"$log" 2>&1 </dev/null || status=$?
	fi
	if [ $status = 0 ]; then
		say "$what: done ($((SECONDS - begin)) s)"
	else
		say "$what: FAILED (status $status), see $log"
		tail -n 30 "$log"
	fi
	return $status
}
