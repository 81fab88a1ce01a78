"""What a dealer's web agency would write: Postfix runs this for every mail (`pipe`), standard library only.

`pipe_script.py DATABASE RELAY_PORT RECIPIENT < mail`: parse, one INSERT, one reply.
"""

import re
import smtplib
import sqlite3
import sys
from email import message_from_binary_file, policy
from email.message import EmailMessage


def main(database: str, relay_port: str, recipient: str) -> None:
    """Make a lead of the mail on standard input and answer the customer."""
    mail = message_from_binary_file(sys.stdin.buffer, policy=policy.default)
    text = mail.get_body(("plain", "html")).get_content()
    found = {label: _value(label, text) for label in ("Name", "E-Mail", "Telefon", "Fahrzeug")}
    with sqlite3.connect(database, timeout=60) as leads:
        leads.execute(
            "INSERT INTO lead (name, email, phone, vehicle, message) VALUES (?, ?, ?, ?, ?)",
            (*found.values(), text.partition("Nachricht:")[2]),
        )
    reply = EmailMessage()
    reply["From"] = f"Autohaus Beispiel <{recipient}>"
    reply["To"] = found["E-Mail"]
    reply["Subject"] = f"Ihre Anfrage zum {found['Fahrzeug']}"
    reply["In-Reply-To"] = mail["Message-ID"]
    reply["Auto-Submitted"] = "auto-replied"
    reply.set_content(f"Guten Tag {found['Name']},\n\nvielen Dank für Ihre Anfrage. Wir melden uns in Kürze.\n")
    with smtplib.SMTP("127.0.0.1", int(relay_port), local_hostname="mx.dein.auto", timeout=60) as relay:
        relay.send_message(reply, recipient, [found["E-Mail"]])


def _value(label: str, text: str) -> str:
    match = re.search(rf"^{label}: (.+)$", text, re.MULTILINE)
    return match[1].strip() if match else ""


if __name__ == "__main__":
    main(*sys.argv[1:])
