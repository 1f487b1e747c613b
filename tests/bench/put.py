#!/usr/bin/python3
"""PUT and GET of files: filterd's upload service against nginx DAV and Prosody's own upload module.

    tests/bench/put.py [--quick] [--rounds N] [--build DIR] [--server COMMAND] [--folder DIR] [--rss]

All servers run at the same time on the same disk, with fresh folders, and are loaded one after the other within each
round, so that what the machine does meanwhile hits all alike. CPU is user and system time of the server with all its
children, per request. nginx and Prosody hash nothing, scan nothing and do not wait for the disk.

COMMAND is the service under test; what it prints and reads is described in tests/hosts/upload_host.c (first line
{"port":N}, then an answer to each {"cmd":"slot",…}); {dir} in it becomes a folder. Default: that host program, with a
judge that says clean at once, so that everything but the scan is measured."""

import argparse
import base64
import hashlib
import hmac
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import time
import uuid

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "e2e"))
from lib import run, servers  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def children(pid):
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += children(int(child))
    return found


def cpu_s(pid):
    total = 0
    for p in children(pid):
        fields = pathlib.Path(f"/proc/{p}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))  # own and waited-for children, user and system
    return total / TICK


def rss_mib(pid):
    return sum(int(line.split()[1]) for p in children(pid) for line in pathlib.Path(f"/proc/{p}/status").read_text().splitlines()
               if line.startswith("VmRSS")) / 1024


class Filterd:
    name = "filterd"
    host = "127.0.0.1"

    def __init__(self, folder, command):
        folder.mkdir()
        self.process = subprocess.Popen(shlex.split(command.replace("{dir}", str(folder))), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]
        self.pid, self.users = self.process.pid, 0

    def slots(self, count, size):
        lines = []
        for n in range(count):
            if n % 100 == 0:  # slots and bytes of one user are limited
                self.users += 1
            self.process.stdin.write(json.dumps({"cmd": "slot", "owner": f"u{self.users}@example.test", "name": "file.bin", "size": size}) + "\n")
            self.process.stdin.flush()
            slot = json.loads(self.process.stdout.readline())
            lines.append("/" + slot["put"].split("/", 3)[3] + " " + slot["authorization"])
        return lines

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


class Nginx:
    name = "nginx DAV"
    host = "127.0.0.1"

    def __init__(self, folder):
        folder.mkdir()
        for name in ("data", "body", "temp"):
            (folder / name).mkdir()
        self.port, self.folder = run.free_port(), folder
        conf = folder / "nginx.conf"
        conf.write_text(f"""
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; user root;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; client_max_body_size 2g;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/temp; fastcgi_temp_path {folder}/temp; uwsgi_temp_path {folder}/temp;
  scgi_temp_path {folder}/temp;
  server {{ listen 127.0.0.1:{self.port}; root {folder}/data; location / {{ dav_methods PUT DELETE; create_full_put_path on; }} }}
}}
""")
        self.process = run.spawn(["nginx", "-c", conf, "-p", folder], folder / "output")
        self.pid = self.process.pid
        run.until(lambda: run.listening(self.port), 10, "nginx does not start")

    def slots(self, count, size):
        return [f"/{uuid.uuid4()}/file.bin -" for _ in range(count)]

    def stop(self):
        run.end(self.process)


class Prosody:
    name = "Prosody"
    host = "files.example.test"

    def __init__(self, folder):
        folder.mkdir()
        self.secret = uuid.uuid4().hex
        self.server = servers.start_server("prosody", folder, filter_component=None, upload_component=None, module=False, own_upload=True,
                                           extra=f'http_file_share_secret = "{self.secret}"')
        self.port, self.pid = self.server.http_port, self.server.pid

    def slots(self, count, size):
        def word(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")

        lines, now = [], int(time.time())
        for _ in range(count):
            slot = str(uuid.uuid4())
            payload = {"slot": slot, "sub": "a@example.test", "iat": now, "exp": now + 3600, "expires": now + 86400, "filename": "file.bin",
                       "filesize": size, "filetype": "application/octet-stream"}
            signed = word(b'{"alg":"HS256","typ":"JWT"}') + b"." + word(json.dumps(payload).encode())
            token = signed + b"." + word(hmac.new(self.secret.encode(), signed, hashlib.sha256).digest())
            lines.append(f"/file_share/{slot}/file.bin Bearer {token.decode()}")
        return lines

    def stop(self):
        self.server.stop()


def load(tool, server, method, size, connections, keep, lines):
    before = cpu_s(server.pid)
    done = subprocess.run([tool, method, str(server.port), server.host, str(size), str(connections), keep], input="\n".join(lines) + "\n",
                          capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{server.name}: {done.stderr}")
    result = json.loads(done.stdout)
    result["cpu_us"] = (cpu_s(server.pid) - before) * 1e6 / result["requests"]
    result["rate"] = result["requests"] / result["seconds"]
    return result


CASES = [  # label, size, requests, connections, keep or new
    ("1 KiB, 16 conns", 1 << 10, 4000, 16, "keep"),
    ("1 KiB, new conns", 1 << 10, 1500, 16, "new"),
    ("100 KiB, 16 conns", 100 << 10, 400, 16, "keep"),
    ("10 MiB, 4 conns", 10 << 20, 8, 4, "keep"),
]


def few(server, requests, size):
    """Prosody needs seconds for what others do in a tenth of one."""
    return max(4, requests // (10 if size > 10_000 else 4)) if server.name == "Prosody" else requests


def row(label, method, results, names):
    cells = [f"{method} {label}"]
    for name in names:
        r = results[name]
        rate, cpu = statistics.median(x["rate"] for x in r), statistics.median(x["cpu_us"] for x in r)
        cells.append(f"{rate:.0f}/s {cpu:.0f} us" + (f" ({sum(x['errors'] for x in r)} errors)" if any(x["errors"] for x in r) else ""))
    for name in names[1:]:
        ratios = [a["rate"] / b["rate"] for a, b in zip(results[names[0]], results[name])]
        cpus = [a["cpu_us"] / b["cpu_us"] for a, b in zip(results[names[0]], results[name]) if b["cpu_us"]]
        cells.append(f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})" + (f", CPU {statistics.median(cpus):.2f}" if cpus else ""))
    print("| " + " | ".join(cells) + " |", flush=True)


def bench_rss(tool, filterd):
    before = rss_mib(filterd.pid)
    lines = filterd.slots(1, 1 << 30)
    load(tool, filterd, "PUT", 1 << 30, 1, "keep", lines)
    print(f"\nPUT of 1 GiB: RSS {before:.1f} MiB before, {rss_mib(filterd.pid):.1f} MiB after")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--build", default=os.environ.get("FILTERD_BUILD", str(TOP)))
    args.add_argument("--server")
    args.add_argument("--rounds", type=int, default=3)
    args.add_argument("--folder", help="where the servers' folders go; a fresh file system is best: on ext4, making files is up "
                      "to ten times slower for a minute after others were deleted")
    args.add_argument("--quick", action="store_true", help="fewer requests, no 10 MiB")
    args.add_argument("--rss", action="store_true", help="one PUT of 1 GiB as well")
    args = args.parse_args()
    wanted = ["tests/bench/httpload"] + ([] if args.server else ["tests/hosts/upload_host"])
    if subprocess.run(["make", "-s", "-C", args.build, *wanted], stdout=sys.stderr).returncode:
        raise SystemExit("--build must name a configured build folder (without sanitizers)")
    tool = os.path.join(args.build, "tests", "bench", "httpload")
    command = args.server or (os.path.join(args.build, "tests", "hosts", "upload_host") +
                              " --dir {dir} --policy clean --size_max 1073741824 --quota 4294967296 --expire_s 86400")
    if args.folder:
        os.environ["FILTERD_TEST_TMP"] = args.folder
    folder = run.scratch("filterd-bench-")
    running = []
    try:
        running = [Filterd(folder / "filterd", command)]
        running += [Nginx(folder / "nginx"), Prosody(folder / "prosody")]
        names = [s.name for s in running]
        print("| | " + " | ".join(names) + " | " + " | ".join(f"filterd / {n}" for n in names[1:]) + " |")
        print("|---" * (2 * len(names)) + "|")
        for label, size, requests, connections, keep in CASES:
            if args.quick and size > 1 << 20:
                continue
            requests = requests // 4 if args.quick else requests
            puts, gets = {n: [] for n in names}, {n: [] for n in names}
            for _ in range(args.rounds):
                for server in running:
                    lines = server.slots(few(server, requests, size), size)
                    puts[server.name].append(load(tool, server, "PUT", size, connections, keep, lines))
                    lines = [line.split()[0] + " -" for line in lines[-500:]]
                    gets[server.name].append(load(tool, server, "GET", size, connections, keep, lines))
            row(label, "PUT", puts, names)
            row(label, "GET", gets, names)
        if args.rss:
            bench_rss(tool, running[0])
    finally:
        for server in running:
            server.stop()
        run.remove(folder)


if __name__ == "__main__":
    main()
