"""Messages through a server with connector, filterd and the shipped rules, against the bare server.

    messages.py --load PROGRAM --prefix DIR [--server KIND] [--rounds N] [--scale X]

Every round runs each load on each variant in turn, so that what the machine does meanwhile hits all alike; a row shows
medians over the rounds.  CPU time is that of the processes themselves, from the scheduler's own counts (nanoseconds),
divided by messages.  Servers run without archive, TLS and rooms: their own work is at its least, and the ratio at its worst.
"""

import argparse
import asyncio
import json
import pathlib
import signal
import statistics
import struct
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from lib import peer, run, servers, site  # noqa: E402

PASSWORD = "load"
SENDERS = 8
ACCOUNTS = {"%s%d@example.test" % (c, i): PASSWORD for c in "sr" for i in range(SENDERS)}
GENERATIONAL = 'gc = { mode = "generational" }'
# load, senders, messages of each, rate; seconds are few because the machine is shared
LOADS = (("one at a time", "one", 1, 3000, 0), ("flood by 1", "flood", 1, 30000, 0), ("flood by 8", "flood", 8, 5000, 0),
         ("steady 8 x 300/s", "steady", 8, 1500, 300))
SLOW_S = 0.002


class SlowFilter(peer.Peer):
    """A filter that delivers everything, each verdict 2 ms after it was asked; nothing but that costs time in it."""

    async def _converse(self, reader, writer):
        loop, rest = asyncio.get_running_loop(), b""
        while True:
            data = await reader.read(262144)
            if not data:
                return
            data, at, answers = rest + data, 0, []
            while at + 4 <= len(data):
                (size,) = struct.unpack_from(">I", data, at)
                if at + 4 + size > len(data):
                    break
                if data[at + 4] == peer.INSPECT:
                    answers.append(b"\0\0\0\5\x82" + data[at + 5:at + 9])
                elif data[at + 4] == peer.PING:
                    answers.append(b"\0\0\0\5\x41" + data[at + 5:at + 9])
                at += 4 + size
            rest = data[at:]
            if answers:
                loop.call_later(SLOW_S, writer.write, b"".join(answers))


def cpu_ns(pids):
    """CPU time of processes with all their threads."""
    total = 0
    for pid in pids:
        try:
            for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            pass
    return total


