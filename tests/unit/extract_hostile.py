#!/usr/bin/env python3
"""Writes the files of extract_scan.c's table into a folder: each hides EICAR, or text, where libclamav does not look."""
import bz2
import gzip
import io
import lzma
import os
import random
import struct
import sys
import tarfile
import zipfile
import zlib

from compound_file import compound

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
SAMPLES = "/usr/share/clamav-testfiles/"
out = sys.argv[1]


def write(name, data):
    with open(os.path.join(out, name), "wb") as f:
        f.write(data)


def make_zip(members, method=zipfile.ZIP_DEFLATED, zip64=False):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", method) as z:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with z.open(info, "w", force_zip64=zip64) as m:
                m.write(data)
    return b.getvalue()


def zip64_stored(name, data):
    """A member whose sizes stand only in the zip64 extra fields, locally and centrally (APPNOTE 4.5.3)."""
    crc, n, big = zlib.crc32(data), len(data), 0xFFFFFFFF
    extra = struct.pack("<HHQQ", 1, 16, n, n)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 45, 0, 0, 0, 0x21, crc, big, big, len(name), len(extra)) + name + extra + data
    central = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 45, 45, 0, 0, 0, 0x21, crc, big, big, len(name), len(extra), 0, 0, 0, 0, 0)
    central += name + extra
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def patch_zip(data, offset_local, offset_central, fmt, value):
    """Overwrites one field in every local and central header."""
    b = bytearray(data)
    for sign, offset in ((b"PK\3\4", offset_local), (b"PK\1\2", offset_central)):
        at = b.find(sign)
        while at >= 0:
            struct.pack_into(fmt, b, at + offset, value)
            at = b.find(sign, at + 4)
    return bytes(b)


