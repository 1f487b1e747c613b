"""The story that ./quickstart tells and tests/e2e/test_story.py checks: six things a site sees of filterd.

Each step is a function of a site and its cast; it raises AssertionError when the step does not hold, and returns
(what happened, as sentences; the syslog events that it caused).
"""

import base64
import re
import secrets
import time

from .client import http_request

CARD = "4012 8888 8888 1881"
# In two parts, so that no virus scanner takes this file for the test virus.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*").encode()


class Cast:
    """alice with two devices, bob and carol, logged in."""

    def __init__(self, site):
        self.alice, self.alice_phone = site.client("alice"), site.client("alice")
        self.bob, self.carol = site.client("bob"), site.client("carol")


def aws_secret_key():
    """A fresh one, as AWS makes them: 40 characters of base64."""
    while True:
        key = base64.b64encode(secrets.token_bytes(30)).decode()
        if re.search(r"[A-Z]", key) and re.search(r"[a-z]", key) and re.search(r"[0-9]", key):
            return key


def _hold(condition, sentence):
    if not condition:
        raise AssertionError(sentence)


def _gone(text, texts, where):
    """None of the texts may show more than the last four digits of the card."""
    digits = text.replace(" ", "")
    for t in texts:
        flat = re.sub(r"\D", "", t or "")
        _hold(digits[:12] not in flat, "%s shows the card number: %s" % (where, t))
        _hold(digits[-4:] in flat, "%s lost the last four digits: %s" % (where, t))


def harmless(site, cast):
    since, seen = site.syslog.mark(), cast.bob.mark()
    text = "Lunch at noon? <3 & a salad – %s" % secrets.token_hex(4)
    begin = time.monotonic()
    cast.alice.send(cast.bob.bare, text)
    cast.bob.wait_message(text, since=seen)
    took = (time.monotonic() - begin) * 1000
    _hold(not site.syslog.find("policy.redact", since) and not site.syslog.find("policy.block", since), "an event was raised")
    return ['alice wrote: "%s"' % text, "bob received it as it was written, %.0f ms later." % took,
            "No event: there was nothing to report."], []


def redacted(site, cast):
    since, seen, copies = site.syslog.mark(), cast.carol.mark(), cast.alice_phone.mark()
    text = "For the hotel: my visa card number is %s, thanks" % CARD
    id = cast.alice.send(cast.carol.bare, text)
    got = cast.carol.wait_message(id=id, since=seen)
    _gone(CARD, [got.body], "carol's message")
    _hold("For the hotel" in got.body and "thanks" in got.body, "the rest of the text is gone: %s" % got.body)
    copy = cast.alice_phone.wait_carbon("sent", id=id, since=copies)
    _gone(CARD, [copy.body], "alice's carbon copy")
    cast.alice.settle()
    for client, other in ((cast.alice, cast.carol), (cast.carol, cast.alice)):
        archived = [m for m in client.archive(other.bare) if m.id == id]
        _hold(len(archived) == 1, "%s's archive holds the message %d times" % (client.bare, len(archived)))
        _gone(CARD, [archived[0].body], "%s's archive" % client.bare)
    event = site.syslog.wait("policy.redact", since=since)
    _hold(event, "no policy.redact in syslog")
    match = site.syslog.wait("dlp.match", since=since)
    _hold(match, "no dlp.match in syslog")
    _hold(event.ref and match.ref == event.ref, "events of one incident have different references")
    for e in (event, match):
        _hold("401288888888" not in re.sub(r"\D", "", e.text + " ".join(v for k, v in e.fields.items() if k != "hash")),
              "syslog shows the card number: %s" % e.line)
    return ['alice wrote: "%s"' % text, 'carol received: "%s"' % got.body,
            "alice's other device and the server's archives of both show the same."], [match, event]


