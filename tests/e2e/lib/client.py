"""XMPP clients for tests: slixmpp behind calls that wait.

    alice = Client(server, "alice@example.test").connect()
    alice.send("bob@example.test", "hi")
    bob.wait_message(body="hi")

Everything that comes in is kept in client.received, so a test can also show what did not come.
"""

import asyncio
import http.client
import itertools
import pathlib
import threading
import time
import urllib.parse
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import slixmpp

NS = {
    "c": "jabber:client", "carbons": "urn:xmpp:carbons:2", "forward": "urn:xmpp:forward:0", "mam": "urn:xmpp:mam:2",
    "upload": "urn:xmpp:http:upload:0", "stanzas": "urn:ietf:params:xml:ns:xmpp-stanzas", "muc": "http://jabber.org/protocol/muc",
    "muc_user": "http://jabber.org/protocol/muc#user", "pubsub": "http://jabber.org/protocol/pubsub",
    "pubsub_event": "http://jabber.org/protocol/pubsub#event", "delay": "urn:xmpp:delay", "xhtml": "http://www.w3.org/1999/xhtml",
    "disco_items": "http://jabber.org/protocol/disco#items", "rsm": "http://jabber.org/protocol/rsm", "data": "jabber:x:data",
}
_ids = itertools.count(1)
_loop = None
_loop_lock = threading.Lock()


def loop():
    """The one event loop of all clients, in a thread of its own."""
    global _loop
    with _loop_lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            _loop.set_exception_handler(lambda *_: None)  # e.g. a transport that a test cut
            threading.Thread(target=_loop.run_forever, daemon=True).start()
    return _loop


def _await(coroutine, timeout):
    return asyncio.run_coroutine_threadsafe(coroutine, loop()).result(timeout)


class Stanza:
    """A received stanza (or one that was forwarded in it)."""

    def __init__(self, xml):
        self.xml = xml
        self.at = time.monotonic()
        self.kind = xml.tag.rsplit("}", 1)[-1]

    def get(self, attribute):
        return self.xml.get(attribute, "")

    @property
    def id(self):
        return self.get("id")

    @property
    def type(self):
        return self.get("type")

    @property
    def sender(self):
        return self.get("from")

    def find(self, path):
        return self.xml.find(path, NS)

    @property
    def body(self):
        return self.xml.findtext("c:body", None, NS)

    @property
    def bodies(self):
        """Bodies by language ("" if none is given)."""
        return {b.get("{http://www.w3.org/XML/1998/namespace}lang", ""): b.text for b in self.xml.findall("c:body", NS)}

    @property
    def error(self):
        """(type, condition, text) of an error stanza, else None."""
        e = self.xml.find("c:error", NS)
        if e is None:
            return None
        condition = next((c.tag.rsplit("}", 1)[-1] for c in e if c.tag.startswith("{%s}" % NS["stanzas"])
                          and not c.tag.endswith("}text")), "")
        return e.get("type", ""), condition, e.findtext("stanzas:text", "", NS)

    @property
    def carbon(self):
        """("sent" or "received", the message) if this is a carbon copy, else None."""
        for direction in ("sent", "received"):
            inner = self.xml.find("carbons:%s/forward:forwarded/c:message" % direction, NS)
            if inner is not None:
                return direction, Stanza(inner)
        return None

    @property
    def text(self):
        return ET.tostring(self.xml, encoding="unicode")

    def __repr__(self):
        return self.text


class _Stream(slixmpp.ClientXMPP):
    def __init__(self, owner, jid, password, sm):
        super().__init__(jid, password)
        self.owner = owner
        self.register_plugin("xep_0199")
        if sm:
            self.register_plugin("xep_0198")
        self.add_filter("in", self._keep)

    def _keep(self, stanza):
        self.owner._keep(stanza)
        return stanza


