"""Validators against python-stdnum, which others wrote after the same standards: numbers that it takes or refuses, made at random in
the shape of each (fixed seed), and single wrong characters in good ones.

Where python-stdnum knows less than the standard (districts of ABA numbers, the TACs in use, whole check digits of RFC …), the shape
below keeps to what both judge."""

import importlib
import json
import pathlib
import random
import re
import string
import subprocess

DIGITS, LETTERS = string.digits, string.ascii_uppercase
BOTH = DIGITS + LETTERS
RULES = pathlib.Path(__file__).resolve().parents[2] / "rules"
EACH = 60  # good and bad ones of each kind


def digits(n):
    return lambda r: "".join(r.choice(DIGITS) for _ in range(n))


def letters(n):
    return lambda r: "".join(r.choice(LETTERS) for _ in range(n))


def either(n):
    return lambda r: "".join(r.choice(BOTH) for _ in range(n))


def one(*parts):
    return lambda r: r.choice(parts)


def shaped(form):
    """# is a digit, @ a letter."""
    return lambda r: "".join(r.choice(DIGITS) if c == "#" else r.choice(LETTERS) if c == "@" else c for c in form)


def birth(form):
    return lambda r: form.format(Y=r.randint(1925, 1999), m=r.randint(1, 12), d=r.randint(1, 28), c=0)


def short(form):
    """The same, of years that are written with two digits."""
    return lambda r: form.format(y=r.randint(25, 99), m=r.randint(1, 12), d=r.randint(1, 28))


YMD, DMY = short("{y:02}{m:02}{d:02}"), short("{d:02}{m:02}{y:02}")

VAT = ("ATU########", "BE0#########", "BG#########", "CY0#######@", "CZ1#######", "DK########", "EE#########", "EL#########",
       "ES########@", "FI########", "FR###########", "FR@##########", "HR###########", "HU########", "IE#######@", "IE#@#####@", "IT####00#001#",
       "LT#######1#", "LU########", "LV4##########", "MT1#######", "NL#########B01", "PL1#########", "PT5########", "RO1#######", "SE##########01",
       "SI1#######", "SK22########")

