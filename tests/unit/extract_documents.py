#!/usr/bin/env python3
"""Writes the documents of extract_documents.c into a folder: small ones of each kind, whole and broken."""
import io
import os
import random
import struct
import sys
import tarfile
import zipfile
import zlib

from compound_file import compound

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
write("bookmark.pdf", pdf(page(b"<</Type/Outlines/First 7 0 R/Last 7 0 R/Count 1>>", b"<</Title(chapter)/Parent 6 0 R/First 8 0 R/Last 8 0 R/Dest[3 0 R/Fit]>>",
                               b"<</Title(" + TEXT.encode() + b")/Parent 7 0 R/Dest[3 0 R/Fit]>>", catalog=b"/Outlines 6 0 R",
                               content=b"BT /F1 12 Tf 72 700 Td (hello) Tj ET")))
write("attached.pdf", pdf(page(stream(("BT ET Tj " + TEXT).encode(), b"/Type/EmbeddedFile"),
                               b"<</Type/Filespec/F(cards.txt)/UF(cards.txt)/EF<</F 6 0 R>>>>",
                               catalog=b"/Names<</EmbeddedFiles<</Names[(cards.txt)7 0 R]>>>>", content=b"")))
write("attached_note.pdf", pdf(page(stream(("BT ET Tj " + TEXT).encode(), b"/Type/EmbeddedFile"), b"<</Type/Filespec/F(cards.txt)/EF<</F 6 0 R>>>>",
                                    b"<</Type/Annot/Subtype/FileAttachment/Rect[10 10 20 20]/FS 7 0 R>>", page=b"/Annots[8 0 R]", content=b"")))
scan = page(stream(bytes(64), b"/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8"), b"<</Title(A scan)>>",
            content=b"q 500 0 0 700 50 50 cm /I Do Q")
scan[2] = scan[2].replace(b"/Font<</F1 5 0 R>>", b"/XObject<</I 6 0 R>>")
write("scanned.pdf", pdf(scan, b"/Info 7 0 R"))
write("picture.pdf", pdf(page(content=b"0 0 100 100 re f")))
broken = bytearray(whole)
at = broken.find(b"stream\n") + 9
broken[at:at + 20] = b"\xff" * 20
write("broken.pdf", bytes(broken))
write("cut.pdf", whole[:300])
write("encrypted.pdf", pdf(page(b"<</Filter/Standard/V 2/R 3/Length 128/P -44/O<" + b"6f" * 32 + b">/U<" + b"75" * 32 + b">>>"),
                           b"/Encrypt 6 0 R/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"))
write("report.zip", make_zip(("a/first.pdf", whole), ("b/notes.txt", TEXT), ("c/notes.txt", TEXT[::-1]), ("c/empty 4012888888881881.txt", "")))

