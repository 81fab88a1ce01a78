"""An invented portal that no packaged definition knows, and its mails."""

from tests.dealership import enquiry

DEFINITION = """id = "boersenlead"
name = "Börsenlead"
[recognise]
from_domain = ["boersenlead.example"]
[text]
labels = "none"
[fields]
"contact.name" = { label = "Wer" }
"contact.email" = { label = "Post" }
"contact.phone" = { label = "Ruf" }
"vehicle.title" = { label = "Auto" }
"message" = { label = "Text", block = true }
"""


def mail_of_portal(number: int = 1, *, phone: str = "Ruf") -> bytes:
    """An enquiry by way of the portal; every number is another customer. `phone` is the label of his number."""
    return enquiry(
        number,
        **{"from": "Börsenlead <leads@boersenlead.example>"},
        text=f"Wer: Kunde Nummer{number}\r\nPost: kunde{number}@kunden.example\r\n"
        f"{phone}: 0171 39200{number:02}\r\nAuto: Golf Nummer {number}\r\n"
        f"Text: Ist der Golf mit der Nummer {number} noch da?\r\n",
    )