SHAPES = {  # validator: module of stdnum, parts
    "luhn": ("luhn", [digits(16)]),
    "verhoeff": ("verhoeff", [digits(12)]),
    "damm": ("damm", [digits(10)]),
    "mod11-10": ("iso7064.mod_11_10", [digits(11)]),
    "mod97": ("iso7064.mod_97_10", [digits(14)]),
    "imei": ("imei", [one("01", "35", "86"), digits(13)]),
    "isin": ("isin", [one("US", "DE", "GB", "FR", "CH"), either(9), digits(1)]),
    "lei": ("lei", [digits(4), "00", either(12), digits(2)]),
    "aba": ("us.rtn", [one("01", "05", "11", "21", "32", "61", "72"), digits(7)]),
    "iban": ("iban", [lambda r: iban(r)]),
    "us-ssn": ("us.ssn", [digits(9)]),
    "us-ein": ("us.ein", [digits(9)]),
    "at-svnr": ("at.vnr", [digits(4), DMY]),
    "au-abn": ("au.abn", [digits(11)]),
    "au-tfn": ("au.tfn", [digits(9)]),
    "ar-cuit": ("ar.cuit", [one("20", "23", "24", "27", "30", "33", "34", "55"), digits(9)]),
    "be-rrn": ("be.nn", [YMD, digits(5)]),
    "bg-egn": ("bg.egn", [YMD, digits(4)]),
    "br-cnpj": ("br.cnpj", [digits(14)]),
    "br-cpf": ("br.cpf", [digits(11)]),
    "ca-sin": ("ca.sin", [one(*"123456790"), digits(8)]),
    "ch-ahv": ("ch.ssn", ["756", digits(10)]),
    "ch-uid": ("ch.uid", ["CHE", digits(9)]),
    "cl-rut": ("cl.rut", [digits(8), one("K", digits(1))]),
    "cn-resident-id": ("cn.ric", [one("110101", "440301", "310115", "320583"), birth("{Y}{m:02}{d:02}"), digits(3), one("X", digits(1))]),
    "co-nit": ("co.nit", [digits(10)]),
    "cz-rodne-cislo": ("cz.rc", [YMD, digits(4)]),
    "de-ust-id": ("de.vat", ["DE", digits(9)]),
    "de-steuer-id": ("de.idnr", [digits(11)]),
    "ec-cedula": ("ec.ci", [one("01", "12", "24", "17", "30", "25"), one(*"012345"), digits(7)]),
    "ee-isikukood": ("ee.ik", [one(*"3456"), YMD, digits(4)]),
    "es-cif": ("es.cif", [one(one(*"ABEH"), digits(7), digits(1)), digits(8)]),
    "es-dni": ("es.dni", [digits(8), letters(1)]),
    "es-nie": ("es.nie", [one(*"XYZ"), digits(7), letters(1)]),
    "eu-vat": ("eu.vat", [one(*(shaped(s) for s in VAT))]),
    "fi-hetu": ("fi.hetu", [DMY, "-", digits(3), either(1)]),
    "fi-y-tunnus": ("fi.ytunnus", [digits(8)]),
    "fr-nir": ("fr.nir", [one(*"12"), short("{y:02}{m:02}"), one("75", "33", "2A", "2B", "97"), digits(8)]),
    "fr-siren": ("fr.siren", [digits(9)]),
    "fr-siret": ("fr.siret", [digits(14)]),
    "gb-nhs": ("gb.nhs", [digits(10)]),
    "gb-utr": ("gb.utr", [digits(10)]),
    "gr-afm": ("gr.vat", [digits(9)]),
    "gr-amka": ("gr.amka", [DMY, digits(5)]),
    "hr-oib": ("hr.oib", [digits(11)]),
    "ie-pps": ("ie.pps", [digits(7), one(*"ABCDEFGHIJKLMNOPQRSTUVW"), one("", "A", "H", "W", "T", "X")]),
    "il-id": ("il.idnr", [digits(9)]),
    "in-aadhaar": ("in_.aadhaar", [one(*"23456789"), digits(11)]),
    "in-gstin": ("in_.gstin", [one("01", "27", "36"), letters(3), one(*"PCH"), letters(1), digits(4), letters(1), one("1", "2"), "Z", either(1)]),
    "in-pan": ("in_.pan", [letters(3), one(*"ABCFGHJLPTX"), letters(1), digits(4), letters(1)]),
    "is-kennitala": ("is_.kennitala", [DMY, digits(3), "9"]),
    "it-codice-fiscale": ("it.codicefiscale", [letters(6), digits(2), one(*"ABCDEHLMPRST"), one("01", "15", "28", "41", "63", "71"),
                                               letters(1), digits(3), letters(1)]),
    "it-partita-iva": ("it.iva", [digits(7), one("001", "015", "058", "100", "120", "999", "888", "000", "130"), digits(1)]),
    "kr-rrn-check": ("kr.rrn", [YMD, one(*"1234"), one(*"0123456"), digits(5)]),
    "lv-personas-kods": ("lv.pvn", [DMY, "1", digits(4)]),
    "mx-curp": ("mx.curp", [one("GOAM", "BEPR", "LOOA", "SATF"), YMD, one("H", "M"), one("DF", "JC", "NL"), one("RML", "BRS"),
                            digits(2)]),
    "my-nric": ("my.nric", [YMD, one("01", "14", "59", "82", "00", "17"), digits(4)]),
    "nl-bsn": ("nl.bsn", [digits(9)]),
    "no-fodselsnummer": ("no.fodselsnummer", [DMY, digits(5)]),
    "nz-ird": ("nz.ird", [one(digits(8), digits(9))]),
    "pe-ruc": ("pe.ruc", [one("10", "20", "15", "17"), digits(9)]),
    "pl-nip": ("pl.nip", [one(*"123456789"), one(*"123456789"), digits(8)]),
    "pl-pesel": ("pl.pesel", [YMD, digits(5)]),
    "pl-regon": ("pl.regon", [one(digits(9), digits(14))]),
    "pt-nif": ("pt.nif", [one(*"12356"), digits(8)]),
    "ro-cnp": ("ro.cnp", [one(*"1256"), YMD, one("01", "12", "40", "46", "52"), digits(4)]),
    "ru-inn": ("ru.inn", [one(digits(10), digits(12))]),
    "se-personnummer": ("se.personnummer", [YMD, "-", digits(4)]),
    "si-emso": ("si.emso", [short("{d:02}{m:02}9{y:02}"), one("50", "71", "10"), digits(4)]),
    "th-id": ("th.pin", [one(*"12345678"), digits(12)]),
    "tr-kimlik": ("tr.tckimlik", [one(*"123456789"), digits(10)]),
    "ua-rnokpp": ("ua.rntrc", [digits(10)]),
    "ve-rif": ("ve.rif", [one(*"VEJPG"), digits(9)]),
    "za-id": ("za.idnr", [YMD, digits(4), one("0", "1"), one("8", "9"), digits(1)]),
}