# Office Open XML (ISO 29500)
TYPES = ("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
RELS = ("_rels/.rels", '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>')
W = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:%s xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">%s</w:%s>'


def word(body, *more):
    return make_zip(TYPES, RELS, ("word/document.xml", W % ("document", "<w:body>" + body + "</w:body>", "document")), *more)


runs = ('<w:p w:rsidR="00A77B3E"><w:r><w:t xml:space="preserve">my visa 40</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>12 8888 8888</w:t></w:r>'
        '<w:r><w:t xml:space="preserve"> 1881</w:t></w:r></w:p><w:p><w:r><w:t>next</w:t></w:r></w:p>')
write("runs.docx", word(runs))
write("table.docx", word("<w:tbl><w:tr><w:tc><w:p><w:r><w:t>4012</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>8888</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"))
write("tabs.docx", word("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:noBreakHyphen/><w:t>c &lt;&#233;&gt;</w:t><w:br/><w:t>d</w:t></w:r></w:p>"))
write("notes.docx", word("<w:p/>", ("word/footnotes.xml", W % ("footnotes", "<w:footnote><w:p><w:r><w:t>" + TEXT + "</w:t></w:r></w:p></w:footnote>", "footnotes")),
                         ("docProps/core.xml", '<?xml version="1.0"?><cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:title>4012</dc:title><dc:creator>8888</dc:creator></cp:coreProperties>'),
                         ("word/_rels/document.xml.rels", '<?xml version="1.0"?><Relationships><Relationship Target="https://x.test/4012888888881881"/></Relationships>')))
write("utf16.docx", make_zip(TYPES, RELS, ("word/document.xml", b"\xff\xfe" + (W.replace("UTF-8", "UTF-16") % ("document", runs, "document")).encode("utf-16le"))))
write("damaged.docx", make_zip(TYPES, RELS, ("word/document.xml", (W % ("document", runs, "document"))[:-30])))
MAIN = ("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
        'PartName="/word/%s.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')


def main_part(data, declared="document", name="document"):
    return make_zip((MAIN[0], MAIN[1] % declared), RELS, *([("word/%s.xml" % name, data)] if data is not None else []))


def spoil(data, name):
    """Bytes that no unpacker takes, in the middle of a member."""
    at = data.index(name) + len(name) + 20
    return data[:at] + b"\xff" * 10 + data[at + 10:]


body = W % ("document", runs, "document")
write("whole.docx", main_part(body))
write("other_main.docx", main_part(body, "document2", "document2"))
write("undeclared.docx", main_part(body.split("?>", 1)[1]))
write("comment_first.docx", main_part("<!-- by hand -->" + body.split("?>", 1)[1]))
write("no_main.docx", main_part(None))
write("empty_main.docx", main_part(""))
write("garbage_main.docx", main_part(b"\1\2 no XML \0\xff" * 20))
write("bad_member.docx", spoil(main_part(body), b"word/document.xml"))
write("cut.docx", main_part(body)[:-600])
write("bad_member.zip", spoil(make_zip(("a.txt", "hello"), ("notes.txt", (TEXT + " and so on. ") * 20)), b"notes.txt"))
ODT = ("mimetype", "application/vnd.oasis.opendocument.text")
write("whole.odt", make_zip(ODT, ("content.xml", '<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:text="t"><text:p>%s</text:p></office:document-content>' % TEXT)))
write("no_content.odt", make_zip(ODT, ("styles.xml", '<?xml version="1.0"?><office:document-styles xmlns:office="o"/>')))
write("nested.docx", make_zip(TYPES, RELS, ("word/document.xml", (W % ("document", "<w:p>" * 2000 + TEXT + "</w:p>" * 2000, "document")))))
write("slide.pptx", make_zip(TYPES, RELS, ("ppt/presentation.xml", '<?xml version="1.0"?><p:presentation xmlns:p="p"/>'),
                             ("ppt/slides/slide1.xml", '<?xml version="1.0"?><p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>my visa 4012 8888 </a:t></a:r><a:r><a:t>8888 1881</a:t></a:r></a:p><a:p/></p:sld>')))
report = make_zip(("word/not.txt", "x"), ("report.docx", word(runs)), ("in/other.zip", make_zip(("report.docx", word(runs.replace("next", "then"))))))
write("archive.zip", report)

S = '<?xml version="1.0"?><%s xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</%s>'
SHEET = ('<sheetData><row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><v>4012888888881881</v></c>'
         '<c r="B2"><v>4.01288888888188E15</v></c><c r="C2" t="inlineStr"><is><t>in</t><r><t>line</t></r></is></c>'
         '<c r="D2" t="str"><f>"a"&amp;"b"</f><v>ab</v></c></row></sheetData>')
STRINGS = '<si><t>4012 8888 8888 1881</t></si><si><r><t>my vi</t></r><r><t>sa</t></r><rPh><t>aloud</t></rPh></si><si><t>unused one</t></si>'
sheets = (TYPES, RELS, ("xl/workbook.xml", S % ("workbook", '<sheets><sheet name="Customers of May" sheetId="1"/></sheets>', "workbook")),
          ("xl/worksheets/sheet1.xml", S % ("worksheet", SHEET, "worksheet")))
write("shared.xlsx", make_zip(*sheets, ("xl/sharedStrings.xml", S % ("sst", STRINGS, "sst"))))
write("shared_first.xlsx", make_zip(("xl/sharedStrings.xml", S % ("sst", STRINGS, "sst")), *sheets[::-1]))
write("strings_missing.xlsx", make_zip(*sheets))
write("strings_damaged.xlsx", make_zip(*sheets, ("xl/sharedStrings.xml", (S % ("sst", STRINGS, "sst"))[:-20])))

NAMED = ('<sheetData><row><c t="inlineStr"><is><t>name</t></is></c><c t="inlineStr"><is><t>password</t></is></c><c t="inlineStr"><is><t>visa</t></is></c></row>'
         '<row r="2"><c r="A2" t="inlineStr"><is><t>Jo</t></is></c><c r="C2"><v>40128888</v></c><c r="D2"><v>88881881</v></c></row>'
         '<row><c t="inlineStr"><is><t>Al</t></is></c><c t="inlineStr"><is><t>winter</t></is></c></row></sheetData>')
write("named.xlsx", make_zip(*sheets[:-1], ("xl/worksheets/sheet1.xml", S % ("worksheet", NAMED, "worksheet"))))
write("sheets.zip", make_zip(("q3/shared.xlsx", make_zip(*sheets, ("xl/sharedStrings.xml", S % ("sst", STRINGS, "sst"))))))

# OpenDocument (ISO 26300)
O = '<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b">%s</office:document-content>'


def odf(kind, content):
    return make_zip(("mimetype", "application/vnd.oasis.opendocument." + kind), ("content.xml", O % content),
                    ("META-INF/manifest.xml", '<?xml version="1.0"?><manifest:manifest xmlns:manifest="m"/>'))


write("spans.odt", odf("text", "<text:p>my visa 4012<text:s/>8888<text:span> 8888</text:span> 1881</text:p><text:p>next<text:tab/>one<text:line-break/>line</text:p>"))
write("cells.ods", odf("spreadsheet", '<table:table-row><table:table-cell><text:p>4012</text:p></table:table-cell><table:table-cell office:value="4012888888881881"><text:p>8888</text:p></table:table-cell></table:table-row>'))
write("note_within.odt", odf("text", "<text:p>my visa 4012 8888<office:annotation><text:p>a remark</text:p></office:annotation> 8888 1881</text:p>"))
write("word2003.xml", '<?xml version="1.0"?><w:wordDocument xmlns:w="w"><w:body><w:p><w:r><w:t>my visa 4012 </w:t></w:r><w:r><w:t>8888 8888 1881</w:t></w:r></w:p></w:body></w:wordDocument>')
write("places.kml", '<?xml version="1.0"?><kml><description><![CDATA[<p>my visa 4012 <b>88</b>88 8888 1881</p>]]></description></kml>')
CELL = "<table:table-cell><text:p>%s</text:p></table:table-cell>"
write("named.ods", odf("spreadsheet", "<table:table>\n <table:table-row>" + CELL % "name" + CELL % "note" + CELL % "password" + "</table:table-row>\n <table:table-row>" +
                       CELL % "Jo" + "<table:table-cell table:number-columns-repeated='1'/>\n  <table:table-cell>\n   <text:p>winter</text:p>\n   <text:p>two</text:p></table:table-cell></table:table-row></table:table>"))
P, TC = "<w:p><w:r><w:t>%s</w:t></w:r></w:p>", "<w:tc><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:tc>"
write("named.docx", word(P % "before" + "<w:tbl><w:tr>" + TC % "name" + TC % "visa" + "</w:tr><w:tr>" + TC % "Jo" + "<w:tc><w:tbl><w:tr>" + TC % "in" + TC % "in" +
                         "</w:tr></w:tbl></w:tc></w:tr></w:tbl>" + P % "after"))
write("settings.docx", word(P % "x", ("word/styles.xml", W % ("styles", '<w:style w:customStyle="medium"/><w:docDefaults><w:lang>english</w:lang></w:docDefaults>', "styles"))))
write("config.xml", '<?xml version="1.0"?><c><password>winter</password><mixed>a red<x/>b</mixed><property name="db.password" value="summer"/><card pin="12"/></c>')
write("data.xml", '<?xml version="1.0" encoding="ISO-8859-1"?><list><card><no>4012</no><cvv>888</cvv></card><n>caf\xe9</n></list>'.encode("latin-1"))
write("odd_charset.xml", '<?xml version="1.0" encoding="windows-1251"?><n>\u043f\u0430\u0440\u043e\u043b\u044c</n>'.encode("cp1251"))

# Rich Text Format 1.9.1
write("plain.rtf", r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial 4012;}}{\*\generator Riched 4012;}\f0 my {\b visa} 4012\~8888\ 8888 \'31881\par next\tab caf\'e9 \{x\}}".replace(r"8888\ 8888", "8888 8888"))
write("unicode.rtf", r"{\rtf1\ansi\uc1 p\u228?sswort \u-10179?\u-8704? {\uc0\u228 n}{\uc2\u228 ??x}}")
write("cyrillic.rtf", r"{\rtf1\ansi\ansicpg1251 \'ef\'e0\'f0\'ee\'eb\'fc}")
write("parts.rtf", r"{\rtf1{\info{\title " + TEXT + r"}}{\header top}{\field{\*\fldinst HYPERLINK https://x.test/4012888888881881}{\fldrslt here}}"
                   r"{\*\unknown hidden}{\pict 4012888888881881}body\bin5 {{{{{ end}")
