"""A scripted filterd: the far end of a connector's inspect channel, with the verdicts in the test's hand.

Connects to a server as the XEP-0114 component, offers the channel (PROTOCOL.inspect 1.1), speaks its frames, and
settles each INSPECT by a rule the test supplies:

    async def rule(ask):
        if "secret" in ask.stanza:
            return bounce("policy-violation", "Not allowed.")
        await asyncio.sleep(0.1)
        return DELIVER

    peer = Peer(component_port=5347, secret="s", hosts=["example.test"], path="/tmp/x/inspect", rule=rule)
    await peer.start()
    await peer.wait_attached()

Only the standard library is used, so that it tests the connector and not somebody's XMPP library.
"""
import asyncio
import hashlib
import inspect
import os
import re
import secrets
import ssl
import struct
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

ATTACH, SESSION, INSPECT, CANCEL, END, INJECTED = 1, 2, 3, 4, 5, 6
PING, PONG, ROOM = 0x40, 0x41, 0x42
READY, DELIVER_T, REPLACE_T, BOUNCE_T, DROP_T, INJECT = 0x81, 0x82, 0x83, 0x84, 0x85, 0x86
NAMES = {1: "ATTACH", 2: "SESSION", 3: "INSPECT", 4: "CANCEL", 5: "END", 6: "INJECTED", 0x40: "PING", 0x41: "PONG", 0x42: "ROOM",
         0x81: "READY", 0x82: "DELIVER", 0x83: "REPLACE", 0x84: "BOUNCE", 0x85: "DROP", 0x86: "INJECT"}
TYPES = {name: number for number, name in NAMES.items()}
MAX_FRAME, WINDOW = 589824, 4096
NS_ATTACH = "urn:filterd:inspect:1"
NS_STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"


# --- verdicts -------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Verdict:
    type: int
    payload: bytes = b""


DELIVER = Verdict(DELIVER_T)
DROP = Verdict(DROP_T)
SILENCE = None  # never answered: the connector's deadline decides


def replace(xml):
    return Verdict(REPLACE_T, xml.encode())


def bounce(condition="policy-violation", text="Stopped by the content filter.", type="modify"):
    return Verdict(BOUNCE_T, (f"<error xmlns='jabber:client' type='{type}'><{condition} xmlns='{NS_STANZAS}'/>"
                              f"<text xmlns='{NS_STANZAS}' xml:lang='en'>{escape(text)}</text></error>").encode())


# --- frames ---------------------------------------------------------------------------------------------------------

def frame(type, body=b""):
    return struct.pack(">IB", 1 + len(body), type) + body


def str16(text):
    data = text.encode()
    return struct.pack(">H", len(data)) + data


class Broken(Exception):
    """The other side sent a frame that breaks the rules."""


def parse(type, body):
    """Fields of a frame as a dict; Broken when its body has the wrong shape."""
    def strings(at, *names):
        out = {}
        for name in names:
            if at + 2 > len(body):
                raise Broken("truncated string")
            (size,) = struct.unpack_from(">H", body, at)
            if at + 2 + size > len(body):
                raise Broken("truncated string")
            out[name] = body[at + 2:at + 2 + size].decode()
            at += 2 + size
        if at != len(body):
            raise Broken("bytes left over")
        return out

    try:
        if type == ATTACH:
            return {"version": body[0], "token": body[1:65].decode("ascii"), **strings(65, "software")}
        if type == SESSION:
            session, origin, flags = struct.unpack_from(">IBB", body)
            return {"session": session, "origin": origin, "flags": flags, **strings(6, "jid", "host", "address")}
        if type == INSPECT:
            id, session, flags = struct.unpack_from(">IIB", body)
            return {"id": id, "session": session, "flags": flags, "stanza": body[9:].decode()}
        if type in (CANCEL, DELIVER_T, DROP_T):
            return {"id": struct.unpack(">I", body)[0]}
        if type == END:
            return {"session": struct.unpack(">I", body)[0]}
        if type == INJECTED:
            id, status = struct.unpack(">IB", body)
            return {"id": id, "status": status}
        if type in (PING, PONG):
            return {"cookie": struct.unpack(">I", body)[0]}
        if type == ROOM:
            (size,) = struct.unpack_from(">H", body)
            at, domains = 3 + size, []
            while at < len(body):
                (length,) = struct.unpack_from(">H", body, at)
                domains.append(body[at + 2:at + 2 + length].decode())
                at += 2 + length
            if at != len(body) or body[2 + size] > 1 or domains and not body[2 + size]:
                raise Broken("not a room")
            return {"room": body[2:2 + size].decode(), "known": body[2 + size], "domains": " ".join(sorted(domains))}
        if type == READY:
            version, max_frame, window = struct.unpack(">BII", body)
            return {"version": version, "max_frame": max_frame, "window": window}
        if type in (REPLACE_T, INJECT):
            return {"id": struct.unpack_from(">I", body)[0], "stanza": body[4:].decode()}
        if type == BOUNCE_T:
            return {"id": struct.unpack_from(">I", body)[0], "error": body[4:].decode()}
    except (struct.error, IndexError, UnicodeDecodeError) as problem:
        raise Broken(str(problem)) from problem
    if 0x40 <= type <= 0x7f:
        return {}
    raise Broken(f"unknown type {type:#x}")


