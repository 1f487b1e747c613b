#!/usr/bin/python3
"""The whole filterd as the service under test of put.py: a site with Prosody, slots asked for by real clients.

    tests/bench/put.py --server "tests/bench/upload_site.py PREFIX {dir}"

Speaks the lines of tests/hosts/upload_host.c: {"port":N}, then an answer to each {"cmd":"slot",…}.  Every file is hashed,
scanned by libclamav and on disk before its PUT is answered."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from lib import run, site  # noqa: E402

USERS = 200


def main(prefix, folder):
    prefix, copied = run.usable_prefix(prefix)
    accounts = {"u%d@example.test" % n: "load" for n in range(1, USERS + 1)}
    clients = {}
    s = site.Site("prosody", prefix, pathlib.Path(folder) / "site", server={"accounts": accounts},
                  daemon={"workers": 0, "upload_size_max": (1 << 30) - 1}).start()
    try:
        print(json.dumps({"port": s.filterd.upload_port}), flush=True)
        for line in sys.stdin:
            ask = json.loads(line)
            owner = ask["owner"]
            if owner not in clients:
                for other in list(clients):
                    clients.pop(other).close()
                clients[owner] = s.client(owner)
            put, get, headers = clients[owner].slot(ask["name"], ask["size"], service=s.server.upload_component)
            print(json.dumps({"put": put, "get": get, "authorization": headers["Authorization"]}), flush=True)
    finally:
        s.stop()
        if copied:
            run.remove(prefix)


main(*sys.argv[1:])