write("cut.rtf", r"{\rtf1 my visa 4012 8888 8888 1881 {\b")
write("deep.rtf", r"{\rtf1 " + "{" * 3000 + "x" + "}" * 3000 + "}")

# pages and plain text
write("page.html", "<html><body><p title='4012&nbsp;8888'>my <b>vi</b>sa &#52;012&nbsp;8888 8888&#32;1881 &eacute;&ndash;x</p><td>a</td><td>b</td></body></html>")
write("latin1.html", "<html><body><p>caf\xe9 my vi<i>sa</i></p></body></html>".encode("latin-1"))
write("koi8.html", "<html><head><meta charset='koi8-r'></head><body>\u043f\u0430<b>\u0440\u043e\u043b\u044c</b></body></html>".encode("koi8-r"))
write("table.html", "<html><body><table><tr><td>before <table>\n <tr><th>name</th> <th>password</th></tr>\n <tr><td>Jo \n <b> B</b></td><td><p>winter</p>\n<p>two</p></td></tr>"
      "<tr><td>Al<td>4012 <i>88</i>88</table> behind</td></tr></table></body></html>")
write("fragment.html", "<!-- saved -->\n<div>my visa 4012 8<b>888</b> 8888 1881</div>")
write("utf16be.csv", b"\xfe\xff" + "name;card\r\nJos\xe9;4012888888881881\r\n".encode("utf-16be"))
write("latin1.csv", "name;card\r\nJos\xe9;4012888888881881\r\n".encode("latin-1"))
write("utf8.csv", "name;card\r\nJos\xe9;4012888888881881\r\n")