def build(type, **f):
    """The inverse of parse()."""
    if type == ATTACH:
        body = bytes([int(f["version"])]) + f["token"].encode() + str16(f["software"])
    elif type == SESSION:
        body = struct.pack(">IBB", int(f["session"]), int(f["origin"]), int(f.get("flags", 0)))
        body += str16(f["jid"]) + str16(f["host"]) + str16(f.get("address", ""))
    elif type == INSPECT:
        body = struct.pack(">IIB", int(f["id"]), int(f["session"]), int(f.get("flags", 0))) + f["stanza"].encode()
    elif type in (CANCEL, DELIVER_T, DROP_T):
        body = struct.pack(">I", int(f["id"]))
    elif type == END:
        body = struct.pack(">I", int(f["session"]))
    elif type == INJECTED:
        body = struct.pack(">IB", int(f["id"]), int(f["status"]))
    elif type in (PING, PONG):
        body = struct.pack(">I", int(f["cookie"]))
    elif type == ROOM:
        body = str16(f["room"]) + bytes([int(f["known"])]) + b"".join(map(str16, f.get("domains", "").split()))
    elif type == READY:
        body = struct.pack(">BII", int(f["version"]), int(f["max_frame"]), int(f["window"]))
    elif type in (REPLACE_T, INJECT):
        body = struct.pack(">I", int(f["id"])) + f["stanza"].encode()
    elif type == BOUNCE_T:
        body = struct.pack(">I", int(f["id"])) + f["error"].encode()
    else:
        raise ValueError(f"cannot build type {type:#x}")
    return frame(type, body)


async def read_frame(reader, limit=MAX_FRAME):
    """(type, body); Broken for a length outside the rules, IncompleteReadError at the end of the stream."""
    (size,) = struct.unpack(">I", await reader.readexactly(4))
    if not 1 <= size <= limit:
        raise Broken(f"length {size}")
    data = await reader.readexactly(size)
    return data[0], data[1:]


# --- what the connector told us -------------------------------------------------------------------------------------

@dataclass
class Session:
    session: int
    origin: int     # 1 c2s, 2 s2s, 3 component
    flags: int
    jid: str
    host: str
    address: str
    ended: bool = False


@dataclass
class Ask:
    id: int
    session: Session
    flags: int
    stanza: str
    at: float
    cancelled: bool = False
    room: str = None        # the domains in the room it goes to, as told before it; None: unknown
    element: ET.Element = field(default=None, repr=False)

    def __post_init__(self):
        self.element = ET.fromstring(self.stanza)

    @property
    def name(self):
        return self.element.tag.rsplit("}", 1)[-1]

    @property
    def body(self):
        for child in self.element:
            if child.tag.rsplit("}", 1)[-1] == "body":
                return child.text or ""
        return ""

    def with_body(self, text):
        """The verdict that lets this stanza pass with another body."""
        for child in self.element:
            if child.tag.rsplit("}", 1)[-1] == "body":
                child.text = text
        return replace(ET.tostring(self.element, encoding="unicode"))


# --- the component link ---------------------------------------------------------------------------------------------