def blocked(site, cast):
    since, seen, mine, copies = site.syslog.mark(), cast.carol.mark(), cast.alice.mark(), cast.alice_phone.mark()
    key = aws_secret_key()
    secret = "here you go: aws_secret_access_key = %s" % key
    id = cast.alice.send(cast.carol.bare, secret)
    kind, condition, text = cast.alice.wait_error(id, since=mine).error
    _hold(text, "the error has no text for people")
    _hold(kind != "wait", "the error says to try again: %s" % kind)
    cast.carol.settle()
    cast.alice_phone.settle()
    _hold(not cast.carol.saw(key[:20], seen), "carol saw the key")
    _hold(not [m for m in cast.carol.messages(seen) if m.id == id], "carol received the message")
    _hold(not cast.alice_phone.saw(key[:20], copies), "alice's other device saw the key")
    for client in (cast.alice, cast.carol):
        _hold(not any(key[:20] in m.text for m in client.archive()), "%s's archive shows the key" % client.bare)
    event = site.syslog.wait("policy.block", since=since)
    _hold(event and event.ref, "no policy.block with a reference in syslog")
    _hold(event.ref in text, "the error's reference is not that of the event: %r, %s" % (text, event.line))
    match = site.syslog.wait("dlp.match", since=since, ref=event.ref)
    _hold(match, "no dlp.match with the same reference in syslog")
    _hold(key not in "".join(e.line for e in site.syslog.find(since=since)), "syslog shows the key")
    return ['alice wrote: "%s"' % secret, 'alice was told: "%s" (%s/%s)' % (text, kind, condition), "carol received nothing; no archive has it."], [match, event]


def virus(site, cast):
    since = site.syslog.mark()
    status, answer, url = cast.alice.upload("invoice.com", EICAR)
    answer = answer.decode("utf-8", "replace").strip()
    _hold(400 <= status < 500, "the upload was answered %d" % status)
    _hold(answer, "the refusal gives no reason")
    got = http_request("GET", url)[0]
    _hold(got == 404, "the refused file's address answers %d" % got)
    event = site.syslog.wait("malware.found", since=since)
    _hold(event, "no malware.found in syslog")
    _hold("eicar" in event.fields.get("signature", "").lower(), "malware.found does not name the test virus: %s" % event.line)
    return ['The upload was refused with %d: "%s"' % (status, answer.splitlines()[0]), "Its address answers 404 Not Found."], [event]


def clean(site, cast):
    since, seen = site.syslog.mark(), cast.bob.mark()
    data = b"Minutes of the meeting\n" + secrets.token_hex(3000).encode() + b"\n"
    status, answer, url = cast.alice.upload("minutes.txt", data, "text/plain")
    _hold(status == 201, "the upload was answered %d: %r" % (status, answer[:200]))
    cast.alice.send(cast.bob.bare, url)
    cast.bob.wait_message(url, since=seen)
    served, got, headers = http_request("GET", url)
    headers = {k.lower(): v for k, v in headers.items()}
    _hold(served == 200 and got == data, "bob got status %d and %d bytes instead of %d" % (served, len(got), len(data)))
    _hold(headers.get("x-content-type-options") == "nosniff", "served without nosniff")
    _hold("sandbox" in headers.get("content-security-policy", ""), "served without a sandboxing policy")
    _hold(not site.syslog.find("malware.found", since), "malware.found for a clean file")
    return ["alice uploaded minutes.txt, %d bytes; the answer, after its scan, was %d." % (len(data), status),
            "bob downloaded the same bytes."], []


def closed(site, cast):
    since, seen, mine = site.syslog.mark(), cast.bob.mark(), cast.alice.mark()
    site.filterd.stop()
    id = cast.alice.send(cast.bob.bare, "is anybody there?")
    kind, condition, text = cast.alice.wait_error(id, since=mine).error
    _hold((kind, condition) == ("wait", "resource-constraint"), "the error is %s/%s" % (kind, condition))
    cast.bob.settle()
    _hold(not cast.bob.messages(seen), "bob received a message that nobody had judged")
    begin = time.monotonic()
    site.filterd.start()
    site.filterd.wait_ready()
    took = time.monotonic() - begin
    cast.alice.send(cast.bob.bare, "and now?")
    cast.bob.wait_message("and now?", since=seen)
    event = site.syslog.wait("link.up", since=since)
    _hold(event, "no link.up in syslog")
    return ['While filterd was down, alice was told: "%s" (%s/%s); bob received nothing.' % (text, kind, condition),
            "%.1f s after filterd was started again, her next message arrived." % took], [event]


STEPS = (
    (harmless, "alice writes to bob, a colleague: nothing to object to"),
    (redacted, "alice writes a card number to carol, at a partner's: redacted"),
    (blocked, "alice writes an AWS secret key to carol: blocked"),
    (virus, "alice uploads a virus (the EICAR test file): refused"),
    (clean, "alice uploads a clean file and sends bob the link: delivered"),
    (closed, "filterd is stopped and started again: nothing passes unjudged"),
)
