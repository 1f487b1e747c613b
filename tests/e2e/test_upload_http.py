"""The upload service's HTTP side on its own, driven over raw sockets: what it must take, and all that it must not.

The host program (tests/hosts/upload_host.c) runs the service with a judge whose verdicts are chosen here.
FILTERD_BUILD names the build folder."""

import json
import os
import pathlib
import random
import re
import resource
import socket
import ssl
import subprocess
import threading
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
HOST = pathlib.Path(os.environ.get("FILTERD_BUILD", TOP / ".run" / "check-build")) / "tests" / "hosts" / "upload_host"
BODY = b"hello, world\n"
ALICE = "alice@example.test"


class Service:
    def __init__(self, folder, *options, policy="clean", prefix=(), before=None):
        self.folder = pathlib.Path(folder)
        self.errors = open(self.folder / "stderr", "ab+")
        argv = [*prefix, str(HOST), "--dir", str(self.folder / "state"), "--policy", policy, *map(str, options)]
        (self.folder / "state").mkdir(exist_ok=True)
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, preexec_fn=before)
        first = self.process.stdout.readline()
        if not first:
            self.process.wait()
            raise RuntimeError("no start: " + self.stderr())
        self.port = json.loads(first)["port"]
        self.lock = threading.Lock()

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def tell(self, cmd, **rest):
        with self.lock:
            self.process.stdin.write(json.dumps(dict(rest, cmd=cmd)) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())

    def slot(self, size=len(BODY), name="a.txt", type="text/plain", owner=ALICE):
        answer = self.tell("slot", owner=owner, name=name, size=size, type=type)
        assert "put" in answer, answer
        answer["path"] = "/" + answer["put"].split("/", 3)[3]
        return answer

    def connect(self, timeout=8):
        sock = socket.create_connection(("127.0.0.1", self.port), timeout)
        return sock

    def files(self):
        return sorted(p.name for p in (self.folder / "state" / "uploads").glob("d*/*"))

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def spool_fds(self):
        """Descriptors of files without a name."""
        count = 0
        for fd in os.listdir(f"/proc/{self.process.pid}/fd"):
            try:
                count += "(deleted)" in os.readlink(f"/proc/{self.process.pid}/fd/{fd}")
            except FileNotFoundError:
                pass
        return count

    def settle(self, want, what, seconds=6):
        end = time.monotonic() + seconds
        while want() is not True:
            assert time.monotonic() < end, what
            time.sleep(0.05)

    def end(self):
        if self.process.poll() is None:
            assert self.tell("stats")["bad_fds"] == 0
            self.process.stdin.close()
        status = self.process.wait(20)
        text = self.stderr()
        self.errors.close()
        assert "Sanitizer" not in text and "runtime error" not in text, text
        return status


@pytest.fixture
def start(tmp_path):
    running = []

    def begin(*options, **kwargs):
        service = Service(tmp_path, *options, **kwargs)
        running.append(service)
        return service

    yield begin
    for service in running:
        if service.process.poll() is None:
            assert service.end() == 0


@pytest.fixture
def service(start):
    return start()


def read_response(sock, head=False):
    """status, headers (dict, lower case), body, or None if the connection ends without one."""
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            piece = sock.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            assert data == b"", data
            return None
        data += piece
    top, _, body = data.partition(b"\r\n\r\n")
    lines = top.decode().split("\r\n")
    status = int(lines[0].split()[1])
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    if status == 100:
        assert body == b""
        return status, headers, b""
    want = 0 if head or status == 204 else int(headers.get("content-length", 0))
    while len(body) < want:
        piece = sock.recv(1 << 20)
        if not piece:
            break
        body += piece
    return status, headers, body


def settled_fds(service):
    """Descriptors of a service at rest that has done everything once."""
    assert put(service, service.slot(owner="first@example.test"))[0] == 201
    service.settle(lambda: service.tell("stats")["connections"] == 0, "connections left")
    return service.fds()


def put_head(slot, length=None, extra=(), path=None, authorization=True, host=True):
    lines = [f"PUT {path or slot['path']} HTTP/1.1"]
    if host:
        lines.append("Host: upload.example.test")
    if length is not None:
        lines.append(f"Content-Length: {length}")
    if authorization is True:
        authorization = slot["authorization"]
    if authorization:
        lines.append("Authorization: " + authorization)
    return ("\r\n".join([*lines, *extra]) + "\r\n\r\n").encode("latin-1")


