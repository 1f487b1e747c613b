#!/usr/bin/env python3
"""Writes the documents of extract_documents.c into a folder: small ones of each kind, whole and broken."""
import io
import os
import sys
import zipfile
import zlib

out = sys.argv[1]
TEXT = "my visa 4012 8888 8888 1881"


def write(name, data):
    with open(os.path.join(out, name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def make_zip(*members):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(name, data)
    return b.getvalue()


# PDF (ISO 32000-1)
def pdf(objects, trailer=b""):
    data, at = b"%PDF-1.4\n", []
    for i, o in enumerate(objects):
        at.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (i + 1, o)
    xref = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(at) + 1) + b"".join(b"%010d 00000 n \n" % n for n in at)
    return data + b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(at) + 1, trailer, xref)


def stream(data, extra=b""):
    data = zlib.compress(data)
    return b"<</Length %d/Filter/FlateDecode%s>>stream\n" % (len(data), extra) + data + b"\nendstream"


def page(*more, catalog=b"", page=b"", content=b"BT /F1 12 Tf 72 700 Td (my visa 4012 88) Tj (88 8888 1881) Tj ET"):
    return [b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog, b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>%s>>" % page,
            stream(content), b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", *more]


whole = pdf(page())
write("pieces.pdf", whole)
write("moved.pdf", b"\n" * 500 + whole)
write("mention.txt", "a text about %PDF-1.4, with " + TEXT + "\n")
# letters by an own table (ToUnicode), as word processors write them
cmap = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def
1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfrange <01> <0a> <0030> endbfrange endcmap end end"""
digits = bytes(int(c) + 1 for c in "4012888888881881").hex().encode()
embedded = page(stream(cmap), content=b"BT /F1 12 Tf 72 700 Td <" + digits + b"> Tj ET")
embedded[4] = b"<</Type/Font/Subtype/TrueType/BaseFont/AAAAAA+Odd/ToUnicode 6 0 R/FirstChar 1/LastChar 10/Widths[" + b"500 " * 10 + b"]>>"
write("table.pdf", pdf(embedded))
write("properties.pdf", pdf(page(b"<</Title(" + TEXT.encode() + b")>>", content=b""), b"/Info 6 0 R"))
write("note.pdf", pdf(page(b"<</Type/Annot/Subtype/Text/Rect[10 10 20 20]/Contents(" + TEXT.encode() + b")>>", page=b"/Annots[6 0 R]", content=b"")))
write("field.pdf", pdf(page(b"<</Type/Annot/Subtype/Widget/FT/Tx/T(card)/V(" + TEXT.encode() + b")/Rect[10 10 200 20]>>",
                            catalog=b"/AcroForm<</Fields[6 0 R]>>", page=b"/Annots[6 0 R]", content=b"")))
write("attached.pdf", pdf(page(stream(("BT ET Tj " + TEXT).encode(), b"/Type/EmbeddedFile"),
                               b"<</Type/Filespec/F(cards.txt)/UF(cards.txt)/EF<</F 6 0 R>>>>",
                               catalog=b"/Names<</EmbeddedFiles<</Names[(cards.txt)7 0 R]>>>>", content=b"")))
write("picture.pdf", pdf(page(content=b"0 0 100 100 re f")))
broken = bytearray(whole)
at = broken.find(b"stream\n") + 9
broken[at:at + 20] = b"\xff" * 20
write("broken.pdf", bytes(broken))
write("cut.pdf", whole[:300])
write("encrypted.pdf", pdf(page(b"<</Filter/Standard/V 2/R 3/Length 128/P -44/O<" + b"6f" * 32 + b">/U<" + b"75" * 32 + b">>>"),
                           b"/Encrypt 6 0 R/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"))
write("report.zip", make_zip(("a/first.pdf", whole), ("b/notes.txt", TEXT), ("c/notes.txt", TEXT[::-1]), ("c/empty 4012888888881881.txt", "")))
