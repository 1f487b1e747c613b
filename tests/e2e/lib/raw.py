"""XMPP clients that do nothing by themselves: a test sees and decides every byte. TCP (STARTTLS), BOSH and WebSocket.

    client = raw.Tcp(server, "alice@example.test", "r1")     # connected, authenticated, bound
    client.send("<r xmlns='urn:xmpp:sm:3'/>")
    client.expect(r"<a [^>]*h='(\\d+)'").group(1)
"""
import base64
import http.client
import os
import re
import socket
import ssl
import struct
import threading
import time
from xml.sax.saxutils import quoteattr

STREAMS = "http://etherx.jabber.org/streams"


class Raw:
    """What the transports have in common. Subclasses: open(), send(xml), pump(timeout) -> text, restart()."""

    def __init__(self, server, jid, resource=None, bind=True):
        self.server, self.jid, self.resource = server, jid, resource
        self.user, self.host = jid.split("@")
        self.buffer = ""
        self.all = ""           # everything that ever came
        self.open()
        self.login()
        if bind:
            self.bind()

    @property
    def full(self):
        return f"{self.jid}/{self.resource}"

    def login(self):
        plain = base64.b64encode(f"\0{self.user}\0{self.server.accounts[self.jid]}".encode()).decode()
        self.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>")
        self.expect("<success")
        self.restart()

    def bind(self):
        resource = f"<resource>{self.resource}</resource>" if self.resource else ""
        self.send(f"<iq type='set' id='bind' xmlns='jabber:client'>"
                  f"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{resource}</bind></iq>")
        self.resource = self.expect(r"<jid>[^/<]+/([^<]+)</jid>").group(1)

    def message(self, to, body, id, type="chat"):
        self.send(f"<message xmlns='jabber:client' to={quoteattr(to)} id='{id}' type='{type}'><body>{body}</body></message>")

    def expect(self, pattern, timeout=10):
        """Reads until the pattern occurs, and forgets what came up to its end."""
        deadline = time.monotonic() + timeout
        while True:
            found = re.search(pattern, self.buffer, re.S)
            if found:
                self.buffer = self.buffer[found.end():]
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{pattern!r} did not come; buffer: {self.buffer[-2000:]}")
            text = self.pump(left)
            self.buffer += text
            self.all += text

    def quiet(self, seconds):
        """Everything that comes within the time."""
        deadline, start = time.monotonic() + seconds, len(self.all)
        while time.monotonic() < deadline:
            text = self.pump(max(0.01, deadline - time.monotonic()))
            self.buffer += text
            self.all += text
        return self.all[start:]


class Tcp(Raw):
    def open(self):
        self.socket = socket.create_connection(("127.0.0.1", self.server.xmpp_port), 10)
        self.header()
        self.expect("</stream:features>|</features>")
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.expect("<proceed")
        context = ssl.create_default_context(cafile=self.server.ca)
        self.socket = context.wrap_socket(self.socket, server_hostname=self.host)
        self.header()
        self.expect("</stream:features>|</features>")

    def header(self):
        self.send(f"<?xml version='1.0'?><stream:stream to='{self.host}' xmlns='jabber:client' xmlns:stream='{STREAMS}' version='1.0'>")

    def restart(self):
        self.header()
        self.expect("</stream:features>|</features>")

    def send(self, xml):
        self.socket.sendall(xml.encode())

    def pump(self, timeout):
        self.socket.settimeout(timeout)
        try:
            data = self.socket.recv(65536)
        except (TimeoutError, socket.timeout):
            return ""
        except OSError:
            data = b""
        if not data:
            time.sleep(min(timeout, 0.05))
        return data.decode(errors="replace")

    def cut(self):
        """The socket goes at once, without a closing tag (RST, as when a network breaks down)."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        try:
            self.send("</stream:stream>")
        except OSError:
            pass
        self.socket.close()


class WebSocket(Raw):
    """RFC 7395"""

    def open(self):
        self.socket = socket.create_connection(("127.0.0.1", self.server.http_port), 10)
        self.bytes = b""
        path = "/ws" if self.server.kind == "ejabberd" else "/xmpp-websocket"
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.server.http_port}\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Protocol: xmpp\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.bytes:
            data = self.socket.recv(4096)
            if not data:
                raise AssertionError(f"no WebSocket: {self.bytes!r}")
            self.bytes += data
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        assert b" 101 " in head.split(b"\r\n")[0], head
        self.restart()

    def restart(self):
        self.send(f"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{self.host}' version='1.0'/>")
        self.expect("</stream:features>|</features>")

    def send(self, xml):
        data, mask = xml.encode(), os.urandom(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + struct.pack(">H", len(data))
        self.socket.sendall(b"\x81" + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def pump(self, timeout):
        self.socket.settimeout(timeout)
        try:
            self.bytes += self.socket.recv(65536)
        except (TimeoutError, socket.timeout):
            pass
        text = ""
        while len(self.bytes) >= 2:
            size, at = self.bytes[1] & 0x7f, 2
            if size == 126:
                if len(self.bytes) < 4:
                    break
                size, at = struct.unpack_from(">H", self.bytes, 2)[0], 4
            elif size == 127:
                if len(self.bytes) < 10:
                    break
                size, at = struct.unpack_from(">Q", self.bytes, 2)[0], 10
            if len(self.bytes) < at + size:
                break
            if self.bytes[0] & 0x0f == 1:
                text += self.bytes[at:at + size].decode()
            self.bytes = self.bytes[at + size:]
        return text

    def close(self):
        self.socket.close()


class Bosh(Raw):
    """XEP-0124, XEP-0206: one request at a time does, with a short wait."""

    def open(self):
        self.rid = int.from_bytes(os.urandom(4), "big")
        self.sid = None
        self.lock = threading.Lock()
        text = self.post(f"to='{self.host}' wait='1' hold='1' ver='1.6' xml:lang='en' xmpp:version='1.0'")
        self.sid = re.search(r"\ssid=['\"]([^'\"]+)", text).group(1)
        self.buffer += text
        self.expect("</stream:features>|</features>")

    def post(self, attributes="", payload=""):
        with self.lock:
            self.rid += 1
            sid = f" sid='{self.sid}'" if self.sid else ""
            body = (f"<body rid='{self.rid}'{sid} xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' "
                    f"{attributes}>{payload}</body>")
            connection = http.client.HTTPConnection("127.0.0.1", self.server.http_port, timeout=10)
            path = "/bosh" if self.server.kind == "ejabberd" else "/http-bind"
            connection.request("POST", path, body.encode(), {"Content-Type": "text/xml", "Host": self.host})
            answer = connection.getresponse().read().decode()
            connection.close()
            return answer

    def restart(self):
        self.buffer += self.post(f"xmpp:restart='true' to='{self.host}'")
        self.expect("</stream:features>|</features>")

    def send(self, xml):
        if "xmlns=" not in xml.split(">", 1)[0]:
            xml = re.sub(r"^<(\w+)", r"<\1 xmlns='jabber:client'", xml)
        text = self.post(payload=xml)
        self.buffer += text
        self.all += text

    def pump(self, timeout):
        return self.post()

    def close(self):
        self.post("type='terminate'")


TRANSPORTS = {"tcp": Tcp, "websocket": WebSocket, "bosh": Bosh}