def put(service, slot, body=BODY, **kwargs):
    with service.connect() as sock:
        sock.sendall(put_head(slot, len(body), **kwargs) + body)
        return read_response(sock)


def get(service, path, method="GET", extra=""):
    with service.connect() as sock:
        sock.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode("latin-1"))
        return read_response(sock, head=method == "HEAD")


def nothing_left(service, but=()):
    service.settle(lambda: service.tell("stats")["jobs"] == 0, "jobs left")
    service.settle(lambda: service.spool_fds() == 0, "spool files left open")
    assert service.files() == list(but)


# -- what it is for


def test_clean_file_comes_back_as_it_was(service):
    body = os.urandom(300_000)
    slot = service.slot(len(body), "Bericht März (1).pdf", "application/pdf")
    status, headers, text = put(service, slot, body)
    assert (status, text) == (201, b"")
    status, headers, text = get(service, slot["path"])
    assert status == 200 and text == body
    assert headers["content-type"] == "application/pdf"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"] and "default-src 'none'" in headers["content-security-policy"]
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''Bericht%20M%C3%A4rz%20%281%29.pdf"
    assert headers["access-control-allow-origin"] == "*"
    head = get(service, slot["path"], "HEAD")
    assert head[0] == 200 and head[1]["content-length"] == str(len(body)) and head[2] == b""
    assert slot["get"] == slot["put"] and re.search(r"/[\w-]{24}/Bericht%20M%C3%A4rz%20%281%29\.pdf$", slot["get"])


def test_only_listed_types_are_shown_in_place(service):
    for type, shown in (("image/png", "inline"), ("image/svg+xml", "attachment"), ("text/html", "attachment"), ("", "attachment"),
                        ("IMAGE/PNG; x=y", "inline"), ("nonsense\r\nX: y", "attachment")):
        slot = service.slot(type=type)
        assert put(service, slot)[0] == 201
        headers = get(service, slot["path"])[1]
        assert headers["content-disposition"].split(";")[0] == shown, type
        assert "x" not in headers
        if not type or "\r" in type:
            assert headers["content-type"] == "application/octet-stream"


