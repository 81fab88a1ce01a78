"""Mails of invented people, made of canaries: words that must never show in a log line (R182)."""

import base64

CUSTOMER = "kanarie.vogt@kunden.example"
CANARIES = ("Kanarie", "Vogtländer", "kanarie.vogt", "3920071", "Papageienweg", "Zwitscherblau")


def portal_enquiry(number: int = 1, customer: str = CUSTOMER, name: str = "Kanarie Vogtländer") -> bytes:
    """What mobile.de sends for a customer who left her own address; every number is another vehicle."""
    text = f"""\
Sie haben eine neue Anfrage zu Ihrem Fahrzeug erhalten.

Fahrzeug: Škoda Fabia Zwitscherblau
Interne Nummer: GW-{number}
Inserats-ID: {400_000_000 + number}
Preis: 13.480 € (Brutto)

Kontaktdaten des Interessenten
Name: {name}
Telefon: +49 171 3920071
E-Mail: {customer}

Nachricht:
Guten Tag, ist der Wagen noch da? Ich wohne im Papageienweg.
"""
    body = base64.encodebytes(text.replace("\n", "\r\n").encode()).decode().replace("\n", "\r\n")
    subject = base64.b64encode(f"Anfrage: Škoda Fabia Zwitscherblau {number}".encode()).decode()
    shown = base64.b64encode(name.encode()).decode()
    return (
        f"From: =?utf-8?b?{shown}?= <buyer-{number:04x}@mail.mobile.de>\r\n"
        "To: autohaus-beispiel@dein.auto\r\n"
        f"Subject: =?utf-8?b?{subject}?=\r\n"
        "Date: Sat, 21 Nov 2026 18:00:00 +0100\r\n"
        f"Message-ID: <enquiry.{number}@mail.mobile.de>\r\n"
        f"Reply-To: =?utf-8?b?{shown}?= <buyer-{number:04x}@mail.mobile.de>\r\n"
        "X-MOBILEDE-BUYER-ID: b1\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{body}"
    ).encode("ascii")
