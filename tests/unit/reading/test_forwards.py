"""A forwarded mail is read as the mail inside; who may relabel its source is another question."""

import pytest

from leadmaild.reading.context import ReadingContext
from leadmaild.reading.forwards import unwrap
from leadmaild.reading.mime import parse
from leadmaild.reading.sender import sender_of
from leadmaild.reading.text import documents

KNOWN = ReadingContext(recipient="leads@dein.example", forwarders=("Verkauf@Autohaus.example",))
ENQUIRY = "Fahrzeug: Kia Ceed\nName: Max Muster\nNachricht:\nNoch da?\n"

INLINE = {
    "Gmail": "Schau mal\n\n---------- Forwarded message ---------\nVon: Boerse <leads@boerse.example>\nDate: Mo., 5.\n"
             "Subject: Neue Anfrage\nTo: <verkauf@autohaus.example>\n\n\n",
    "Outlook": "FYI\n\nVon: Boerse [mailto:leads@boerse.example]\nGesendet: Montag, 5. Oktober 2026 14:33\n"
               "An: verkauf@autohaus.example\nBetreff: Neue Anfrage\n\n",
    "Outlook new": "Von: Boerse <leads@boerse.example>\nDatum: Montag, 5. Oktober\nAn: x\nBetreff: Neue Anfrage\n\n",
    "Outlook fr": "De : Boerse <leads@boerse.example>\nEnvoyé : lundi 5 octobre 2026\nÀ : x\nObjet : Neue Anfrage\n\n",
    "Outlook it": "Da: Boerse <leads@boerse.example>\nInviato: lunedì\nA: x\nOggetto: Neue Anfrage\n\n",
    "Outlook nl": "Van: Boerse <leads@boerse.example>\nVerzonden: maandag\nAan: x\nOnderwerp: Neue Anfrage\n\n",
    "Outlook en": "From: Boerse <leads@boerse.example>\nSent: Monday\nTo: x\nSubject: Neue Anfrage\n\n",
    "Thunderbird": "\n\n-------- Weitergeleitete Nachricht --------\nBetreff: \tNeue Anfrage\nDatum: \tMon\n"
                   "Von: \tBoerse <leads@boerse.example>\nAn: \tverkauf@autohaus.example\n\n\n",
    "Apple": "\nAnfang der weitergeleiteten Nachricht:\n\nVon: Boerse <leads@boerse.example>\nBetreff: Neue Anfrage\n"
             "Datum: 5. Oktober 2026 um 14:33:00 MESZ\nAn: verkauf@autohaus.example\n\n",
    "GMX": "Gesendet: Montag, 05. Oktober 2026\nVon: Boerse <leads@boerse.example>\nAn: x\nBetreff: Neue Anfrage\n\n",
}  # fmt: skip


def forward(
    body: str, subject: str = "WG: Anfrage", sender: str = "verkauf@autohaus.example", kind: str = "text/plain"
):
    head = (
        f"From: Verkauf <{sender}>\nTo: leads@dein.example\nSubject: {subject}\nContent-Type: {kind}; charset=utf-8\n\n"
    )
    return parse((head + body).encode())


@pytest.mark.parametrize("program", INLINE)
def test_an_inline_forward_is_unwrapped(program: str) -> None:
    found = unwrap(forward(INLINE[program] + ENQUIRY), KNOWN)
    assert found is not None
    assert sender_of(found.message).email == "leads@boerse.example"
    assert found.message.get("subject") == "Neue Anfrage"
    assert documents(found.message)[0].plain == ENQUIRY.strip()
    assert (found.forwarded_by, found.is_trusted, found.depth) == ("verkauf@autohaus.example", True, 1)


def test_html_stays_html_below_its_head() -> None:
    head = (
        '<div>FYI</div><div style="border-top:solid"><p><b>Von:</b> Boerse &lt;leads@boerse.example&gt;'
        "<br><b>Gesendet:</b> Mo<br><b>An:</b> x<br><b>Betreff:</b> Neue Anfrage</p></div>"
    )
    table = "<table><tr><td>Name</td><td>Max</td></tr></table><a href='https://boerse.example/?id=1'>Inserat</a>"
    found = unwrap(forward(head + table, kind="text/html"), KNOWN)
    assert found is not None
    (document,) = documents(found.message)
    assert [(line.label, line.value) for line in document.lines if line.label] == [("Name", "Max")]
    assert document.links == ("https://boerse.example/?id=1",)