class Variant:
    """A running server: bare, with filterd, or with the slow filter."""

    def __init__(self, kind, name, prefix, extra=""):
        self.name = name
        self.folder = run.scratch("filterd-bench-")
        settings = {"accounts": ACCOUNTS, "tls": False, "lean": True, "extra": extra if kind == "prosody" else ""}
        self.site = self.slow = None
        if name == "bare":
            self.server = servers.start_server(kind, self.folder, module=False, filter_component=None, upload_component=None, **settings)
        elif name == "slow":
            self.server = servers.start_server(kind, self.folder, upload_component=None, **settings)
            self._start_slow()
        else:
            self.site = site.Site(kind, prefix, self.folder, server=settings, daemon={"workers": 0}).start()
            self.server = self.site.server

    def _start_slow(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        domain = self.server.filter_component

        async def start():
            self.slow = SlowFilter(component_port=self.server.component_port, secret=self.server.secrets[domain],
                                   hosts=list(self.server.hosts), path=str(self.folder / "slow"), component=domain)
            await self.slow.start()
            await self.slow.wait_attached()
        asyncio.run_coroutine_threadsafe(start(), self.loop).result(30)

    def filter_pids(self):
        if not self.site:
            return []
        return [p for pids in self.site.filterd.roles().values() for p in pids] + [self.site.filterd.pid]

    def measure(self, program, mode, senders, count, rate):
        mine, theirs = self.filter_pids(), [self.server.pid]
        before = cpu_ns(theirs), cpu_ns(mine)
        done = subprocess.run([program, str(self.server.xmpp_port), "example.test", PASSWORD, mode, str(senders), str(count), str(rate)],
                              capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError("%s on %s: %s" % (mode, self.name, done.stderr))
        result = json.loads(done.stdout)
        if result["received"] != result["sent"] or result["reordered"]:
            raise RuntimeError("%s on %s: not every message arrived once and in order: %s" % (mode, self.name, result))
        result["rate"] = result["received"] / result["seconds"]
        result["server_us"] = (cpu_ns(theirs) - before[0]) / 1000 / result["received"]
        result["filter_us"] = (cpu_ns(mine) - before[1]) / 1000 / result["received"]
        return result

    def stop(self):
        if self.slow:
            asyncio.run_coroutine_threadsafe(self.slow.stop(), self.loop).result(10)
        if self.site:
            self.site.stop()
        else:
            self.server.stop()
        run.remove(self.folder)


def bench(kind, title, prefix, program, rounds, scale, extra=""):
    variants, results = [], {}
    try:
        for name in ("bare", "filterd", "slow"):
            variants.append(Variant(kind, name, prefix, extra))
        for v in variants:  # warm up: caches, JIT, the server's tables
            v.measure(program, "flood", SENDERS, 500, 0)
        for _ in range(rounds):
            for load in LOADS:
                for v in variants:
                    if v.name == "slow" and load[1] != "flood":
                        continue
                    name, mode, senders, count, rate = load
                    results.setdefault((name, v.name), []).append(v.measure(program, mode, senders, max(100, int(count * scale)), rate))
                    sys.stderr.write(".")
                    sys.stderr.flush()
    finally:
        sys.stderr.write("\n")
        for v in variants:
            v.stop()
    report(title, results, rounds)


def median(rows, key):
    return statistics.median(r[key] for r in rows)


def report(title, results, rounds):
    print("\n%s, medians of %d rounds" % (title, rounds))
    print("%-18s %-9s %9s %7s %11s %11s %9s %9s %9s %9s" % ("load", "variant", "msg/s", "ratio", "server us", "filterd us",
                                                              "p50 us", "p99 us", "+p50 us", "+p99 us"))
    for load in LOADS:
        bare = results[load[0], "bare"]
        for variant in ("bare", "filterd", "slow"):
            rows = results.get((load[0], variant))
            if not rows:
                continue
            ratio = statistics.median(r["rate"] / b["rate"] for r, b in zip(rows, bare))
            times = ["%9s" % "-"] * 4  # of a flood they say only how long its queue was
            if load[1] != "flood":
                times[:2] = ["%9.0f" % median(rows, k) for k in ("p50_us", "p99_us")]
                if variant != "bare":
                    times[2:] = ["%9.0f" % statistics.median(r[k] - b[k] for r, b in zip(rows, bare)) for k in ("p50_us", "p99_us")]
            print("%-18s %-9s %9.0f %7.2f %11.1f %11.1f %s" % (
                load[0], variant, median(rows, "rate"), ratio, median(rows, "server_us"), median(rows, "filter_us"), " ".join(times)))
    sys.stdout.flush()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--load", required=True)
    arguments.add_argument("--prefix", required=True)
    arguments.add_argument("--server", choices=("prosody", "ejabberd"))
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--scale", type=float, default=1.0, help="0.1 = a tenth of the messages")
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    prefix, copied = run.usable_prefix(options.prefix)
    print("Messages of 60 bytes; slow = a filter that answers after %g ms; us = CPU microseconds a message" % (SLOW_S * 1000))
    try:
        if options.server != "ejabberd":
            bench("prosody", "Prosody, garbage collector as it comes", prefix, options.load, options.rounds, options.scale)
            bench("prosody", 'Prosody, gc = { mode = "generational" }', prefix, options.load, options.rounds, options.scale, GENERATIONAL)
        if options.server != "prosody":
            bench("ejabberd", "ejabberd", prefix, options.load, options.rounds, options.scale)
    finally:
        if copied:
            run.remove(prefix)


if __name__ == "__main__":
    main()
