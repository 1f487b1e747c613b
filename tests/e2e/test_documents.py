"""Uploads of documents: what people would read in them is what the data-loss rules see. On Prosody; the service is the same
behind both servers."""

import io
import zipfile
import zlib

import pytest

from lib import story
from lib.client import http_request

KINDS = ("prosody",)
CARD = story.CARD


def docx(text):
    """The text in several runs, as word processors write it when a part is bold or was spell-checked."""
    half = len(text) // 2
    body = "".join('<w:r><w:t xml:space="preserve">%s</w:t></w:r>' % t for t in (text[:half], text[half:]))
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>',
        "word/document.xml": '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p>%s</w:p></w:body></w:document>' % body,
    }
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in parts.items():
            z.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + content)
    return b.getvalue()


def pdf(text):
    """One page; the text compressed and in two pieces, as in any PDF."""
    half = len(text) // 2
    content = zlib.compress(("BT /F1 12 Tf 72 700 Td (%s) Tj (%s) Tj ET" % (text[:half], text[half:])).encode())
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
               b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(content), content),
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    data, at = b"%PDF-1.4\n", []
    for i, o in enumerate(objects):
        at.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (i + 1, o)
    table = b"".join(b"%010d 00000 n \n" % n for n in at)
    return data + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (table, len(data))


@pytest.mark.parametrize("name,make,path", [("report.docx", docx, "report.docx/word/document.xml"), ("report.pdf", pdf, "report.pdf")], ids=["docx", "pdf"])
def test_document_with_a_card_number_is_refused(the_site, name, make, path):
    alice = the_site.client("alice")
    assert alice.upload(name, make("The visa card is in the safe."))[0] == 201
    since = the_site.syslog.mark()
    status, answer, url = alice.upload(name, make("The visa card number is %s." % CARD))
    assert 400 <= status < 500
    assert b"Card numbers may not leave the company." in answer
    assert http_request("GET", url)[0] == 404
    match = the_site.syslog.wait("dlp.match", since=since)
    assert match, "no dlp.match in syslog"
    assert match.fields["rule"] == "no-cards-outside" and match.fields["detector"] == "payment-card"
    assert match.fields["channel"] == "upload"
    assert "401288888888" not in match.line.replace(" ", "")
    assert match.fields["path"] == path
    block = the_site.syslog.wait("policy.block", since=since, ref=match.ref)
    assert block, "no policy.block of the same incident"


def test_document_that_cannot_be_read_is_refused(the_site):
    """With the standard policy: a PDF that asks for a password is encrypted, and blocked."""
    alice = the_site.client("alice")
    secret = pdf("x").replace(b"<</Size 6/Root 1 0 R>>", b"<</Size 6/Root 1 0 R/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -44/O<%s>/U<%s>>>/ID[<%s><%s>]>>" % (
        b"6f" * 32, b"75" * 32, b"00" * 16, b"00" * 16))
    status = alice.upload("secret.pdf", secret)[0]
    assert 400 <= status < 500