def build(parts, r):
    text = ""
    for part in parts:
        while callable(part):
            part = part(r)
        text += part
    return text


def iban(r):
    """Of the countries whose form python-stdnum checks beyond the registry, too."""
    country, form = r.choice((("DE", "18n"), ("GB", "4a14n"), ("FR", "10n11c2n"), ("NL", "4a10n"), ("MT", "4a5n18c"), ("PL", "24n"), ("AT", "16n")))
    kinds = {"n": DIGITS, "a": LETTERS, "c": BOTH}
    rest = "".join(r.choice(kinds[k]) for n, k in re.findall(r"(\d+)(.)", form) for _ in range(int(n)))
    return country + r.choice((str(98 - int("".join(str(int(c, 36)) for c in rest + country + "00")) % 97).zfill(2), "11")) + rest


def cases(module, parts, r):
    """(text, whether it is good): as many good as bad ones, and good ones with one character changed."""
    good, bad = set(), set()
    for _ in range(60000):
        text = build(parts, r)
        (good if module.is_valid(text) else bad).add(text)
        if len(good) >= EACH and len(bad) >= EACH:
            break
    good, bad = sorted(good)[:EACH], sorted(bad)[:EACH]
    assert len(good) >= EACH // 2, "the shape hardly ever makes a good one"
    for text in good[:EACH // 2]:
        at = r.randrange(len(text))
        other = text[:at] + r.choice(DIGITS if text[at].isdigit() else LETTERS) + text[at + 1:]
        bad.append(other)
    return [(text, module.is_valid(text)) for text in good + bad]


def test_validators_agree_with_stdnum(prefix, tmp_path):
    lines, expected = [], []
    for name, (module, parts) in SHAPES.items():
        for text, good in cases(importlib.import_module("stdnum." + module), parts, random.Random(name)):
            lines.append(json.dumps({"id": len(expected), "text": "%s %s" % (name, text)}) + "\n")
            expected.append((name, text, good))
    (tmp_path / "t.rules").write_text("detectors: (" + ",\n".join(
        r'{ id = "t-%s"; title = "t"; patterns = ( { regex = "(?<=\A%s ).+\z"; confidence = 60; } ); validate = [ "%s" ]; }' % (n, n, n)
        for n in SHAPES) + ");\n")
    got = subprocess.run([str(pathlib.Path(prefix) / "bin" / "filterctl"), "rules", "match", "--rules", tmp_path, "--jsonl"],
                         input="".join(lines), capture_output=True, text=True, timeout=300)
    assert got.returncode == 0, got.stderr
    wrong = []
    for line in map(json.loads, got.stdout.splitlines()):
        name, text, good = expected[line["id"]]
        found = any(f["detector"] == "t-" + name and f["start"] == len(name) + 1 for f in line["findings"])
        if found != good:
            wrong.append("%s: %s is %s" % (name, text, "refused" if good else "taken"))
    assert not wrong, "\n".join(wrong[:40])
    assert len(got.stdout.splitlines()) == len(expected)


WRITTEN = {  # detector: shape, how people write it, what they call it
    "at-svnr": ("at-svnr", ["#### ######", "##########", "####/######"], ["SVNR", "Sozialversicherungsnummer", "SV-Nummer", "SV-Nr.", "Sozialversicherungsnr."]),
    "be-rrn": ("be-rrn", ["##.##.##-###.##", "###########", "## ## ## ### ##", "######-###-##"], ["rijksregisternummer", "numéro national", "NISS", "numéro de registre national", "INSZ", "NN", "rijksregisternr."]),
    "bg-egn": ("bg-egn", ["##########"], ["ЕГН", "EGN"]),
    "ch-ahv": ("ch-ahv", ["###.####.####.##", "#############", "### #### #### ##"], ["AHV-Nummer", "AVS", "AHV", "NAVS13", "numéro AVS"]),
    "cz-rodne-cislo": ("cz-rodne-cislo", ["######/####", "##########"], ["rodné číslo", "rodne cislo", "RČ", "r.č.", "rodného čísla"]),
    "de-steuer-id": ("de-steuer-id", ["## ### ### ###", "###########"], ["Steuer-ID", "IdNr", "Steueridentifikationsnummer", "steuerliche Identifikationsnummer", "Steuer ID", "SteuerID", "Steuer-Identifikationsnummer"]),
    "de-ust-id": ("de-ust-id", ["###########", "## ### ### ###", "## #########"], ["USt-IdNr.", "VAT", "Umsatzsteuer-ID", "USt.-ID", "UID", "MwSt-Nr."]),
    "ee-isikukood": ("ee-isikukood", ["###########"], ["isikukood"]),
    "es-dni": ("es-dni", ["#########", "########-#", "##.###.###-#", "######## #"], ["DNI", "NIF", "documento nacional", "D.N.I."]),
    "es-nie": ("es-nie", ["#########", "#-#######-#"], ["NIE"]),
    "es-cif": ("es-cif", ["#########", "#-########", "#-#######-#"], ["CIF", "NIF", "C.I.F."]),
    "fi-hetu": ("fi-hetu", ["######-####"], ["hetu", "henkilötunnus", "hetuni"]),
    "fr-nir": ("fr-nir", ["# ## ## ## ### ### ##", "###############", "############# ##"], ["numéro de sécurité sociale", "NIR", "sécu", "n° sécu", "NSS"]),
    "fr-siren": ("fr-siren", ["### ### ###", "#########"], ["SIREN"]),
    "fr-siret": ("fr-siret", ["### ### ### #####", "##############", "######### #####"], ["SIRET"]),
    "gb-nhs": ("gb-nhs", ["### ### ####", "##########", "###-###-####"], ["NHS number", "NHS no", "NHS"]),
    "gb-utr": ("gb-utr", ["##########", "##### #####"], ["UTR", "unique taxpayer reference"]),
    "gr-afm": ("gr-afm", ["#########"], ["ΑΦΜ", "AFM"]),
    "gr-amka": ("gr-amka", ["###########"], ["ΑΜΚΑ", "AMKA"]),
    "hr-oib": ("hr-oib", ["###########"], ["OIB"]),
    "is-kennitala": ("is-kennitala", ["######-####", "##########", "###### ####"], ["kennitala", "kt.", "kennitölu"]),
    "it-codice-fiscale": ("it-codice-fiscale", ["################", "### ### ##### #####"], ["codice fiscale", "CF"]),
    "it-partita-iva": ("it-partita-iva", ["###########"], ["partita IVA", "P.IVA", "P. IVA"]),
    "nl-bsn": ("nl-bsn", ["#########", "####.##.###", "### ### ###", "#### ## ###"], ["BSN", "burgerservicenummer", "sofinummer", "bsn-nummer"]),
    "no-fodselsnummer": ("no-fodselsnummer", ["###### #####", "###########", "######-#####"], ["fødselsnummer", "personnummer", "fnr", "fødselsnr.", "personnr"]),
    "pl-nip": ("pl-nip", ["###-###-##-##", "##########", "### ### ## ##"], ["NIP"]),
    "pl-pesel": ("pl-pesel", ["###########"], ["PESEL", "nr pesel", "peselu"]),
    "pt-nif": ("pt-nif", ["#########", "### ### ###"], ["NIF", "contribuinte"]),
    "ro-cnp": ("ro-cnp", ["#############"], ["CNP", "cod numeric personal"]),
    "ru-inn": ("ru-inn", None, ["ИНН", "INN"]),
    "se-personnummer": ("se-personnummer", ["######-####"], ["personnummer", "pnr"]),
    "tr-kimlik": ("tr-kimlik", ["###########"], ["TC kimlik no", "T.C.", "kimlik numarası", "TC", "TCKN"]),
    "ua-rnokpp": ("ua-rnokpp", ["##########"], ["РНОКПП", "ІПН", "ідентифікаційний код"]),
    "ar-cuit": ("ar-cuit", ["##-########-#", "###########", "## ######## #"], ["CUIT", "CUIL", "C.U.I.T."]),
    "au-abn": ("au-abn", ["## ### ### ###", "###########"], ["ABN"]),
    "au-tfn": ("au-tfn", ["### ### ###", "#########", "###-###-###"], ["TFN", "tax file number"]),
    "br-cnpj": ("br-cnpj", ["##.###.###/####-##", "##############", "########/####-##"], ["CNPJ"]),
    "br-cpf": ("br-cpf", ["###.###.###-##", "###########", "### ### ### ##", "#########-##"], ["CPF", "C.P.F."]),
    "ca-sin": ("ca-sin", ["### ### ###", "###-###-###", "#########"], ["SIN", "social insurance number", "NAS"]),
    "cl-rut": ("cl-rut", ["##.###.###-#", "########-#"], ["RUT", "RUN"]),
    "cn-resident-id": ("cn-resident-id", ["##################"], ["身份证", "身份证号码", "ID card", "证件号码"]),
    "co-nit": ("co-nit", ["###.###.###-#", "#########-#"], ["NIT", "N.I.T."]),
    "ec-cedula": ("ec-cedula", ["##########"], ["cédula"]),
    "il-id": ("il-id", ["#########", "########-#"], ["תעודת זהות", "ת.ז.", "teudat zehut", "ת\"ז"]),
    "in-aadhaar": ("in-aadhaar", ["#### #### ####", "############", "####-####-####"], ["Aadhaar", "aadhar", "आधार", "adhar card"]),
    "in-pan": ("in-pan", ["##########"], ["PAN", "PAN card"]),
    "in-gstin": ("in-gstin", ["###############"], ["GSTIN"]),
    "mx-curp": ("mx-curp", ["##################"], ["CURP"]),
    "my-nric": ("my-nric", ["######-##-####", "############", "###### ## ####"], ["MyKad", "IC", "kad pengenalan", "no kp"]),
    "pe-ruc": ("pe-ruc", ["###########"], ["RUC"]),
    "th-id": ("th-id", ["#-####-#####-##-#", "#############", "# #### ##### ## #"], ["เลขประจำตัวประชาชน", "บัตรประชาชน", "thai id", "เลขบัตร"]),
    "za-id": ("za-id", ["#############", "###### #### ###", "###### #### ## #"], ["ID number", "SA ID", "id nommer", "ID nr"]),
    "kr-rrn": ("kr-rrn-check", ["######-#######", "###### #######"], ["주민등록번호", "RRN", "주민번호"]),
    "us-ssn": ("us-ssn", ["###-##-####", "### ## ####", "#########"], ["SSN", "social security number", "SS#", "soc sec"]),
    "us-ein": ("us-ein", ["##-#######", "#########"], ["EIN", "employer identification number", "FEIN"]),
    "imei": ("imei", ["###############", "##-######-######-#"], ["IMEI"]),
    "isin": ("isin", ["############"], ["ISIN"]),
    "lei": ("lei", ["####################"], ["LEI"]),
}

SENTENCES = ["%s: %s", "my %s is %s", "%s %s thanks", "here is the %s you asked for: %s."]


def dressed(form, text):
    signs = iter(text)
    return "".join(next(signs) if c == "#" else c for c in form)


def match(prefix, texts):
    """The findings of each."""
    got = subprocess.run([str(pathlib.Path(prefix) / "bin" / "filterctl"), "rules", "match", "--rules", RULES, "--jsonl"],
                         input="".join(json.dumps({"id": n, "text": text}) + "\n" for n, text in enumerate(texts)), capture_output=True, text=True, timeout=300)
    assert got.returncode == 0, got.stderr
    return [line["findings"] for line in map(json.loads, got.stdout.splitlines())]


def test_numbers_in_sentences(prefix):
    """Each of the ways in which people write a number, beside each name they give it, is found with a confidence that rules act on."""
    r, sentences, expected = random.Random(5), [], []
    for detector, (shape, forms, names) in WRITTEN.items():
        module, parts = importlib.import_module("stdnum." + SHAPES[shape][0]), SHAPES[shape][1]
        good = []
        while len(good) < 3:
            text = build(parts, r)
            good += [text.replace("-", "")] if module.is_valid(text) and text.isascii() else []
        for form in forms or ["#" * len(good[0])]:
            for name in names:
                for text in good:
                    form_used = form if forms else "#" * len(text)
                    sentence = r.choice(SENTENCES) % (name, dressed(form_used, text))
                    sentences.append(sentence)
                    expected.append((detector, sentence))
    missed = [e for e, found in zip(expected, match(prefix, sentences))
              if not any(f["detector"] == e[0] and f["confidence"] >= 75 for f in found)]
    assert not missed, "\n".join(map(repr, missed[:40]))


ROWS = 25


def test_every_row_of_a_table(prefix):
    """As pasted from a spreadsheet: what the column is called stands far above most of its numbers."""
    r, tables, expected = random.Random(6), [], []
    for detector, (shape, forms, names) in WRITTEN.items():
        module, parts, good = importlib.import_module("stdnum." + SHAPES[shape][0]), SHAPES[shape][1], []
        while len(good) < ROWS:
            text = build(parts, r)
            good += [text.replace("-", "")] if module.is_valid(text) and text.isascii() else []
        mark = r.choice("\t;|,")
        rows = [mark.join(("Person %d" % n, dressed(forms[0], text) if forms else text, "a place")) for n, text in enumerate(good)]
        tables.append("Here you are:\n%s\n%s\n" % (mark.join(("Who", names[0], "Where")), "\n".join(rows)))
        expected.append(detector)
    few = {d: n for d, n in ((d, sum(f["detector"] == d and f["confidence"] >= 75 for f in found)) for d, found in zip(expected, match(prefix, tables)))
           if n < ROWS}
    assert not few


OTHERS = ("order {}", "your order number is {}", "Bestellnummer {}", "commande n° {}", "pedido {}", "заказ № {}", "zamówienie nr {}", "订单号 {}", "注文番号 {}",
          "Rechnung {}", "invoice {} is overdue", "Kundennummer {}", "customer number {}", "PO {}", "Artikelnummer {}", "tracking number {}", "Sendungsnummer {}",
          "batch {}", "serial {}", "Seriennummer {}", "build {}", "row {} failed", "id={} not found", "user {} logged in", "page {}",
          "https://shop.example/p?id={}&ref=x", "EAN {}", "Zählerstand {}", "zoom meeting {} passcode 123", "{} bytes", "score {}", "JIRA-{}", "{}", "{}.log",
          "Vertrag {}", "policy no {}", "membership {}", "sha256:{}", "v{}", "{},{},{},{}", "{} {} {}", "ts={}", "lat={} lon={}", "{} EUR", "pi is 3.{}")
FORMS = ("######", "#######", "########", "#########", "##########", "###########", "############", "#############", "##############", "################",
         "##-#######", "###.###.###", "### ### ###", "######-####", "####-####", "## ### ### ###", "########-#", "#### #### ####", "##.##", "#.###", "#,###,###")


def test_numbers_of_other_things(prefix):
    """Numbers, some of which have good check digits by chance, where nothing says that they are a person's, company's or card's."""
    r = random.Random(7)
    texts = [re.sub(r"\{\}", lambda _: dressed(form, r.choice("123456789") + digits(40)(r)), other) for other in OTHERS for form in FORMS for _ in range(3)]
    alarms = [(f["detector"], f["confidence"], text) for text, found in zip(texts, match(prefix, texts)) for f in found if f["confidence"] >= 75]
    # a card number alone is taken for one: one in fifty of those with sixteen digits begins and ends like that
    assert len([a for a in alarms if a[0] == "payment-card"]) <= 6 and not [a for a in alarms if a[0] != "payment-card"], "\n".join(map(repr, alarms[:40]))