@pytest.mark.parametrize(
    "body", ["Ja gern.\n\nVon: Autohaus <a@b.example>\nGesendet: 5\nAn: x\nBetreff: y\n\nz", ENQUIRY, "Von: mir\nhallo"]
)
def test_a_reply_or_an_enquiry_is_no_forward(body: str) -> None:
    assert unwrap(forward(body, subject="AW: Anfrage"), KNOWN) is None


HEAD = "Von: Max <max@kunde.example>\nGesendet: Montag\nAn: verkauf@autohaus.example\nBetreff: Frage\n\n"


def test_staff_forward_without_saying_so_but_a_customer_only_quotes() -> None:
    body = f"Bitte übernehmen.\n\n{HEAD}Noch da?"
    found = unwrap(forward(body, subject="Frage"), KNOWN)
    assert found is not None
    assert sender_of(found.message).email == "max@kunde.example"
    assert unwrap(forward(body, subject="Frage", sender="kunde@post.example"), KNOWN) is None


def attached(
    sender: str = "verkauf@autohaus.example", subject: str = "Fwd: Anfrage", note: str = "bitte", levels: int = 1
):
    inner = f"From: Max <max@kunde.example>\nTo: {sender}\nSubject: Neue Anfrage\n\nNoch da?\n"
    for level in range(levels):
        inner = (
            f"From: Verkauf <{sender}>\nTo: leads@dein.example\nSubject: {subject}\n"
            f'Content-Type: multipart/mixed; boundary="b{level}"\n\n'
            f"--b{level}\n\n{note}\n--b{level}\nContent-Type: message/rfc822\n\n{inner}\n--b{level}--\n"
        )
    return parse(inner.encode())


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_an_attached_mail_is_unwrapped_up_to_three_deep(levels: int) -> None:
    found = unwrap(attached(levels=levels), KNOWN)
    assert found is not None
    assert sender_of(found.message).email == "max@kunde.example"
    assert found.depth == levels


def test_a_long_mail_with_a_mail_attached_is_a_mail_of_its_own() -> None:
    message = attached(sender="kunde@post.example", subject="Meine Anfrage", note="Ich suche einen Wagen. " * 40)
    assert unwrap(message, KNOWN) is None


@pytest.mark.rule("BI-57")
def test_the_mail_a_bounce_gives_back_is_no_forward() -> None:
    raw = b"Subject: Undelivered\nContent-Type: multipart/report; boundary=b\n\n"
    enclosed = b"--b\nContent-Type: message/rfc822\n\nSubject: x\n\ny\n--b--"
    assert unwrap(parse(raw + enclosed), KNOWN) is None


def test_a_stranger_may_forward_but_not_relabel() -> None:
    found = unwrap(attached(sender="fremd@post.example"), KNOWN)
    assert found is not None
    assert not found.is_trusted


def test_the_mailbox_itself_may_relabel() -> None:
    found = unwrap(attached(sender="leads@dein.example"), KNOWN)
    assert found is not None
    assert found.is_trusted


def test_without_settings_the_one_the_inner_mail_was_sent_to_may_relabel() -> None:
    addressed = unwrap(attached(), ReadingContext())
    assert addressed is not None
    assert addressed.is_trusted
    inline = unwrap(forward(INLINE["Outlook en"] + ENQUIRY, sender="fremd@post.example"), ReadingContext())
    assert inline is not None
    assert not inline.is_trusted


def test_without_settings_the_house_the_mailbox_is_named_after_may_relabel() -> None:
    text = INLINE["Outlook en"] + ENQUIRY
    raw = f"From: info@autohaus-muster.example\nTo: autohaus-muster@dein.example\nSubject: WG: x\n\n{text}"
    found = unwrap(parse(raw.encode()), ReadingContext())
    assert found is not None
    assert found.is_trusted