class Link:
    """A bare XEP-0114 component: send XML, and read the stanzas that come."""

    def __init__(self, host, port, component, secret):
        self.host, self.port, self.component, self.secret = host, port, component, secret
        self.stanzas = asyncio.Queue()
        self.answers = {}       # id of an IQ -> future of its answer
        self.closed = asyncio.Event()

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        self.send(f"<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
                  f"xmlns:stream='http://etherx.jabber.org/streams' to='{self.component}'>")
        self.parser = ET.XMLPullParser(["start", "end"])
        self.depth, self.root = 0, None
        header = await self._next_start()
        digest = hashlib.sha1((header.get("id") + self.secret).encode()).hexdigest()
        self.send(f"<handshake>{digest}</handshake>")
        answer = await self._next_stanza()
        if not answer.tag.endswith("}handshake"):
            raise ConnectionError(f"component refused: {ET.tostring(answer, encoding='unicode')}")
        self.task = asyncio.ensure_future(self._pump())

    def send(self, xml):
        self.writer.write(xml.encode())

    async def iq(self, to, payload, type="set", timeout=5):
        id = secrets.token_hex(4)
        answer = self.answers[id] = asyncio.get_running_loop().create_future()
        self.send(f"<iq type='{type}' id='{id}' from='{self.component}' to={quoteattr(to)}>{payload}</iq>")
        try:
            return await asyncio.wait_for(answer, timeout)
        finally:
            self.answers.pop(id, None)

    async def _events(self):
        while True:
            for event in self.parser.read_events():
                return event
            data = await self.reader.read(65536)
            if not data:
                raise ConnectionError("component link closed")
            self.parser.feed(data)

    async def _next_start(self):
        _, self.root = await self._events()
        self.depth = 1
        return self.root

    async def _next_stanza(self):
        while True:
            event, element = await self._events()
            self.depth += 1 if event == "start" else -1
            if self.depth == 0:
                raise ConnectionError("stream closed")
            if event == "end" and self.depth == 1:
                self.root.clear()
                return element

    async def _pump(self):
        try:
            while True:
                stanza = await self._next_stanza()
                waiting = self.answers.get(stanza.get("id"))
                if stanza.tag.endswith("}iq") and stanza.get("type") in ("result", "error"):
                    if waiting and not waiting.done():
                        waiting.set_result(stanza)
                elif stanza.tag.endswith("}iq") and stanza.get("type") == "get":
                    # disco, ping: a real component answers something, so do we
                    self.send(f"<iq type='error' id={quoteattr(stanza.get('id'))} from='{self.component}' "
                              f"to={quoteattr(stanza.get('from'))}><error type='cancel'>"
                              f"<feature-not-implemented xmlns='{NS_STANZAS}'/></error></iq>")
                else:
                    self.stanzas.put_nowait(stanza)
        except (ConnectionError, OSError, ET.ParseError):
            pass
        finally:
            self.closed.set()

    async def close(self):
        if hasattr(self, "task"):
            self.task.cancel()
        if hasattr(self, "writer"):
            self.writer.close()
        self.closed.set()


# --- the peer -------------------------------------------------------------------------------------------------------

