"""What ./quickstart runs once everything is built: the story, or a site to play with."""

import argparse
import contextlib
import io
import json
import os
import pathlib
import shutil
import signal
import sys
import textwrap
import time

with contextlib.redirect_stderr(io.StringIO()):  # slixmpp greets with advice for packagers
    from lib import filterd, run, site, story

import logging

logging.disable(logging.CRITICAL)


class Stopped(BaseException):
    """Ctrl-C or SIGTERM"""


def stop(*_):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped()


def colour(code, text):
    return "\033[%sm%s\033[0m" % (code, text) if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text


def say(text="", indent=0):
    width = max(60, min(shutil.get_terminal_size((110, 24)).columns, 140))
    print(textwrap.fill(text, width, initial_indent=" " * indent, subsequent_indent=" " * indent,
                        break_long_words=False, break_on_hyphens=False), flush=True)


def site_folder(folder):
    """A fresh folder below folder; or under /tmp when daemons could not use that one (unreachable for a user
    without privileges, or too long for the name of a socket)."""
    wanted = folder / "site"
    shutil.rmtree(wanted, ignore_errors=True)
    wanted.mkdir(parents=True)
    with contextlib.suppress(RuntimeError):
        filterd.choose_user(wanted)
        if len(str(wanted)) < 70:
            return wanted, False
    wanted.rmdir()
    return run.scratch(), True


def bring_up(the_site, server):
    for what, action in (("Starting %s" % server, the_site.start_server), ("Starting filterd", the_site.start_filterd)):
        begin = time.monotonic()
        print("%s … " % what, end="", flush=True)
        action()
        print("done (%.1f s)" % (time.monotonic() - begin), flush=True)


def tell(the_site):
    """The story; the number of steps that did not hold."""
    cast = story.Cast(the_site)
    failed = 0
    for number, (step, title) in enumerate(story.STEPS, 1):
        say()
        say(colour("1", "(%d) %s" % (number, title)))
        try:
            sentences, events = step(the_site, cast)
        except (AssertionError, OSError, RuntimeError) as problem:
            failed += 1
            say(colour("31", "FAILED: ") + str(problem), 4)
            if the_site.filterd.process is None or the_site.filterd.process.poll() is not None:
                the_site.filterd.start()
                with contextlib.suppress(Exception):
                    the_site.filterd.wait_ready()
            continue
        for sentence in sentences:
            say(colour("32", "✓ ") + sentence, 4)
        for event in events:
            say(colour("2", "syslog: " + event.line), 4)
    return failed


def ready(the_site):
    s, f = the_site.server, the_site.filterd
    return {"server": s.kind, "xmpp": {"host": "127.0.0.1", "port": s.xmpp_port, "ca": s.ca}, "accounts": s.accounts,
            "muc": s.muc, "component": s.filter_component, "upload": s.upload_component, "upload_url": f.upload_url,
            "config": str(f.config), "rules": str(f.rules), "control": str(f.control), "syslog": str(the_site.syslog.file),
            "pids": {"filterd": f.pid, "server": s.pid}}


def serve(the_site, folder):
    """Leaves the site running until a signal, or until one of its processes ends."""
    facts = ready(the_site)
    file = folder / "ready.json"
    new = folder / "ready.json.new"
    new.touch(0o600)
    new.write_text(json.dumps(facts, indent=2) + "\n")
    new.rename(file)
    say()
    say(colour("1", "Everything is running. Connect your own client (STARTTLS, trusting the certificate authority below):"))
    say("server    %s, 127.0.0.1 port %d" % (facts["server"], facts["xmpp"]["port"]), 4)
    say("trust     %s" % facts["xmpp"]["ca"], 4)
    for jid, password in facts["accounts"].items():
        say("account   %s  password %s" % (jid, password), 4)
    say("rooms at  %s" % facts["muc"], 4)
    say("upload    %s (%s)" % (facts["upload"], facts["upload_url"]), 4)
    say("rules     %s — edit, then: kill -HUP %d" % (facts["rules"], facts["pids"]["filterd"]), 4)
    say("syslog    tail -f %s" % facts["syslog"], 4)
    say("all this  %s" % file, 4)
    say()
    say("Ctrl-C ends it.")
    while True:
        time.sleep(0.3)
        for name, process in (("filterd", the_site.filterd.process), (facts["server"], the_site.server)):
            alive = process.poll() is None if name == "filterd" else run.listening(facts["xmpp"]["port"])
            if not alive:
                say(colour("31", "%s has ended by itself." % name) + " Its log: %s" %
                    (the_site.filterd.log if name == "filterd" else the_site.server.log))
                return 1


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--server", choices=("prosody", "ejabberd"), required=True)
    arguments.add_argument("--mode", choices=("story", "serve"), required=True)
    arguments.add_argument("--prefix", type=pathlib.Path, required=True)
    arguments.add_argument("--folder", type=pathlib.Path, required=True)
    options = arguments.parse_args()
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    begin = time.monotonic()
    the_site, folder, elsewhere, status, prefix, copied = None, None, False, 1, None, False
    try:
        folder, elsewhere = site_folder(options.folder.resolve())
        prefix, copied = run.usable_prefix(options.prefix)
        the_site = site.Site(options.server, prefix, folder)
        bring_up(the_site, options.server)
        if options.mode == "serve":
            status = serve(the_site, options.folder.resolve())
        else:
            failed = tell(the_site)
            status = 1 if failed else 0
            say()
            say(colour("1;31", "%d of %d steps did not hold." % (failed, len(story.STEPS))) if failed else
                colour("1;32", "All %d steps held, in %.0f s." % (len(story.STEPS), time.monotonic() - begin)))
    except Stopped:
        status = 0 if options.mode == "serve" else 130
        say()
        say("Stopping everything …")
    except Exception as problem:
        say()
        say(colour("31", "It did not work: ") + str(problem).splitlines()[0])
        print("\n".join(str(problem).splitlines()[1:]), flush=True)
    finally:
        (options.folder / "ready.json").unlink(missing_ok=True)
        if the_site:
            the_site.stop()
        if copied:
            run.remove(prefix)
        if elsewhere and status in (0, 130):
            run.remove(folder)
        elif status not in (0, 130):
            say("Logs are in %s" % folder)
    sys.stdout.flush()
    os._exit(status)  # the thread of the clients' event loop must not hold us up


if __name__ == "__main__":
    main()
