"""The mail the benchmarks send: a portal's enquiry, text and HTML, padded by what the customer wrote or by markup."""

import quopri

RECIPIENT = "autohaus-beispiel@dein.auto"
SENDER = "bounce@mail.mobile.de"

_HEADER = """\
From: {name} <buyer-{token}@mail.mobile.de>
To: {recipient}
Subject: =?utf-8?q?Anfrage_zu_Ihrem_Fahrzeug=3A_=C5=A0koda_Fabia_=28GW-{number}=29?=
Date: Sat, 21 Nov 2026 18:00:00 +0100
Message-ID: <bench.{number}.{run}@mail.mobile.de>
MIME-Version: 1.0
Reply-To: {name} <buyer-{token}@mail.mobile.de>
X-MOBILEDE-BUYER-ID: b{token}
Content-Type: multipart/alternative; boundary="=_bench"

"""

_TEXT = """\
Sie haben eine neue Anfrage zu Ihrem Fahrzeug erhalten.

Fahrzeug: Škoda Fabia 1.0 TSI Ambition
Interne Nummer: GW-{number}
Inserats-ID: {ad}
Preis: 13.480 € (Brutto)
Erstzulassung: 05/2021
Kilometerstand: 41.200 km

Kontaktdaten des Interessenten
Name: {name}
Telefon: +49 171 39200{tail}
E-Mail: {name_in_address}@kunde{number}.example

Nachricht:
Guten Tag,
{message}
Mit freundlichen Grüßen
{name}
"""

_ROWS = (
    "Fahrzeug", "Interne Nummer", "Inserats-ID", "Preis", "Erstzulassung", "Kilometerstand",
    "Name", "Telefon", "E-Mail",
)  # fmt: skip
# No two lines of a mail, and no two mails are alike, so that nothing read before helps.
_SENTENCES = (
    "ist der Wagen noch verfügbar, und könnte ich ihn am {n}. ansehen?",
    "Ich fahre im Jahr etwa {n} tausend Kilometer, meist auf dem Land.",
    "Der Kofferraum sollte {n} Zentimeter lang sein, für unsere Räder;",
    "vor {n} Jahren hatten wir schon einmal einen, der lief sehr gut.",
    "Mit freier Zeit sieht es erst nach {n} Uhr besser aus, leider.",
)
_NAMES = ("Ilse Brandt", "Murat Aksoy", "Petra Kühn", "Jonas Wieland", "Ana Petrović")


def portal_mail(number: int, run: str, size: int) -> bytes:
    """Return an enquiry of about `size` bytes; `number` and `run` make customer, vehicle and Message-ID its own."""
    mail = _built(number, run, 1)
    per_sentence = (len(_built(number, run, 11)) - len(mail)) / 10
    return _built(number, run, max(1, 1 + round((size - len(mail)) / per_sentence)))


def portal_page(number: int, run: str, size: int) -> bytes:
    """Return an enquiry of about `size` bytes as portals design it: few words in tables with much style about them."""
    blocks = 0
    while len(mail := _built(number, run, 6, blocks)) < size:
        blocks += max(1, (size - len(mail)) // 1_500)
    return mail


def _built(number: int, run: str, sentences: int, blocks: int | None = None) -> bytes:
    name = _NAMES[number % len(_NAMES)]
    values = {
        "name": name,
        "name_in_address": name.split()[0].lower(),
        "recipient": RECIPIENT,
        "number": number,
        "run": run,
        "ad": 400_000_000 + number,
        "tail": f"{number % 100:02}",
        "token": f"{number:012x}",
        "message": "".join(f"{_SENTENCES[n % len(_SENTENCES)].format(n=number + n)}\n" for n in range(sentences)),
    }
    text = _TEXT.format(**values)
    header = _HEADER.format(**values).replace(name, f"=?utf-8?q?{name.replace(' ', '_')}?=".replace("ü", "=C3=BC"))
    header = header.replace("ć", "=C4=87")
    parts = "".join(
        f"--=_bench\nContent-Type: {kind}; charset=UTF-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        f"{quopri.encodestring(body.encode()).decode()}\n"
        for kind, body in (
            ("text/plain", text),
            ("text/html", _as_html(text) if blocks is None else _as_page(text, number, blocks)),
        )
    )
    return f"{header}{parts}--=_bench--\n".replace("\r\n", "\n").replace("\n", "\r\n").encode()


def _as_html(text: str) -> str:
    lines = [line.partition(": ") for line in text.splitlines()]
    rows = "".join(f"<tr><td>{a}:</td><td>{b}</td></tr>\n" for a, colon, b in lines if colon and a in _ROWS)
    message = text.partition("Nachricht:\n")[2].replace("\n", "<br>\n")
    return f"<html><body><table>{rows}</table><p><b>Nachricht:</b><br>{message}</p></body></html>"


_CELL = (
    "font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:20px;color:#333333;padding:4px 8px 4px 8px;"
    "border-bottom:1px solid #e6e6e6;mso-line-height-rule:exactly;"
)
_HINTS = (
    "Antworten Sie dem Interessenten noch heute",
    "Dieses Angebot in Ihrem Bestand ansehen",
    "So schützen Sie sich vor Betrug",
    "Mehr Anfragen mit besseren Bildern",
)


def _as_page(text: str, number: int, blocks: int) -> str:
    """The same words as a designed page: styles, tables in tables, tracked links, `blocks` hints below the message."""
    lines = [line.partition(": ") for line in text.splitlines()]
    rows = "".join(
        f'<tr><td width="38%" valign="top" style="{_CELL}font-weight:bold;">{a}:</td>'
        f'<td valign="top" style="{_CELL}">{b}</td></tr>\n'
        for a, colon, b in lines
        if colon and a in _ROWS
    )
    message = text.partition("Nachricht:\n")[2].replace("\n", "<br>\n")
    sheet = "".join(
        f"@media only screen and (max-width:{w}px) {{ .w{w} {{ width:100% }} }}\n" for w in range(320, 640, 40)
    )
    hints = "".join(_block(_hint(number, n)) for n in range(blocks))
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>Anfrage</title><style>{sheet}</style></head>'
        f'<body style="margin:0;padding:0;background-color:#f4f4f4;">{_block("<h1>Neue Anfrage</h1>")}'
        f"{_block(f'<table>{rows}</table>')}{_block(f'<b>Nachricht:</b><br>{message}')}{hints}</body></html>"
    )


def _hint(number: int, n: int) -> str:
    target = f"https://click.example.net/?qs={number:08x}{n:04x}{'5f3a9c' * 30}&amp;utm_source=mail"
    return (
        f'<a href="{target}" style="{_CELL}text-decoration:none;" target="_blank">{_HINTS[n % len(_HINTS)]} ({n})</a>'
    )


def _block(inner: str) -> str:
    return (
        '<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" align="center" '
        f'style="border-collapse:collapse;width:600px;max-width:600px;background-color:#ffffff;"><tr>'
        f'<td align="left" style="{_CELL}">{inner}</td></tr></table>\n'
    )