class Peer:
    """filterd as a connector sees it. rule(ask) gives a Verdict, SILENCE, or is a coroutine that does."""

    def __init__(self, component_port, secret, hosts, path=None, rule=None, component="filter.example.test",
                 host="127.0.0.1", tls=None, fingerprint=None, window=WINDOW, max_frame=MAX_FRAME, offer_every=0.5):
        self.link_at = (host, component_port, component, secret)
        self.hosts, self.path, self.tls = hosts, path, tls      # tls: (certificate file, key file)
        self.fingerprint = fingerprint                          # offered in place of the certificate's own
        self.rule = rule or (lambda ask: DELIVER)
        self.window, self.max_frame, self.offer_every = window, max_frame, offer_every
        self.asks, self.sessions, self.frames = [], {}, []
        self.offers = {}        # token -> host it was offered to
        self.refusals = []      # error stanzas that answered an offer
        self.attaches = 0
        self.connections = 0
        self.frozen = asyncio.Event()
        self.frozen.set()       # set: not frozen
        self.attached = asyncio.Event()
        self.writer = None
        self.tasks = set()
        self.injects, self.pings = {}, {}
        self.link = self.server = self.tls_server = None

    # life

    async def start(self):
        if self.path:
            if os.path.exists(self.path):
                os.unlink(self.path)
            self.server = await asyncio.start_unix_server(self._serve, self.path, limit=1 << 20)
            os.chmod(self.path, 0o777)
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.tls)
            self.tls_server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context, limit=1 << 20)
            self.tls_port = self.tls_server.sockets[0].getsockname()[1]
            self.fingerprint = self.fingerprint or hashlib.sha256(ssl.PEM_cert_to_DER_cert(_first_pem(self.tls[0]))).hexdigest()
        self.link = Link(*self.link_at)
        await self.link.connect()
        self._spawn(self._offer())

    async def wait_attached(self, timeout=10):
        await asyncio.wait_for(self.attached.wait(), timeout)

    def freeze(self):
        """As SIGSTOP: reads nothing and answers nothing until thaw()."""
        self.frozen.clear()

    def thaw(self):
        self.frozen.set()

    def cut(self):
        """As SIGKILL for the channel alone: gone without a word."""
        if self.writer:
            self.writer.transport.abort()

    async def stop(self):
        """As SIGKILL: channel, listener and link go at once."""
        for task in list(self.tasks):
            task.cancel()
        self.cut()
        self.attached.clear()
        for server in (self.server, self.tls_server):
            if server:
                server.close()
        if self.link:
            await self.link.close()
        await asyncio.sleep(0)

    def _spawn(self, work):
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    # offering (1.1)

    def offer(self, host, token=None):
        """The attach element of a fresh offer to host."""
        token = token or secrets.token_hex(32)
        self.offers[token] = host
        where = f" path={quoteattr(self.path)}" if self.path else ""
        if self.tls:
            where += f" host='127.0.0.1' port='{self.tls_port}' fingerprint='{self.fingerprint}'"
        return f"<attach xmlns='{NS_ATTACH}'{where} token='{token}' version='1' max-frame='{self.max_frame}'/>"

    async def _offer(self):
        while True:
            await self.frozen.wait()
            if not self.attached.is_set():
                for host in self.hosts:
                    try:
                        answer = await self.link.iq(host, self.offer(host))
                        if answer.get("type") == "error":
                            self.refusals.append(answer)
                    except asyncio.TimeoutError:
                        pass
                    if self.attached.is_set():
                        break
            await asyncio.sleep(self.offer_every)

    # the channel

    async def _serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        self.connections += 1
        try:
            if not await self.handshake(reader, writer):
                return
            await self._converse(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        except Broken as problem:
            self.frames.append(("BROKEN", {"why": str(problem)}))
        finally:
            self.tasks.discard(asyncio.current_task())
            if self.writer is writer:
                self.writer = None
                self.attached.clear()
            writer.close()

    async def handshake(self, reader, writer):
        type, body = await asyncio.wait_for(read_frame(reader, 4096), 5)
        hello = parse(type, body)
        if type != ATTACH or hello["version"] != 1 or self.offers.pop(hello["token"], None) is None:
            return False
        self.frames.append(("ATTACH", hello))
        self.sessions, self.rooms, self.writer = {}, {}, writer
        self.attaches += 1
        self.inject_id = 0
        writer.write(build(READY, version=1, max_frame=self.max_frame, window=self.window))
        self.attached.set()
        return True

    async def _converse(self, reader, writer):
        expected = 1
        while True:
            type, body = await read_frame(reader, self.max_frame)
            await self.frozen.wait()
            fields = parse(type, body)
            self.frames.append((NAMES.get(type, hex(type)), fields))
            if type == SESSION:
                if fields["session"] in self.sessions and not self.sessions[fields["session"]].ended:
                    raise Broken("session number in use")
                self.sessions[fields["session"]] = Session(**fields)
            elif type == INSPECT:
                if fields["id"] != expected:
                    raise Broken(f"id {fields['id']}, expected {expected}")
                expected += 1
                session = self.sessions.get(fields["session"])
                if not session or session.ended:
                    raise Broken("INSPECT of an unknown session")
                ask = Ask(fields["id"], session, fields["flags"], fields["stanza"],
                          asyncio.get_running_loop().time())
                ask.room = self.rooms.get(ask.element.get("to", "").split("/")[0])
                self.asks.append(ask)
                self._judge(ask, writer)
            elif type == ROOM:
                if fields["known"]:
                    self.rooms[fields["room"]] = fields["domains"]
                else:
                    self.rooms.pop(fields["room"], None)
            elif type == CANCEL:
                for ask in self.asks:
                    if ask.id == fields["id"]:
                        ask.cancelled = True
            elif type == END:
                if fields["session"] not in self.sessions:
                    raise Broken("END of an unknown session")
                self.sessions[fields["session"]].ended = True
            elif type == PING:
                writer.write(build(PONG, cookie=fields["cookie"]))
            elif type == PONG:
                waiting = self.pings.pop(fields["cookie"], None)
                if waiting and not waiting.done():
                    waiting.set_result(True)
            elif type == INJECTED:
                waiting = self.injects.pop(fields["id"], None)
                if waiting and not waiting.done():
                    waiting.set_result(fields["status"])
            elif type in (ATTACH,) or type >= 0x80:
                raise Broken(f"{NAMES[type]} from a connector")

    def _judge(self, ask, writer):
        verdict = self.rule(ask)
        if inspect.isawaitable(verdict):
            self._spawn(self._answer_later(ask, verdict, writer))
        else:
            self._answer(ask, verdict, writer)

    async def _answer_later(self, ask, verdict, writer):
        self._answer(ask, await verdict, writer)

    def _answer(self, ask, verdict, writer):
        if verdict is not None and not writer.is_closing():
            writer.write(frame(verdict.type, struct.pack(">I", ask.id) + verdict.payload))

    def send(self, data):
        """Raw bytes to the connector."""
        self.writer.write(data)

    async def ping(self, timeout=5):
        """Returns when the connector has read all that was sent before."""
        cookie = secrets.randbits(32)
        waiting = self.pings[cookie] = asyncio.get_running_loop().create_future()
        self.send(build(PING, cookie=cookie))
        await asyncio.wait_for(waiting, timeout)

    async def inject(self, stanza, timeout=5):
        """INJECT; the status of its receipt."""
        self.inject_id += 1
        waiting = self.injects[self.inject_id] = asyncio.get_running_loop().create_future()
        self.send(build(INJECT, id=self.inject_id, stanza=stanza))
        return await asyncio.wait_for(waiting, timeout)


def _first_pem(path):
    with open(path) as file:
        text = file.read()
    start, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return text[text.index(start):text.index(end) + len(end)] + "\n"


class Thread:
    """A Peer behind calls that wait, its work on the loop of lib.client. Attributes not found here are the Peer's."""

    def __init__(self, loop, *args, **kwargs):
        self._loop, self._made, self._timeout = loop, (args, kwargs), 20
        self._peer = None

    def __getattr__(self, name):
        return getattr(self._peer, name)

    def do(self, coroutine, timeout=None):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout or self._timeout)

    def start(self, wait=True):
        async def begin():
            self._peer = Peer(*self._made[0], **self._made[1])      # asyncio objects belong to the running loop
            await self._peer.start()
        self.do(begin())
        if wait:
            self.wait_attached()
        return self

    def set_rule(self, rule):
        self._made[1]["rule"] = self._peer.rule = rule

    def wait_attached(self, timeout=10):
        """Until the connector knows that it is attached: it has read READY."""
        async def both():
            await self._peer.wait_attached(timeout)
            await self._peer.ping(timeout)
        self.do(both(), 2 * timeout + 1)

    def wait_ask(self, predicate, timeout=10):
        """The first INSPECT for which predicate holds."""
        async def look():
            while True:
                for ask in self._peer.asks:
                    if predicate(ask):
                        return ask
                await asyncio.sleep(0.01)
        try:
            return self.do(asyncio.wait_for(look(), timeout), timeout + 1)
        except asyncio.TimeoutError:
            raise AssertionError(f"no such INSPECT; asked: {[a.stanza for a in self._peer.asks[-10:]]}") from None

    def asked(self, text):
        return any(text in ask.stanza for ask in list(self._peer.asks))

    def inject(self, stanza):
        return self.do(self._peer.inject(stanza))

    def _call(self, function):
        async def call():
            function()
        self.do(call())

    def freeze(self):
        self._call(self._peer.freeze)

    def thaw(self):
        self._call(self._peer.thaw)

    def cut(self):
        self._call(self._peer.cut)

    def send(self, data):
        self._call(lambda: self._peer.send(data))

    def stop(self):
        if self._peer:
            self.do(self._peer.stop())