write("named.csv", "name,password\nJo,winter\nLi,summer\nLi,spring\nLi,fall\nAl,a,b,c\nMo,\"a \"\"b\"\", c\"\n")
write("quoted.csv", '"name";"visa";"more"\r\n"Jo";"40128888";"88881881"\r\n')
write("prose.txt", "Hello, Jo\nthe one, the other\nthe red, the blue\n")
write("unnamed.csv", "1,2\n3,4\n5,6\n")

# mail (RFC 5322, MIME)
HEAD = "From: =?utf-8?Q?J=C3=B6rg_A?= <a@example.test>\nTo: b@example.test\nSubject: =?utf-8?B?bXkgdmlzYSA0MDEy?=\n =?utf-8?Q?_8888_8888_1881?=\nMIME-Version: 1.0\n"


def b64(data):
    return __import__("base64").encodebytes(data if isinstance(data, bytes) else data.encode()).decode()


write("quoted.eml", HEAD + "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\ncaf=E9 40=\n12 888=38 1=\n")
write("encoded.eml", HEAD + "Content-Type: text/plain; charset=windows-1251\nContent-Transfer-Encoding: base64\n\n" + b64("\u043f\u0430\u0440\u043e\u043b\u044c 77".encode("cp1251")))
write("parts.eml", HEAD + 'Content-Type: multipart/mixed;\n boundary="a b"\n\npreamble\n--a b\nContent-Type: multipart/alternative; boundary=in\n\n--in\n\n'
      "plain part 4711\n--in\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + b64("<p>html <b>pa</b>rt &#52;711</p>") +
      "--in--\n--a b\nContent-Type: application/vnd.ms-excel; name*0*=utf-8''q3%20; name*1=list.xlsx\nContent-Transfer-Encoding: base64\n"
      'Content-Disposition: attachment; filename="q3 list.xlsx"\n\n' + b64(make_zip(*sheets, ("xl/sharedStrings.xml", S % ("sst", STRINGS, "sst")))) +
      '--a b\nContent-Type: text/plain; name="=?utf-8?B?' + b64("k\xe4rte.txt").strip() + '?="\n\nthe attached text\n--a b--\nepilogue\n')