def rar4(name, data):
    def block(kind, flags, body):
        head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head

    body = struct.pack("<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0x21 << 16, 20, 0x30, len(name), 0o100644) + name
    return b"Rar!\x1a\x07\x00" + block(0x73, 0, b"\0" * 6) + block(0x74, 0x8000, body) + data + block(0x7B, 0x4000, b"")


write("eicar.txt", EICAR)
write("clean.txt", b"nothing to see here\n")
for n in range(1, 9):
    write("tiny%d.txt" % n, b"password"[:n])
write("clean.zip", make_zip([("a.txt", b"hello"), ("d/b.txt", b"world" * 100)]))
write("eicar.zip", make_zip([("a/eicar.com", EICAR)]))

# entries that libclamav skips
write("zip64.zip", zip64_stored(b"e.com", EICAR))
write("zip64_python.zip", make_zip([("e.com", EICAR)], zip64=True))
write("zip64_nested.zip", make_zip([("inner/z.zip", zip64_stored(b"e.com", EICAR))]))
write("zip64_in_zip64.zip", zip64_stored(b"z.zip", zip64_stored(b"e.com", EICAR)))
write("zip64_clean.zip", zip64_stored(b"a.txt", b"the bluebird4711 flies\n"))
write("zip64_cut.zip", zip64_stored(b"e.com", EICAR * 100)[:3000])
write("zip64_late.zip", make_zip([("big", b"\0" * 1500000 + EICAR)], zip64=True))
write("zip64_total.zip", zip64_stored(b"z", make_zip([("m%d" % i, b"a" * 900000) for i in range(6)], zip64=True)))
write("rar4.rar", rar4(b"e.com", EICAR))
write("rar4_cut.rar", rar4(b"e.com", EICAR * 50)[:500])
write("rar_in_zip.zip", make_zip([("x.rar", rar4(b"e.com", EICAR))]))
write("lzma.zip", make_zip([("e.com", EICAR)], zipfile.ZIP_LZMA))
write("lzma_nested.zip", make_zip([("in.zip", make_zip([("e.com", EICAR)], zipfile.ZIP_LZMA))]))
write("lzma_clean.zip", make_zip([("a.txt", b"hello")], zipfile.ZIP_LZMA))
write("bzip2.zip", make_zip([("e.com", EICAR)], zipfile.ZIP_BZIP2))
write("unknown_method.zip", patch_zip(make_zip([("e.com", EICAR)]), 8, 10, "<H", 97))
write("sfx.exe", b"MZ" + b"\0" * 200 + rar4(b"e.com", EICAR))
write("sfx_cut.exe", b"MZ" + b"\0" * 200 + rar4(b"e.com", EICAR * 50)[:500])
ar = b"!<arch>\n" + b"e.com/          0           0     0     100644  %-10d`\n" % len(EICAR) + EICAR
write("a.deb", ar)
NOISE = random.Random(7).randbytes(3000)
packed = b"".join(b"%d %s\n" % (i, NOISE[i:i + 8].hex().encode()) for i in range(300))
write("noise.gz", b"\x1f\x8b\x08\0" + NOISE)
write("cut.gz", gzip.compress(packed)[:-900])
write("cut.bz2", bz2.compress(packed)[:-900])
write("noise.pdf", b"%PDF-1.4\n" + NOISE)
write("whole.gz", gzip.compress(packed) + b"\0" * 512)
write("empty.gz", gzip.compress(b""))
b = io.BytesIO()
with tarfile.open(fileobj=b, mode="w") as t:
    i = tarfile.TarInfo("a.txt")
    i.size = len(packed)
    t.addfile(i, io.BytesIO(packed))
write("whole.tar", b.getvalue())
write("cut.tar", b.getvalue()[:4096])
write("noise_part.docx", make_zip([("[Content_Types].xml", b"<Types/>"), ("word/document.xml", NOISE)]))
write("noise.zip", b"PK\3\4\x14\0\1\0" + random.Random(7).randbytes(3000))
write("old.ace", b"\x12\x34\x31\0\0\x90\0**ACE**\x14\x14\2\0" + b"x" * 200)
write("old.lrz", b"LRZI\0\6" + b"x" * 200)

for kind, pack in ("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress):
    write("streams." + kind, pack(b"first part, nothing\n") + pack(b"xx RAW-pattern-1234 xx\n"))

# past the limits (1 MB a member, 4 MB in all, 100 members, 8 levels)
filler = os.urandom(1024) * 1500
write("member_late.zip", make_zip([("big", filler + EICAR)], zipfile.ZIP_STORED))
write("member_late_deflated.zip", make_zip([("big", b"a" * 1500000 + EICAR)]))
forged = patch_zip(make_zip([("big", b"a" * 1500000 + EICAR)]), 22, 24, "<I", 100)
write("member_forged.zip", forged)
write("late.gz", gzip.compress(b"a" * 1500000 + EICAR))
write("total.zip", make_zip([("m%d" % i, b"a" * 900000) for i in range(6)] + [("e", EICAR)]))
write("members.zip", make_zip([("m%d" % i, b"a%d" % i) for i in range(150)] + [("e", EICAR)]))
deep = EICAR
for level in range(12):
    deep = make_zip([("l%d.zip" % level, deep)])
write("deep.zip", deep)
bomb = make_zip([("0", b"\0" * 900000)])
for level in range(5):
    bomb = make_zip([("%d-%d.zip" % (level, i), bomb) for i in range(16)])
write("bomb.zip", bomb)
tar = io.BytesIO()
with tarfile.open(fileobj=tar, mode="w") as t:
    info = tarfile.TarInfo("big")
    info.size = 1500000 + len(EICAR)
    t.addfile(info, io.BytesIO(b"a" * 1500000 + EICAR))
write("member_late.tar.gz", gzip.compress(tar.getvalue()))

# encrypted
crypted = make_zip([("secret.txt", os.urandom(200))], zipfile.ZIP_STORED)
write("encrypted.zip", patch_zip(crypted, 6, 8, "<H", 1))
write("encrypted.docx", compound([("EncryptedPackage", os.urandom(5000)), ("EncryptionInfo", os.urandom(300))]))
write("encrypted.xls", compound([("Workbook", struct.pack("<HH16s", 0x809, 16, b"\0\6\5\0") + struct.pack("<HH", 0x2F, 54) + os.urandom(3000))]))
write("encrypted_protected.xls", compound([("Workbook", struct.pack("<HH16s", 0x809, 16, b"\0\6\5\0") + struct.pack("<HH", 0x86, 0)
                                            + struct.pack("<HH", 0x2F, 54) + os.urandom(3000))]))
write("encrypted_api.ppt", compound([("PowerPoint Document", os.urandom(3000)), ("EncryptedSummary", os.urandom(300))]))
fib = bytearray(4096)
fib[0:2] = b"\xec\xa5"
fib[2:4] = b"\xc1\0"
fib[11] = 0x13
write("encrypted.doc", compound([("WordDocument", bytes(fib)), ("1Table", os.urandom(4000))]))
fib[11] = 0x12
write("clean.doc", compound([("WordDocument", bytes(fib)), ("1Table", b"\0" * 4000)]))
user = struct.pack("<HHIII", 0, 0x0FF6, 0x20, 0x14, 0xF3D1C4DF)
write("encrypted.ppt", compound([("PowerPoint Document", b"\0" * 4000), ("Current User", user)]))
manifest = (b'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="urn:x"><manifest:file-entry manifest:full-path='
            b'"content.xml"><manifest:encryption-data manifest:checksum="x"/></manifest:file-entry></manifest:manifest>')
odf = [("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", os.urandom(500)), ("META-INF/manifest.xml", manifest)]
write("encrypted.odt", make_zip(odf))
write("encrypted_beside_eicar.odt", make_zip(odf[::-1] + [("e.com", EICAR)]))


def pdf(objects, trailer):
    data, at = b"%PDF-1.4\n", []
    for i, o in enumerate(objects):
        at.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (i + 1, o)
    xref = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(at) + 1) + b"".join(b"%010d 00000 n \n" % n for n in at)
    return data + b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(at) + 1, trailer, xref)