def test_expect_continue_and_keep_alive(service):
    with service.connect() as sock:
        for _ in range(3):
            slot = service.slot()
            sock.sendall(put_head(slot, len(BODY), ["Expect: 100-continue"]))
            assert read_response(sock)[0] == 100
            sock.sendall(BODY)
            assert read_response(sock)[0] == 201
            sock.sendall(f"GET {slot['path']} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 2)  # pipelined
            seen = b""
            while seen.count(BODY) < 2:
                piece = sock.recv(65536)
                assert piece
                seen += piece


def test_body_byte_by_byte(service):
    slot = service.slot()
    with service.connect() as sock:
        for byte in put_head(slot, len(BODY)) + BODY:
            sock.sendall(bytes([byte]))
        assert read_response(sock)[0] == 201
    assert get(service, slot["path"])[2] == BODY


def test_nothing_is_found_before_the_verdict(start):
    service = start(policy="never")
    slot = service.slot()
    with service.connect() as sock:
        sock.sendall(put_head(slot, len(BODY)) + BODY)
        service.settle(lambda: service.tell("stats")["held"] == 1, "not held")
        assert get(service, slot["path"])[0] == 404
        assert get(service, slot["path"], "HEAD")[0] == 404
        assert service.files() == []
        service.tell("release", policy="clean")
        assert read_response(sock)[0] == 201
    assert get(service, slot["path"])[2] == BODY


@pytest.mark.parametrize("policy,status", [("refuse", 403), ("unavailable", 503), ("busy", 503), ("50:refuse", 403)])
def test_not_clean_is_never_downloadable(start, policy, status):
    service = start(policy=policy)
    slot = service.slot()
    answer = put(service, slot)
    assert answer[0] == status
    assert answer[1]["content-type"] == "text/plain; charset=utf-8"
    if status == 403:
        assert b"malware" in answer[2] and b"Reference: 0123456789abcdef" in answer[2]
    else:
        assert int(answer[1]["retry-after"]) > 0
    assert get(service, slot["path"])[0] == 404
    assert put(service, slot)[0] in (404, 409)  # used up all the same
    nothing_left(service)


def test_ranges(service):
    body = bytes(range(200))
    slot = service.slot(len(body))
    assert put(service, slot, body)[0] == 201
    etag = get(service, slot["path"])[1]["etag"]
    for value, want in (("0-0", (0, 1)), ("10-19", (10, 20)), ("190-", (190, 200)), ("-5", (195, 200)), ("-500", (0, 200)),
                        ("150-99999999999999999999", (150, 200))):
        status, headers, got = get(service, slot["path"], extra=f"Range: bytes={value}\r\n")
        assert status == 206 and got == body[want[0]:want[1]], value
        assert headers["content-range"] == f"bytes {want[0]}-{want[1] - 1}/200"
    for value in ("200-", "-0", "99999999999999999999-"):
        status, headers, _ = get(service, slot["path"], extra=f"Range: bytes={value}\r\n")
        assert status == 416 and headers["content-range"] == "bytes */200"
    for extra in ("Range: bytes=5-3\r\n", "Range: bytes=0-1,4-5\r\n", "Range: bytes=a-b\r\n", "Range: bytes=-\r\n", "Range: lines=1-2\r\n",
                  'Range: bytes=0-1\r\nIf-Range: "other"\r\n'):
        status, _, got = get(service, slot["path"], extra=extra)
        assert status == 200 and got == body, extra
    assert get(service, slot["path"], extra=f"Range: bytes=0-1\r\nIf-Range: {etag}\r\n")[0] == 206


def test_browsers_may_ask(service):
    status, headers, _ = get(service, "/any/thing", "OPTIONS", "Origin: https://chat.example.test\r\nAccess-Control-Request-Method: PUT\r\n")
    assert status == 204
    assert headers["access-control-allow-origin"] == "*"
    assert "PUT" in headers["access-control-allow-methods"]
    assert {"authorization", "content-type"} <= {h.strip().lower() for h in headers["access-control-allow-headers"].split(",")}
    assert "access-control-allow-credentials" not in headers


# -- what it must refuse, before the body where that can be known

LENGTH = len(BODY)
TOKEN = "TOKEN"
BAD_PUTS = {
    "no token": (401, [f"Content-Length: {LENGTH}"], None),
    "wrong token": (403, [f"Content-Length: {LENGTH}"], "Bearer " + "A" * 44),
    "empty token": (403, [f"Content-Length: {LENGTH}"], "Bearer "),
    "short scheme": (403, [f"Content-Length: {LENGTH}"], "B"),
    "other scheme": (403, [f"Content-Length: {LENGTH}"], "Basic YTpi"),
    "two tokens": (400, [f"Content-Length: {LENGTH}", "Authorization: Bearer x"], TOKEN),
    "no length": (411, [], TOKEN),
    "chunked": (411, ["Transfer-Encoding: chunked"], TOKEN),
    "identity": (411, ["Transfer-Encoding: identity"], TOKEN),
    "gzip, chunked": (411, ["Transfer-Encoding: gzip, chunked"], TOKEN),
    "length and chunked": (400, [f"Content-Length: {LENGTH}", "Transfer-Encoding: chunked"], TOKEN),
    "chunked and length": (400, ["Transfer-Encoding: chunked", f"Content-Length: {LENGTH}"], TOKEN),
    "two lengths": (400, [f"Content-Length: {LENGTH}", f"Content-Length: {LENGTH + 1}"], TOKEN),
    "the same length twice": (400, [f"Content-Length: {LENGTH}", f"Content-Length: {LENGTH}"], TOKEN),
    "length list": (400, [f"Content-Length: {LENGTH}, {LENGTH}"], TOKEN),
    "negative length": (400, ["Content-Length: -1"], TOKEN),
    "plus sign": (400, [f"Content-Length: +{LENGTH}"], TOKEN),
    "hex length": (400, ["Content-Length: 0xd"], TOKEN),
    "empty length": (400, ["Content-Length: "], TOKEN),
    "longer": (413, [f"Content-Length: {LENGTH + 1}"], TOKEN),
    "huge": (413, ["Content-Length: 999999999999999999"], TOKEN),
    "beyond 64 bits": ((400, 413), ["Content-Length: 99999999999999999999999"], TOKEN),
    "shorter": (400, [f"Content-Length: {LENGTH - 1}"], TOKEN),
    "nothing": (400, ["Content-Length: 0"], TOKEN),
    "space before colon": (400, [f"Content-Length : {LENGTH}"], TOKEN),
    "another type": (400, [f"Content-Length: {LENGTH}", "Content-Type: text/html"], TOKEN),
    "two types": (400, [f"Content-Length: {LENGTH}", "Content-Type: text/plain", "Content-Type: text/html"], TOKEN),
    "control in a header": (400, [f"Content-Length: {LENGTH}", "X-A: a\1b"], TOKEN),
    "bad header name": (400, [f"Content-Length: {LENGTH}", "X(A): b"], TOKEN),
    "two hosts": (400, [f"Content-Length: {LENGTH}", "Host: other"], TOKEN),
    "header too large": (431, [f"Content-Length: {LENGTH}", "X-A: " + "a" * 40000], TOKEN),
}


@pytest.mark.parametrize("case", BAD_PUTS)
def test_bad_put_is_refused_before_its_body(service, case):
    status, extra, token = BAD_PUTS[case]
    slot = service.slot()
    with service.connect() as sock:
        sock.sendall(put_head(slot, None, [*extra, "Expect: 100-continue"], authorization=token if token != TOKEN else True))
        answer = read_response(sock)
        assert answer is not None, "closed without an answer"
        assert answer[0] in (status if isinstance(status, tuple) else (status,)), answer
    # the body all the same, without waiting
    with service.connect() as sock:
        try:
            sock.sendall(put_head(slot, None, extra, authorization=token if token != TOKEN else True) + BODY)
            answer = read_response(sock)
        except (BrokenPipeError, ConnectionResetError):
            answer = None
        assert answer is None or answer[0] >= 400
    nothing_left(service)
    if token == TOKEN:  # a mistake in the header does not cost the slot
        assert put(service, slot)[0] == 201


def test_no_host(service):
    slot = service.slot()
    assert put(service, slot, host=False)[0] == 400
    nothing_left(service)


@pytest.mark.parametrize("odd", ["X-A: a\0b\r\nX-B: c\r\n", "X-A: a\r\n b\r\n", "X-A: a\nX-B: c\r\n", "X-A\0: a\r\n"])
def test_what_the_parser_lets_pass_changes_no_file(service, odd):
    """NUL in a value, obs-fold and a bare LF are not visible behind the library: refused, or no harm."""
    slot = service.slot()
    head = put_head(slot, len(BODY))[:-2] + odd.encode() + b"\r\n"
    with service.connect() as sock:
        sock.sendall(head + BODY)
        answer = read_response(sock)
    assert answer is None or answer[0] in (201, 400)
    if answer and answer[0] == 201:
        assert get(service, slot["path"])[2] == BODY
    else:
        nothing_left(service)


def test_wrong_tokens_for_the_right_path(service):
    mine, other = service.slot(), service.slot(owner="mallory@example.test")
    assert put(service, dict(mine, authorization=other["authorization"]))[0] == 403
    assert put(service, mine, path="/" + "A" * 24 + "/a.txt")[0] == 404
    assert put(service, mine, path=mine["path"][:-5] + "b.txt")[0] == 404
    assert put(service, mine)[0] == 201


def test_a_token_is_good_for_one_put(start):
    service = start(policy="never")
    slot = service.slot()
    with service.connect() as first, service.connect() as second:
        first.sendall(put_head(slot, len(BODY)) + BODY[:3])
        service.settle(lambda: service.tell("stats")["jobs"] == 1, "not begun")
        second.sendall(put_head(slot, len(BODY)) + BODY)
        assert read_response(second)[0] == 409
        first.sendall(BODY[3:])
        service.settle(lambda: service.tell("stats")["held"] == 1, "not held")
        assert put(service, slot)[0] == 409
        service.tell("release", policy="clean")
        assert read_response(first)[0] == 201
    assert put(service, slot, b"other bytes!!")[0] == 409
    assert get(service, slot["path"])[2] == BODY


def test_expired_slot(start):
    service = start("--slot_s", 1)
    slot = service.slot()
    time.sleep(1.1)
    assert put(service, slot)[0] in (404, 410)
    nothing_left(service)


PATHS = ["/", "//", "/../index.db", "/index.db", "/%2e%2e/index.db", "/{id}", "/{id}/", "/{id}/a.txt/", "/{id}//a.txt", "/{id}/a.txt%00",
         "/{id}/%00", "/{id}/a%2", "/{id}/a%zztxt", "/{id}/../a.txt", "/{id}/%2e%2e%2fa.txt", "/x/../{id}/a.txt", "/./{id}/a.txt",
         "/{id}%2fa.txt", "/{id}/a.txt.", "/{id}/A.txt", "/{idlower}/a.txt", "//{id}/a.txt", "/d{day}/{id}", "/{id}\\a.txt",
         "http://upload.example.test/{id}/a.txt", "*", "/{id}/a.tx", "/{id}/a.txtt", "/{id}x/a.txt", "/" + "a" * 8000, "/%", "/;/{id}/a.txt"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_path_tricks(service, method):
    done, open_slot = service.slot(), service.slot()
    assert put(service, done)[0] == 201
    for pattern in PATHS:
        slot = open_slot if method == "PUT" else done
        id = slot["path"].split("/")[1]
        path = pattern.format(id=id, idlower=id.swapcase(), day=int(time.time()) // 86400)
        answer = put(service, slot, path=path) if method == "PUT" else get(service, path, method)
        assert answer is None or answer[0] in (400, 404, 414), (path, answer)
    assert service.files() == [done["path"].split("/")[1]]
    # other spellings of the same name are the same file
    for spelling in ("%61.txt", "a%2Etxt", "a%2etxt"):
        assert get(service, done["path"].replace("a.txt", spelling))[0] == 200


def test_other_methods(service):
    slot = service.slot()
    for method in ("POST", "DELETE", "PATCH", "CONNECT", "TRACE", "PROPFIND", "get", "GETX", "GE"):
        answer = get(service, slot["path"], method)
        assert answer[0] in (400, 405, 501), method
    with service.connect() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
        assert read_response(sock)[0] == 400
    with service.connect() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        assert read_response(sock)[0] == 400


def test_bytes_behind_the_body_are_not_of_it(service):
    slot = service.slot()
    with service.connect() as sock:
        sock.sendall(put_head(slot, len(BODY)) + BODY + b"more and more\r\n\r\n")
        assert read_response(sock)[0] == 201
    assert get(service, slot["path"])[2] == BODY


def test_garbage(service):
    for junk in (b"\0" * 1000, b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 100, b"A" * 100000,
                 b"PUT / HTTP/1.1\r\n" + b"a:b\r\n" * 20000):
        with service.connect() as sock:
            try:
                sock.sendall(junk)
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(65536):
                    pass
            except OSError:
                pass
    slot = service.slot()
    assert put(service, slot)[0] == 201


# -- slots


def test_slots_that_are_not_given(start):
    service = start("--size_max", 1000, "--quota", 20000)
    for name in ("", ".", "..", "a/b", "a\\b", "a\nb", "a\x7fb", "a\u202egnp.exe", "x" * 256, "a\u2028b"):
        assert service.tell("slot", owner=ALICE, name=name, size=1)["refusal"] == "bad-name", repr(name)
    for size in (0, -1, -2**62):
        assert service.tell("slot", owner=ALICE, name="a", size=size)["refusal"] == "bad-name"
    for size in (1001, 2**62):
        answer = service.tell("slot", owner=ALICE, name="a", size=size)
        assert answer["refusal"] == "too-large" and answer["size_max"] == 1000
    for name in ("x" * 255, "ü" * 127, ".htaccess", "a b", "%2e%2e", "?#&", "~"):
        slot = service.slot(10, name, owner=f"{len(name)}{ord(name[0])}@example.test")
        assert put(service, slot, b"0123456789")[0] == 201, name
        assert get(service, slot["path"])[2] == b"0123456789", name


def test_quota_counts_slots_and_files_and_comes_back(start):
    service = start("--quota", 3 * 4096, "--slot_s", 2, "--expire_s", 60)
    slots = [service.slot(1) for _ in range(3)]  # each costs a block at least
    answer = service.tell("slot", owner=ALICE, name="a", size=1)
    assert answer["refusal"] == "quota" and 1 <= answer["retry_s"] <= 2
    assert "put" in service.tell("slot", owner="bob@example.test", name="a", size=1)
    assert put(service, slots[0], b"x")[0] == 201
    service.settle(lambda: "put" in service.tell("slot", owner=ALICE, name="a", size=1), "expired slots still count")
    service.slot(1)
    assert service.tell("slot", owner=ALICE, name="a", size=1)["refusal"] == "quota"


def test_files_expire(start):
    service = start("--expire_s", 1)
    slots = [service.slot() for _ in range(40)]  # more than one step of expiry
    for slot in slots:
        assert put(service, slot)[0] == 201
    assert len(service.files()) > 0
    service.settle(lambda: get(service, slots[-1]["path"])[0] == 404, "still there")
    service.settle(lambda: service.files() == [], "files not deleted", 12)


# -- slow and vanished clients


def ends(sock, within):
    """Seconds until the peer closes."""
    begin = time.monotonic()
    sock.settimeout(within)
    try:
        while sock.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - begin


def test_slow_header(start):
    service = start("--header_s", 1)
    with service.connect() as silent, service.connect() as slow:
        stop = time.monotonic() + 6
        slow.settimeout(0.25)
        head = iter(put_head(service.slot(), len(BODY)))
        begin = time.monotonic()
        while True:
            assert time.monotonic() < stop, "one byte at a time keeps the connection"
            try:
                slow.sendall(bytes([next(head)]))
                if slow.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - begin < 4
        assert ends(silent, 4) < 4
    nothing_left(service)


def test_slow_body(start):
    service = start("--header_s", 1, "--rate_min", 1000)
    slot = service.slot(100_000)
    with service.connect() as slow:
        slow.sendall(put_head(slot, 100_000))
        begin = time.monotonic()
        slow.settimeout(0.25)
        while True:
            assert time.monotonic() - begin < 8, "a few bytes a second keep the connection"
            try:
                slow.sendall(b"ab")
                if slow.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    nothing_left(service)


def test_slow_but_fast_enough(start):
    service = start("--header_s", 1, "--rate_min", 1000)
    slot = service.slot(12_000)
    with service.connect() as sock:
        sock.sendall(put_head(slot, 12_000))
        for _ in range(12):
            time.sleep(0.3)
            sock.sendall(b"x" * 1000)
        assert read_response(sock)[0] == 201


def test_slow_reader(start):
    service = start("--header_s", 1, "--rate_min", 10_000_000)
    size = 30_000_000
    slot = service.slot(size)
    assert put(service, slot, bytes(size))[0] == 201
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", service.port))
        sock.sendall(f"GET {slot['path']} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        sock.recv(1000)
        service.settle(lambda: service.tell("stats")["connections"] == 0, "a reader that does not read keeps its connection", 9)


@pytest.mark.parametrize("how", ["close", "fin with data", "reset"])
def test_clients_that_vanish_in_the_body(service, how):
    base, first = settled_fds(service), service.files()
    for n in range(60):
        slot = service.slot(100_000)
        sock = service.connect()
        if how == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.sendall(put_head(slot, 100_000) + b"x" * 5000)
        if how != "fin with data":
            time.sleep(0.002)
        sock.close()
    service.settle(lambda: service.fds() <= base, "descriptors left")
    nothing_left(service, first)
    assert service.tell("stats")["scanned"] == 1
    assert put(service, service.slot())[0] == 201


def test_clients_that_vanish_before_the_verdict(start):
    service = start()
    base, first = settled_fds(service), service.files()
    service.tell("policy", policy="never")
    slots = []
    for _ in range(20):
        slots.append(service.slot())
        sock = service.connect()
        sock.sendall(put_head(slots[-1], len(BODY)) + BODY)
        sock.close()
    service.settle(lambda: service.tell("stats")["held"] == 20, "not held")
    service.tell("release", policy="clean")
    service.settle(lambda: service.fds() <= base, "descriptors left")
    nothing_left(service, first)
    for slot in slots:
        assert get(service, slot["path"])[0] == 404


def test_end_while_jobs_are_held(start):
    service = start(policy="never")
    socks = []
    for _ in range(5):
        sock = service.connect()
        sock.sendall(put_head(service.slot(), len(BODY)) + BODY)
        socks.append(sock)
    service.settle(lambda: service.tell("stats")["held"] == 5, "not held")
    assert service.end() == 0  # verdicts come after the service's end: no use after free
    assert all(read_response(sock) is None for sock in socks)
    assert service.files() == []


def test_end_in_the_middle_of_everything(start):
    service = start(policy="5:clean")
    slots = [service.slot(20_000) for _ in range(60)]
    socks = []
    for slot in slots:
        sock = service.connect()
        sock.sendall(put_head(slot, 20_000) + b"x" * 20_000)
        socks.append(sock)
    assert service.end() == 0
    service = start()
    for slot, sock in zip(slots, socks):
        try:
            answer = read_response(sock)
        except OSError:
            answer = None
        if answer and answer[0] == 201:
            assert get(service, slot["path"])[2] == b"x" * 20_000


def test_connection_limits(start):
    service = start("--per_ip_max", 4)
    kept = [service.connect() for _ in range(4)]
    with service.connect(3) as extra:
        assert ends(extra, 3) < 3
    for sock in kept:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_response(sock)[0] == 404
        sock.close()
    service.settle(lambda: service.tell("stats")["connections"] == 0, "connections left")
    assert put(service, service.slot())[0] == 201


# -- no space


def test_file_size_limit_is_said_before_the_body(start):
    service = start(before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, 4 << 20)))
    slot = service.slot(5 << 20)
    with service.connect() as sock:
        sock.sendall(put_head(slot, 5 << 20, ["Expect: 100-continue"]))
        assert read_response(sock)[0] == 507
    nothing_left(service)
    assert put(service, service.slot())[0] == 201


def test_full_file_system(start, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    mount = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size=3m none {state} && exec "$@"', "sh"]
    if subprocess.run([*mount, "true"], capture_output=True).returncode != 0:
        pytest.skip("may not mount a file system")
    service = start(prefix=mount)
    big = service.slot(8 << 20)
    with service.connect() as sock:
        sock.sendall(put_head(big, 8 << 20, ["Expect: 100-continue"]))
        assert read_response(sock)[0] == 507
    service.settle(lambda: service.tell("stats")["jobs"] == 0, "jobs left")
    slot = service.slot()
    assert put(service, slot)[0] == 201
    assert get(service, slot["path"])[2] == BODY


# -- crash


def test_kill_during_load_loses_nothing_that_was_accepted(start):
    service = start(policy="2:clean")
    accepted, begun, stop = {}, [], threading.Event()

    def load(seed):
        n = 0
        while not stop.is_set():
            n += 1
            body = f"{seed}-{n} ".encode() * 1500
            try:
                slot = service.slot(len(body), owner=f"u{seed}@example.test")
                begun.append(slot)
                if put(service, slot, body)[0] == 201:
                    accepted[slot["path"]] = body
            except (OSError, ValueError, TypeError, AssertionError):
                return

    threads = [threading.Thread(target=load, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    service.process.kill()
    stop.set()
    for thread in threads:
        thread.join()
    service.process.wait()
    assert len(accepted) > 20
    service = start()
    for path, body in accepted.items():
        status, _, got = get(service, path)
        assert status == 200 and got == body
    visible = {slot["path"].split("/")[1] for slot in begun if get(service, slot["path"])[0] == 200}
    assert set(service.files()) == visible  # no file without a row, no row without its file
    assert {path.split("/")[1] for path in accepted} <= visible
    sizes = {p.stat().st_size for p in (service.folder / "state" / "uploads").glob("d*/*")}
    assert 0 not in sizes


def test_start_clears_up(start):
    service = start()
    kept, lost = service.slot(), service.slot()
    assert put(service, kept)[0] == 201 and put(service, lost)[0] == 201
    uploads = service.folder / "state" / "uploads"
    assert service.end() == 0
    folder = next(uploads.glob("d*"))
    (folder / lost["path"].split("/")[1]).unlink()
    (folder / ("x" * 24)).write_bytes(b"no row")
    (uploads / "d1").mkdir()
    (uploads / "d1" / kept["path"].split("/")[1]).write_bytes(b"in another folder")
    service = start()
    assert get(service, kept["path"])[2] == BODY
    assert get(service, lost["path"])[0] == 404
    assert service.files() == [kept["path"].split("/")[1]]


def test_tokens_are_not_at_rest(start):
    service = start()
    slot = service.slot()
    assert put(service, slot)[0] == 201
    token = slot["authorization"].split()[1].encode()
    time.sleep(1.2)
    for path in (service.folder / "state" / "uploads").glob("index.db*"):
        assert token not in path.read_bytes()


def test_inside_the_sandbox(start, monkeypatch):
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")  # it would look for leaks by ptrace()
    service = start("--sandbox", "--expire_s", 3)
    slot = service.slot()
    assert put(service, slot)[0] == 201
    assert get(service, slot["path"])[2] == BODY
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    tasks = list(pathlib.Path(f"/proc/{service.process.pid}/task").iterdir())
    assert "Seccomp:\t2" in status and len(tasks) > 1
    assert all("Seccomp:\t2" in (task / "status").read_text() for task in tasks)
    service.tell("policy", policy="refuse")
    assert put(service, service.slot())[0] == 403
    service.settle(lambda: service.files() == [], "files not deleted", 12)
    assert get(service, slot["path"])[0] == 404


@pytest.mark.parametrize("seed", range(4))
def test_mutated_requests(service, seed):
    """Nothing that looks almost like a request harms the service or leaves anything open."""
    rng = random.Random(seed)
    base = settled_fds(service)
    first = service.files()
    slot = service.slot(2000)
    whole = put_head(slot, 2000, ["Content-Type: text/plain", "Expect: 100-continue"]) + b"x" * 2000
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(min(len(data), 400))
            change = rng.randrange(4)
            if change == 0:
                data[at] = rng.randrange(256)
            elif change == 1:
                del data[at:at + rng.randrange(1, 30)]
            elif change == 2:
                data[at:at] = bytes(rng.choice(b"\r\n :;%/\0\xff,-0A") for _ in range(rng.randrange(1, 5)))
            else:
                other = rng.randrange(400)
                data[at:at] = data[other:other + rng.randrange(1, 60)]
        with service.connect() as sock:
            try:
                sock.sendall(data)
                if rng.randrange(2):
                    sock.shutdown(socket.SHUT_WR)
                sock.settimeout(0.02)
                while sock.recv(65536):
                    pass
            except OSError:
                pass
    service.settle(lambda: service.fds() <= base, "descriptors left")
    service.settle(lambda: service.tell("stats")["jobs"] == 0, "jobs left")
    done = [slot["path"].split("/")[1]] if service.tell("stats")["stored"] > 1 else []
    assert service.files() == sorted(first + done)
    assert put(service, service.slot())[0] == 201


# -- TLS


@pytest.fixture
def certificate(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    return tmp_path / "cert.pem", tmp_path / "key.pem"


@pytest.mark.parametrize("where", ["open", "sandbox"])
def test_tls(start, certificate, where, monkeypatch):
    options = ["--certificate", certificate[0], "--key", certificate[1], "--header_s", 2]
    if where == "sandbox":
        monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")
        options.append("--sandbox")
    service = start(*options)
    context = ssl.create_default_context(cafile=certificate[0])
    context.check_hostname = False
    body = os.urandom(200_000)
    slot = service.slot(len(body))
    assert slot["put"].startswith("https://")
    with context.wrap_socket(service.connect()) as sock:
        sock.sendall(put_head(slot, len(body)) + body)
        assert read_response(sock)[0] == 201
        sock.sendall(f"GET {slot['path']} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert read_response(sock)[2] == body
    service.settle(lambda: service.tell("stats")["connections"] == 0, "connections left")
    base = service.fds()
    with service.connect() as silent:  # the handshake is bound too
        assert ends(silent, 6) < 6
    slot = service.slot(len(body))
    sock = context.wrap_socket(service.connect())
    sock.sendall(put_head(slot, len(body)) + body[:5000])
    socket.socket(fileno=sock.detach()).close()
    service.settle(lambda: service.fds() <= base, "descriptors left")


def test_tls_with_a_key_of_another(start, certificate, tmp_path):
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", tmp_path / "other.pem"], check=True)
    with pytest.raises(RuntimeError, match="PEM pair"):
        start("--certificate", certificate[0], "--key", tmp_path / "other.pem")
    with pytest.raises(RuntimeError, match="cannot read"):
        start("--certificate", tmp_path / "none.pem", "--key", tmp_path / "other.pem")