write("deep.eml", HEAD + "".join("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(40)) + "\nx\n")
write("mail.zip", make_zip(("2024/in.eml", HEAD + "\nbody text\n")))


# pictures (W3C PNG), and what archives say themselves
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks):
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + b"".join(chunks) +
            chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


CAFE = "caf\xe9 " + TEXT
write("plain.png", png())
write("text.png", png(chunk(b"tEXt", b"Comment\0" + CAFE.encode("latin-1"))))
write("ztxt.png", png(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(CAFE.encode("latin-1")))))
write("itxt.png", png(chunk(b"iTXt", b"Comment\0\0\0de\0\0" + CAFE.encode())))
write("itxt_packed.png", png(chunk(b"iTXt", b"Comment\0\1\0de\0\0" + zlib.compress(CAFE.encode()))))
write("behind.png", png() + TEXT.encode())
write("bad_text.png", png(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(TEXT.encode() * 9)[:20])))
write("bomb.png", png(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * (8 << 20)))))
write("cut.png", png(chunk(b"tEXt", b"Comment\0" + TEXT.encode()))[:-30])
write("comment.jpg", b"\xff\xd8\xff\xfe" + struct.pack(">H", 2 + len(TEXT)) + TEXT.encode() + b"\xff\xd9")
write("title.mp3", b"ID3\3\0\0\0\0\1\0TIT2" + struct.pack(">IH", 3 + 2 * len(TEXT), 0) + b"\1\xff\xfe" + TEXT.encode("utf-16le") + b"\xff\xfb\x90\0" * 40)


def commented(whole, member):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w") as z:
        i = zipfile.ZipInfo("a.txt")
        i.comment = member
        z.writestr(i, "hello there")
        z.comment = whole
    return b.getvalue()


write("comments.zip", make_zip(("in.zip", commented(TEXT.encode(), b"caf\xe9 4711"))))
write("named.gz", b"\x1f\x8b\x08\x18" + b"\0" * 6 + TEXT.encode() + b"\0a remark\0" + zlib.compressobj(wbits=-15).flush() + b"\0" * 8)
b = io.BytesIO()
with tarfile.open(fileobj=b, mode="w", format=tarfile.PAX_FORMAT) as t:
    i = tarfile.TarInfo("link")
    i.type, i.linkname, i.pax_headers = tarfile.SYMTYPE, "../" + TEXT, {"comment": "a remark"}
    t.addfile(i)
write("links.tar", b.getvalue())


# the old Office [MS-XLS, MS-DOC, MS-PPT] and messages of Outlook [MS-OXMSG]
def biff(*records):
    return b"".join(struct.pack("<HH", kind, len(data)) + data for kind, data in records)