# --- transcripts (PROTOCOL.inspect 9) ---------------------------------------------------------------------------------

@dataclass
class Line:
    side: str           # ">" connector, "<" filterd, "=" closed
    raw: bytes = None   # of ">!" and "<!"
    name: str = None
    fields: dict = None
    number: int = 0


def transcript(path):
    """The lines of a transcript file; ValueError says which one cannot be read."""
    lines = []
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            text = text.strip()
            if not text or text.startswith("#"):
                continue
            if text == "= closed":
                lines.append(Line("=", number=number))
            elif text[:2] in (">!", "<!"):
                lines.append(Line(text[0], raw=bytes.fromhex(text[2:]), number=number))
            elif text[0] in "<>":
                name, _, rest = text[1:].strip().partition(" ")
                if name not in TYPES:
                    raise ValueError(f"{path}:{number}: unknown frame {name}")
                lines.append(Line(text[0], name=name, fields=_fields(rest, f"{path}:{number}"), number=number))
            else:
                raise ValueError(f"{path}:{number}: cannot be read")
    return lines


def _fields(text, where):
    fields = {}
    while text:
        found = re.match(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))\s*', text)
        if not found:
            raise ValueError(f"{where}: cannot be read: {text}")
        quoted = found.group(2)
        fields[found.group(1)] = found.group(3) if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        text = text[found.end():]
    return fields