pages = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Page/Parent 2 0 R/Contents 4 0 R>>",
         b"<</Length 30>>stream\n" + os.urandom(30) + b"\nendstream"]
crypt = b"<</Filter/Standard/V 2/R 3/Length 128/P -44/O<" + b"6f" * 32 + b">/U<" + b"75" * 32 + b">>>"
write("encrypted.pdf", pdf(pages + [crypt], b"/Encrypt 5 0 R/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"))

# web pages
write("raw.html", b"<html><body><p>some</p><!-- x --><div class='RAW-pattern-1234'>y</div></body></html>\n")
page = "<html><body><p>" + "norm-pattern-1234" + "</p></body></html>"
write("utf32.html", b"\xff\xfe\0\0" + page.encode("utf-32le"))
write("utf16.html", b"\xff\xfe" + page.encode("utf-16le"))
write("eicar.eml", b"From: a@example.test\nTo: b@example.test\nSubject: x\nMIME-Version: 1.0\nContent-Type: application/octet-stream; name=e.com\n"
      b"Content-Transfer-Encoding: base64\n\n" + __import__("base64").encodebytes(EICAR))

# text for the rules
doc = ('<?xml version="1.0"?><w:document xmlns:w="x"><w:body><w:p><w:r><w:t>the blue</w:t></w:r><w:r><w:t>bird4711 flies</w:t></w:r></w:p>'
       '</w:body></w:document>').encode()
types = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"></Types>'
write("text.docx", make_zip([("[Content_Types].xml", types), ("_rels/.rels", b"<?xml version='1.0'?><Relationships/>"), ("word/document.xml", doc)]))
write("text.odt", make_zip([("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", doc)], zipfile.ZIP_STORED))
write("text.doc", compound([("WordDocument", bytes(fib[:1024]) + "the bluebird4711 flies".encode("utf-16le") + b"\0" * 50)]))
write("text_utf16.txt", b"\xff\xfe" + "the bluebird4711 flies\n".encode("utf-16le"))
write("text_nested.zip", make_zip([("in/a.zip", make_zip([("b.txt", b"the bluebird4711 flies\n")]))]))