def wide(text, two=False):
    return struct.pack("<HB", len(text), two) + text.encode("utf-16le" if two else "latin-1")


def book(*cells, last=b"", strings=3):
    shared = struct.pack("<II", 3, strings) + wide("my visa") + struct.pack("<HB", 16, 0) + b"40128888"
    return biff((0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)), (0x85, struct.pack("<IBBBB", 0, 0, 0, 8, 0) + b"Accounts"), (0xFC, shared),
                (0x3C, b"\1" + "88881881".encode("utf-16le") + struct.pack("<HBH", 4, 8, 1) + b"r\xe9ch" + b"\0" * 4), (0x0A, b""),
                (0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)), *cells, (0x0A, b"")) + last


CELLS = ((0xFD, struct.pack("<HHHI", 0, 0, 0, 0)), (0xFD, struct.pack("<HHHI", 0, 1, 0, 2)), (0xFD, struct.pack("<HHHI", 1, 0, 0, 1)),
         (0x203, struct.pack("<HHHd", 1, 1, 0, 4012888888881881.0)), (0xBD, struct.pack("<HHHIHIH", 2, 0, 0, 1234 << 2 | 2, 0, 1250 << 2 | 3, 1)),
         (0x06, struct.pack("<HHHBBBBHHHI", 3, 0, 0, 0, 0, 0, 0, 0, 0xFFFF, 0, 0)), (0x207, wide("from a formula", True)),
         (0x3C, b"\0a comment hangs here"))
write("book.xls", compound([("Workbook", book(*CELLS))], mini=True))
write("book_cut.xls", compound([("Workbook", book(*CELLS)[:-30])], mini=True))
write("book_long.xls", compound([("Workbook", book(*CELLS, (0x203, struct.pack("<HHHd", 9, 0, 0, 4711.25))).ljust(5000, b"\0"))], mini=True))
write("book_broken.xls", compound([("Workbook", book(*CELLS, strings=4).replace(struct.pack("<HBH", 4, 8, 1), struct.pack("<HBH", 40, 8, 1)))], mini=True))
write("book_few.xls", compound([("Workbook", book(*CELLS, strings=1))], mini=True))
BIFF5 = biff((0x809, struct.pack("<HHHH", 0x500, 0x10, 0, 0)), (0x42, struct.pack("<H", 1251)), (0x204, struct.pack("<HHHH", 0, 0, 0, 6) + "\u043f\u0430\u0440\u043e\u043b\u044c".encode("cp1251")), (0x0A, b""))
write("book5.xls", compound([("Book", BIFF5)], mini=True))