class Client:
    """One client session of an account. sm: with stream management; available: sends presence after login."""

    def __init__(self, server, jid, resource=None, password=None, sm=False, carbons=True, available=True, address=None):
        self.server, self.bare = server, jid
        self.full = "%s/%s" % (jid, resource or "r%d" % next(_ids))
        self.password = password or server.accounts[jid]
        self.ca = server.ca
        self.address = address or ("127.0.0.1", server.xmpp_port)
        self.sm, self.carbons, self.available = sm, carbons, available
        self.received = []
        self._changed = threading.Condition()
        self._stream = None

    # -- connection

    def connect(self, timeout=20):
        _await(self._connect(), timeout)
        return self

    async def _connect(self):
        if self._stream is None:
            self._stream = _Stream(self, self.full, self.password, self.sm)
            if self.ca:
                self._stream.ca_certs = pathlib.Path(self.ca)
        started = asyncio.get_running_loop().create_future()

        def good(kind):
            def handler(_):
                if not started.done():
                    started.set_result(kind)
            return handler

        def bad(event):
            if not started.done():
                started.set_exception(ConnectionError("%s: %s" % (self.full, event)))
        handlers = [("session_start", good("new")), ("session_resumed", good("resumed")), ("failed_auth", bad),
                    ("connection_failed", bad), ("ssl_invalid_chain", bad)]
        for name, handler in handlers:
            self._stream.add_event_handler(name, handler)
        try:
            self._stream.connect(self.address, force_starttls=bool(self.ca), disable_starttls=not self.ca)
            how = await started
        except BaseException:
            self._stream.abort()
            self._stream.cancel_connection_attempt()
            raise
        finally:
            for name, handler in handlers:
                self._stream.del_event_handler(name, handler)
        if how == "new":
            if self.carbons:
                await self._iq("set", None, "<enable xmlns='urn:xmpp:carbons:2'/>")
            if self.available:
                self._stream.send_raw("<presence/>")
        return how

    def close(self):
        """Ends the stream properly; harmless if it is gone."""
        async def end():
            if self._stream and self._stream.transport:
                await asyncio.wait_for(self._stream.disconnect(wait=0.5), 3)
        try:
            _await(end(), 5)
        except Exception:
            self.cut()
        self._stream = None

    def cut(self):
        """The connection breaks off, without a closing stream tag."""
        async def abort():
            if self._stream and self._stream.transport:
                self._stream.transport.abort()
            await asyncio.sleep(0.05)
        _await(abort(), 5)

    def reconnect(self, timeout=20):
        """After cut(): with stream management, resumes. Returns "resumed" or "new"."""
        return _await(self._connect(), timeout)

    def __enter__(self):
        return self if self._stream else self.connect()

    def __exit__(self, *_):
        self.close()

    # -- in

    def _keep(self, stanza):
        with self._changed:
            self.received.append(Stanza(stanza.xml))
            self._changed.notify_all()

    def mark(self):
        with self._changed:
            return len(self.received)

    def wait(self, predicate, timeout=10, since=0, what="a stanza"):
        """The first received stanza for which predicate holds; AssertionError if it does not come."""
        deadline, seen = time.monotonic() + timeout, since
        with self._changed:
            while True:
                for stanza in self.received[seen:]:
                    if predicate(stanza):
                        return stanza
                seen = max(since, len(self.received))
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError("%s: %s did not come within %g s; received:\n%s" % (
                        self.full, what, timeout, "\n".join(s.text for s in self.received[since:][-20:])))
                self._changed.wait(left)

    def wait_message(self, body=None, id=None, timeout=10, since=0, type=None):
        """A message that is not an error and no carbon copy."""
        return self.wait(lambda s: s.kind == "message" and s.type != "error" and s.carbon is None and
                         (body is None or s.body == body) and (id is None or s.id == id) and (type is None or s.type == type) and
                         (body is not None or id is not None or s.body is not None),
                         timeout, since, "message body=%r id=%r" % (body, id))

    def wait_error(self, id, timeout=10, since=0):
        return self.wait(lambda s: s.type == "error" and s.id == id, timeout, since, "an error for %r" % id)

    def wait_carbon(self, direction, id=None, body=None, timeout=10, since=0):
        """The message in a carbon copy."""
        def fits(s):
            c = s.carbon
            return c and c[0] == direction and (id is None or c[1].id == id) and (body is None or c[1].body == body)
        return self.wait(fits, timeout, since, "carbon %s id=%r" % (direction, id)).carbon[1]

    def messages(self, since=0):
        """Messages so far that are not errors and no carbon copies."""
        with self._changed:
            return [s for s in self.received[since:] if s.kind == "message" and s.type != "error" and s.carbon is None]

    def saw(self, text, since=0):
        """Whether the text occurs in anything received."""
        with self._changed:
            return any(text in s.text for s in self.received[since:])

    def settle(self, timeout=10):
        """Waits until what was under way to this client has come: a ping to the server and back, twice."""
        for _ in range(2):
            self.iq("get", None, "<ping xmlns='urn:xmpp:ping'/>", timeout)
            time.sleep(0.05)

    # -- out

    def raw(self, xml):
        loop().call_soon_threadsafe(self._stream.send_raw, xml)

    def send(self, to, body=None, type="chat", id=None, children=""):
        """Sends a message, returns its id."""
        id = id or "m%d" % next(_ids)
        text = "" if body is None else "<body>%s</body>" % escape(body)
        self.raw("<message to=%s type=%s id=%s>%s%s</message>" % (quoteattr(to), quoteattr(type), quoteattr(id), text, children))
        return id

    def presence(self, to=None, type=None, status=None, children=""):
        attributes = "".join(" %s=%s" % (k, quoteattr(v)) for k, v in (("to", to), ("type", type)) if v)
        self.raw("<presence%s>%s%s</presence>" % (attributes, "" if status is None else "<status>%s</status>" % escape(status),
                                                   children))

    async def _iq(self, type, to, payload, id=None):
        id = id or "q%d" % next(_ids)
        since = self.mark()
        self._stream.send_raw("<iq type='%s' id='%s'%s>%s</iq>" % (type, id, " to=%s" % quoteattr(to) if to else "", payload))
        while True:
            with self._changed:
                for s in self.received[since:]:
                    if s.kind == "iq" and s.id == id and s.type in ("result", "error"):
                        return s
            await asyncio.sleep(0.005)

    def iq(self, type, to, payload, timeout=10, id=None):
        """Asks and returns the answer, be it a result or an error."""
        try:
            return _await(asyncio.wait_for(self._iq(type, to, payload, id), timeout), timeout + 1)
        except asyncio.TimeoutError:
            raise AssertionError("%s: no answer to %s" % (self.full, payload)) from None

    # -- archive, rooms, PEP, upload

    def archive(self, with_jid=None, where=None, timeout=10, limit=200):
        """Messages in the own archive (or in a room's: where), oldest first."""
        query = "a%d" % next(_ids)
        form = "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>%s</x>" % (
            "<field var='with'><value>%s</value></field>" % escape(with_jid) if with_jid else "")
        since = self.mark()
        answer = self.iq("set", where, "<query xmlns='urn:xmpp:mam:2' queryid='%s'>%s<set xmlns='http://jabber.org/protocol/rsm'>"
                         "<max>%d</max></set></query>" % (query, form, limit), timeout)
        if answer.type == "error":
            raise AssertionError("archive: %s" % answer)
        found = []
        with self._changed:
            for s in self.received[since:]:
                result = s.xml.find("mam:result", NS)
                if result is not None and result.get("queryid") == query:
                    inner = result.find("forward:forwarded/c:message", NS)
                    if inner is not None:
                        found.append(Stanza(inner))
        return found

    def join(self, room, nick, history=0, timeout=10):
        since = self.mark()
        self.presence(room + "/" + nick, children="<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='%d'/></x>" % history)
        answer = self.wait(lambda s: s.kind == "presence" and s.sender == room + "/" + nick and
                           (s.type == "error" or any(x.get("code") == "110" for x in s.xml.iter("{%s}status" % NS["muc_user"]))),
                           timeout, since, "own presence in %s" % room)
        if answer.type == "error":
            raise AssertionError("join: %s" % answer)
        created = any(x.get("code") == "201" for x in answer.xml.iter("{%s}status" % NS["muc_user"]))
        if created:  # XEP-0045 10.1.2: an instant room; until then it is locked on some servers
            self.iq("set", room, "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>")
        return answer

    def publish(self, node, payload, item="current"):
        """PEP (XEP-0163)"""
        return self.iq("set", None, "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node=%s><item id=%s>%s</item>"
                       "</publish></pubsub>" % (quoteattr(node), quoteattr(item), payload))

    def find_upload(self):
        """The upload service as a client finds it: by the items of its own domain."""
        items = self.iq("get", self.bare.split("@")[1], "<query xmlns='http://jabber.org/protocol/disco#items'/>")
        for item in items.xml.findall("disco_items:query/disco_items:item", NS):
            info = self.iq("get", item.get("jid"), "<query xmlns='http://jabber.org/protocol/disco#info'/>")
            if any(f.get("var") == NS["upload"] for f in info.xml.iter("{http://jabber.org/protocol/disco#info}feature")):
                return item.get("jid")
        return None

    def slot(self, name, size, media_type="application/octet-stream", service=None):
        """Asks for an upload slot: (PUT URL, GET URL, headers). AssertionError with the answer if refused."""
        service = service or self.server.upload_component
        answer = self.iq("get", service, "<request xmlns='urn:xmpp:http:upload:0' filename=%s size='%d' content-type=%s/>" % (
            quoteattr(name), size, quoteattr(media_type)))
        put, get = answer.find("upload:slot/upload:put"), answer.find("upload:slot/upload:get")
        if put is None or get is None:
            raise AssertionError("no slot: %s" % answer)
        return put.get("url"), get.get("url"), {h.get("name"): h.text for h in put.findall("upload:header", NS)}

    def upload(self, name, data, media_type="application/octet-stream", timeout=60):
        """Slot and PUT: (status, body of the answer, GET URL)."""
        put, get, headers = self.slot(name, len(data), media_type)
        status, answer, _ = http_request("PUT", put, data, {**headers, "Content-Type": media_type}, timeout)
        return status, answer, get


def http_request(method, url, body=None, headers=None, timeout=60, context=None):
    """(status, body, headers) of one request on a connection of its own; an answer sent before the whole body
    was taken is an answer too."""
    u = urllib.parse.urlsplit(url)
    if u.scheme == "https":
        connection = http.client.HTTPSConnection(u.hostname, u.port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(u.hostname, u.port, timeout=timeout)
    path = u.path + ("?" + u.query if u.query else "")
    try:
        try:
            connection.request(method, path, body, headers or {})
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()