def old_word(pieces):
    """Each piece of its own kind, 8 or 16 bit, in another place than where it is read."""
    head, text, places, at = bytearray(0x400), b"", [], 0
    for piece, wide_one in reversed(pieces):
        place = 0x400 + len(text)
        places.insert(0, place if wide_one else place * 2 | 1 << 30)
        text += piece.encode("utf-16le" if wide_one else "cp1252") + (b"\0" if len(piece) % 2 else b"")
    cps = [0]
    for piece, _ in pieces:
        cps.append(cps[-1] + len(piece))
    table = struct.pack("<%dI" % len(cps), *cps) + b"".join(struct.pack("<HIH", 0, p, 0) for p in places)
    clx = struct.pack("<BHI", 1, 4, 0) + b"\2" + struct.pack("<I", len(table)) + table
    struct.pack_into("<HH", head, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", head, 0x0A, 0x200)
    struct.pack_into("<II", head, 0x1A2, 16, len(clx))
    return [("WordDocument", bytes(head) + text), ("1Table", b"\0" * 16 + clx), ("0Table", b"no pieces here")]


write("pieces.doc", compound(old_word([("my visa 4012 ", False), ("8888 8888", True), (" 1881\rcaf\xe9\u20ac\7x\r", False)]), mini=True))
wordless = old_word([("my visa 4012 8888 8888 1881 in a stream", False)])
write("bad_pieces.doc", compound([wordless[0], ("1Table", b"\2" * 64)], mini=True))
write("no_table.doc", compound(wordless[:1], mini=True))


def atom(kind, data, container=False):
    return struct.pack("<HHI", 0xF if container else 0, kind, len(data)) + data


write("slides.ppt", compound([("PowerPoint Document", atom(1000, atom(0xFA8, b"my visa 4012 8888 8888 1881\rnext") + atom(0xFA0, "caf\xe9".encode("utf-16le")) + atom(7, b"x" * 9), True))], mini=True))


def message(*more):
    return compound([("__substg1.0_0037001F", TEXT.encode("utf-16le")), ("__substg1.0_1000001E", b"the body"), ("__substg1.0_10130102", b"<p>a <b>pa</b>ge</p>"),
                     ("__properties_version1.0", b"\0" * 64), *more], mini=True)


write("note.msg", message(("__attach_version1.0_#00000000/__substg1.0_3707001F", "list.zip".encode("utf-16le")),
                          ("__attach_version1.0_#00000000/__substg1.0_37010102", make_zip(("in.txt", "the attached " + TEXT)))))
write("large.msg", message(("__attach_version1.0_#00000000/__substg1.0_37010102", make_zip(("in.txt", "the attached " + TEXT), ("noise.bin", random.Random(3).randbytes(6000))))))
write("locked.msg", message(("__attach_version1.0_#00000000/__substg1.0_37010102", make_zip(("in.txt", TEXT * 9)).replace(b"PK\3\4\x14\0\0", b"PK\3\4\x14\0\1").replace(b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1"))))
write("cut.msg", message(("a/b", b"x" * 5000))[:2048])
write("noise.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.Random(5).randbytes(3000))


# macros [MS-OVBA]: one compressed chunk of literals, as long as may be, so that no stream falls into the mini stream
def squeeze(data):
    body = b"".join(b"\0" + data[i:i + 8] for i in range(0, len(data), 8))
    return b"\1" + struct.pack("<H", (len(body) - 1) | 0xB000) + body


def record(kind, data):
    return struct.pack("<HI", kind, len(data)) + data


def macro_project(name, source):
    full = 3640
    head = (record(1, struct.pack("<I", 1)) + record(2, struct.pack("<I", 0x409)) + record(0x14, struct.pack("<I", 0x409))
            + record(3, struct.pack("<H", 1252)) + record(4, b"Project") + record(5, b"") + record(0x40, b"") + record(6, b"") + record(0x3D, b"")
            + record(7, struct.pack("<I", 0)) + record(8, struct.pack("<I", 0)) + struct.pack("<HIIH", 9, 4, 1, 1) + record(0xC, b"") + record(0x3C, b"")
            + record(0xF, struct.pack("<H", 1)) + record(0x13, b"\xff\xff") + record(0x19, name.encode()) + record(0x47, name.encode("utf-16le"))
            + record(0x1A, name.encode()) + record(0x32, name.encode("utf-16le")))
    tail = (record(0x48, b"") + record(0x31, struct.pack("<I", 0)) + record(0x1E, struct.pack("<I", 0)) + record(0x2C, b"\xff\xff") + record(0x21, b"")
            + record(0x2B, b"") + record(0x10, b""))
    description = record(0x1C, b"y" * (full - len(head) - len(tail) - 6))
    return compound([("dir", squeeze(head + description + tail)), (name, squeeze(source.encode().ljust(full))),
                     ("_VBA_PROJECT", b"\xcc\x61\xff\xff" + b"\0" * 4092), ("PROJECT", b"Module=" + name.encode() + b"\r\n" + b" " * 4096)])


project = macro_project("Module1", 'Attribute VB_Name = "Module1"\r\nSub A()\r\n  card = "4012888888881881"\r\nEnd Sub\r\n')
write("macro.docm", word("<w:p/>", ("word/vbaProject.bin", project)))
write("macro.doc", project)
