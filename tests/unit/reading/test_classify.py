"""What a mail says of itself, and whether it may be answered (security.md 2.2, R112): every rule, both ways."""

import pytest

from leadmaild.model.address import NULL_REVERSE_PATH, ReversePath
from leadmaild.model.reading import CarrierClass, Classification, Thread, Verdict
from leadmaild.reading.classify import (
    Decided,
    Marks,
    answerable,
    decided_after_source,
    decided_before_source,
    marks_of,
)
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.message import Message
from leadmaild.reading.mime import parse
from leadmaild.reading.robots import is_robot_local_part
from leadmaild.reading.sender import sender_of
from leadmaild.reading.text import documents

NOTHING = ReadingContext()
PERSON = "From: Max Muster <max@kunde.example>"
WORDS = "Guten Tag, ist der Wagen noch da?"


def mail(*fields: str, body: str = WORDS, sender: str = PERSON) -> Message:
    return parse("\r\n".join((*([sender] if sender else []), *fields, "", body)).encode())


def verdict(message: Message, context: ReadingContext = NOTHING, customer: str | None = None) -> Verdict:
    carrier = CarrierClass.B if customer is not None else CarrierClass.A
    return answerable(message, sender_of(message), context, carrier, customer or None)


def rules(message: Message, context: ReadingContext = NOTHING, customer: str | None = None) -> set[str]:
    return {evidence.partition(":")[0] for evidence in verdict(message, context, customer).evidence}


def marks(message: Message, context: ReadingContext = NOTHING, portals: tuple[str, ...] = ()) -> Marks:
    text = next((d.plain for d in documents(message)), "")
    return marks_of(message, sender_of(message), text, context, portals)


def decided(message: Message, context: ReadingContext = NOTHING, thread: Thread = Thread()) -> Classification | None:  # noqa: B008
    found = marks(message, context)
    result: Decided | None = decided_before_source(found) or decided_after_source(found, thread)
    return result.classification if result else None


# ---- class A: every mark of the mail counts ----


@pytest.mark.rule("R112")
def test_a_plain_mail_of_a_person_may_be_answered() -> None:
    assert verdict(mail("Subject: Anfrage zum Golf", "Return-Path: <max@kunde.example>")) == Verdict(True)


HITS = [
    ("AR-01", mail("Return-Path: <>")),
    ("AR-02", mail("Auto-Submitted: auto-replied")),
    ("AR-02", mail("Auto-Submitted: auto-generated; owner-email=x@y.example")),
    ("AR-02", mail("Auto-Submitted: who-knows")),
    ("AR-02", mail("Auto-Submitted:")),
    ("AR-03", mail("Precedence: bulk")),
    ("AR-03", mail("Precedence: LIST")),
    ("AR-03", mail("Precedence: junk")),
    ("AR-03", mail("Precedence: auto_reply")),
    *(("AR-04", mail(f"{name}: x")) for name in (
        "List-Id", "List-Help", "List-Subscribe", "List-Unsubscribe", "List-Post", "List-Owner", "List-Archive",
        "Mailing-List", "X-Mailing-List", "X-BeenThere", "X-Mailman-Version", "Feedback-ID", "X-CSA-Complaints")),
    *(("AR-05", mail(f"X-Auto-Response-Suppress: {value}")) for value in (
        "All", "OOF", "AutoReply", "DR", "RN", "NRN", "DR, RN, NRN, OOF, AutoReply")),
    *(("AR-06", mail(f"{name}: x")) for name in (
        "X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply-From", "X-AutoReply-From", "X-Mail-Autoreply",
        "X-FC-MachineGenerated", "X-Cron-Env", "X-POST-MessageClass", "Autorespond", "X-Loop")),
    ("AR-07", mail(sender="From: noreply@kunde.example")),
    ("AR-08", mail("Content-Type: multipart/report; report-type=x; boundary=b", body="--b\r\n\r\nx")),
    ("AR-08", mail("Content-Type: multipart/mixed; boundary=b",
                   body="--b\r\nContent-Type: message/delivery-status\r\n\r\nx: y")),
    ("AR-08", mail("Content-Type: message/feedback-report", body="Feedback-Type: abuse")),
    ("AR-09", mail("Content-Type: message/partial; id=x; number=1")),
    ("AR-09", mail("Content-Type: message/external-body; access-type=ftp")),
    ("AR-09", mail("Content-Type: text/calendar", body="BEGIN:VCALENDAR")),
    ("AR-11", mail("X-Leadmaild-Loop: of-another-installation")),
    ("AR-12", mail(*["Received: from a by b"] * 31)),
    ("AR-15", mail("X-Spam-Flag: YES")),
    ("AR-15", mail("X-Spam-Status: Yes, score=9")),
    ("AR-15", mail("X-Virus-Status: Infected")),
    ("AR-21", mail(sender="From: a@b.example, c@d.example")),
    ("AR-21", mail(sender="From: g: a@b.example;")),
    ("AR-21", mail(sender="From: Max")),
    ("AR-21", mail(sender="")),
    ("AR-21", mail(sender="From: a@[192.0.2.1]")),
    ("AR-21", mail(sender="From: a@localhost")),
    ("AR-21", mail(sender=f"From: {'a' * 65}@kunde.example")),
    ("AR-21", mail(sender=f"From: a@{'b.' * 130}example")),
    ("AR-22", mail(sender="From: admin@bank.test <evil@x.test>")),
    *(("AR-23", mail(f"Subject: {subject}")) for subject in (
        "Auto: Abwesenheit", "Automatic reply: x", "Out of Office: x", "Abwesenheitsnotiz", "Abwesend bis Montag",
        "Re: Automatische Antwort: x", "=?utf-8?q?R=C3=A9ponse_automatique?=", "Risposta automatica: x", "Afwezig: x",
        "Undeliverable: x", "Undelivered Mail", "Delivery Status Notification", "Mail delivery failed",
        "Unzustellbar: x",         "[Extern] Out of office", "Max Muster: Out of Office")),
    ("AR-26", mail("X-Big: " + "a" * 70_000)),
    ("AR-26", parse(b"From: J\xf6rg <j@kunde.example>\r\n\r\nText")),
    ("AR-26", mail("Reply-To: =?utf-8?q?Max=0A?= <m@kunde.example>")),
    ("AR-27", mail("Content-Type: multipart/encrypted; boundary=b",
                   body="--b\r\nContent-Type: application/pgp-encrypted\r\n\r\n")),
    ("AR-27", mail("Content-Type: application/pkcs7-mime; name=smime.p7m", body="x")),
    ("AR-27", mail(body="-----BEGIN PGP MESSAGE-----\r\nabc\r\n-----END PGP MESSAGE-----")),
]  # fmt: skip


@pytest.mark.rule("BI-58")
@pytest.mark.rule("R112")
@pytest.mark.parametrize(("rule", "message"), HITS)
def test_a_single_hit_withholds_the_answer(rule: str, message: Message) -> None:
    assert rule in rules(message)
    assert not verdict(message).value


MISSES = [
    ("AR-01", mail("Return-Path: <max@kunde.example>")),
    ("AR-01", mail("Subject: no Return-Path at all")),
    *(("AR-02", mail(f"Auto-Submitted: {value}")) for value in ("no", "NO", "No (a person)", " no ; x=y")),
    ("AR-03", mail("Precedence: normal")),
    ("AR-03", mail("Precedence: first-class")),
    ("AR-04", mail("X-Listing: x")),
    ("AR-05", mail("X-Auto-Response-Suppress: None")),
    ("AR-06", mail("X-Autoreply-Not: x")),
    ("AR-07", mail(sender="From: antwort@kunde.example")),
    ("AR-08", mail("Content-Type: multipart/mixed; boundary=b", body="--b\r\n\r\nBericht")),
    ("AR-09", mail("Content-Type: multipart/alternative; boundary=b",
                   body=f"--b\r\n\r\n{WORDS}\r\n--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n--b--")),
    ("AR-11", mail("X-Loop-Free: yes")),
    ("AR-12", mail(*["Received: from a by b"] * 30)),
    ("AR-15", mail("X-Spam-Flag: NO", "X-Spam-Status: No, score=-1", "X-Virus-Scanned: yes", "X-Virus-Status: Clean")),
    ("AR-21", mail(sender='From: "Muster, Max" <max@kunde.example>')),
    ("AR-22", mail(sender='From: "max@kunde.example" <max@kunde.example>')),
    *(("AR-23", mail(f"Subject: {subject}")) for subject in (
        "Anfrage", "Automatik oder Schalter?", "Golf Automatik", "Suche ein Auto", "Autohaus: Frage", "Lieferstatus")),
    ("AR-26", parse(b"From: Max <max@kunde.example>\r\nSubject: Gr\xfc\xdfe\r\n\r\nText")),
    ("AR-26", mail(sender="From: Jörg <j@kunde.example>")),
    ("AR-27", mail("Content-Type: multipart/signed; boundary=b", body=f"--b\r\n\r\n{WORDS}\r\n--b--")),
]  # fmt: skip


@pytest.mark.rule("BI-58")
@pytest.mark.rule("PF22")
@pytest.mark.parametrize(("rule", "message"), MISSES)
def test_what_only_looks_like_a_mark_does_not(rule: str, message: Message) -> None:
    assert rule not in rules(message)


@pytest.mark.rule("AR-01")
def test_the_envelope_s_null_path_withholds_whatever_the_header_says() -> None:
    message = mail("Return-Path: <max@kunde.example>")
    assert rules(message, ReadingContext(reverse_path=NULL_REVERSE_PATH)) == {"AR-01"}
    assert rules(mail("Return-Path: <>"), ReadingContext(reverse_path=ReversePath("max@kunde.example"))) == set()


@pytest.mark.rule("AR-07")
@pytest.mark.parametrize(
    "local",
    ["mailer-daemon", "Postmaster", "root", "daemon", "nobody", "abuse", "listserv", "majordomo", "mdaemon",
     "liste-request", "owner-liste", "liste-owner", "liste-bounce", "liste-bounces", "bounce", "bounce-123",
     "liste-errors", "x-confirm+1", "noreply", "no-reply", "no_reply", "NoReply", "donotreply", "do-not-reply",
     "nicht-antworten", "keine-antwort", "notification", "notifications", "news", "newsletter", "mailer", "msprvs1=17x",
     "prvs=12ab", "srs0=x=y=z=a", "SRS1=x", "max+caf_=x", "noreply-1", "team-noreply"],
)  # fmt: skip
def test_robots_local_parts(local: str) -> None:
    assert is_robot_local_part(f"{local}@x.example")


@pytest.mark.rule("AR-07")
@pytest.mark.parametrize(
    "local", ["max", "rooth", "newsman", "abusedcar", "postmasters-choice", "max.owner.x", "antworten", "reply",
              "buyer-7c2e91d0", "info", "confirmed", "bouncer", "mailerin", "daemonion", "anfrage"]
)  # fmt: skip
def test_people_s_local_parts(local: str) -> None:
    assert not is_robot_local_part(f"{local}@x.example")


# ---- class B: the marks of the carrying mail say nothing about the customer ----

PORTAL = mail(
    "Return-Path: <>", "Auto-Submitted: auto-generated", "Precedence: bulk", "List-Unsubscribe: <mailto:x@y.example>",
    "Feedback-ID: x", "X-Auto-Response-Suppress: All", "X-Spam-Flag: YES", "Subject: Auto: neue Anfrage",
    "X-Leadmaild-Loop: of-another-installation", sender="From: noreply@boerse.example",
)  # fmt: skip
CUSTOMER = "max@kunde.example"
OWN = ReadingContext(loop_mark="ours")


@pytest.mark.rule("PF21")
@pytest.mark.rule("R112")
def test_a_portal_s_mail_is_answered_in_spite_of_all_its_marks() -> None:
    assert verdict(PORTAL, OWN, CUSTOMER) == Verdict(True)


@pytest.mark.rule("BI-58")
@pytest.mark.rule("R112")
@pytest.mark.parametrize(
    ("rule", "message", "customer"),
    [
        ("AR-07", PORTAL, "noreply@kunde.example"),
        ("AR-11", mail("X-Leadmaild-Loop: ours"), CUSTOMER),
        ("AR-12", mail(*["Received: from a by b"] * 31), CUSTOMER),
        ("AR-21", PORTAL, ""),
        ("AR-21", PORTAL, "max@localhost"),
        ("AR-22", mail(sender="From: admin@bank.test <evil@x.test>"), CUSTOMER),
        ("AR-26", mail("X-Big: " + "a" * 70_000), CUSTOMER),
        ("AR-26", parse(b"From: x@y.example\r\nReply-To: J\xf6rg <max@kunde.example>\r\n\r\nText"), CUSTOMER),
    ],
)
def test_class_b_has_its_own_short_list(rule: str, message: Message, customer: str) -> None:
    assert rule in rules(message, OWN, customer)


@pytest.mark.rule("AR-26")
def test_a_defect_in_a_field_that_does_not_name_the_customer_says_nothing_about_him() -> None:
    message = parse(b"From: B\xf6rse <x@y.example>\r\nReply-To: Max <max@kunde.example>\r\n\r\nText")
    assert rules(message, OWN, CUSTOMER) == set()


@pytest.mark.rule("AR-15")
def test_spam_marks_of_others_are_not_believed() -> None:
    assert rules(mail("X-Spam-Flag: YES"), ReadingContext(trusts_spam_marks=False)) == set()


# ---- the class of the mail, without a source ----


@pytest.mark.parametrize(
    ("classification", "message"),
    [
        (None, mail("Subject: Anfrage zum Golf")),
        (None, mail("Subject: Auto: Golf Variant", body="Ist das Auto noch da?")),
        (None, mail("Subject: Abwesenheitsassistent im Golf", body="Hat der Golf so etwas?")),
        (None, mail("Auto-Submitted: auto-generated", body="Name: Max\r\nTelefon: 030 23125 111")),
        (Classification.AUTO_REPLY, mail("Auto-Submitted: auto-replied")),
        (Classification.AUTO_REPLY, mail("Auto-Submitted: Auto-Replied (vacation)")),
        (Classification.AUTO_REPLY, mail("X-Autoreply: yes")),
        (Classification.AUTO_REPLY, mail("Precedence: auto_reply")),
        (Classification.AUTO_REPLY, mail("Subject: Abwesenheitsnotiz: Re: Ihre Anfrage", "In-Reply-To: <x@y.example>")),
        (Classification.AUTO_REPLY, mail("Subject: Out of office", body="I am out of the office until Monday.")),
        (Classification.AUTO_REPLY, mail("Subject: Automatische Antwort: x", body="Ich bin bis Montag nicht im Büro.")),
        (Classification.AUTO_REPLY,
         mail("Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
              body="--b\r\n\r\ngelesen")),
        (Classification.NEWSLETTER, mail("List-Unsubscribe: <mailto:x@y.example>")),
        (Classification.NEWSLETTER, mail("Precedence: bulk")),
        (Classification.NEWSLETTER, mail(sender="From: newsletter@haendler.example")),
        (Classification.SPAM, mail("X-Spam-Flag: YES")),
        (Classification.SPAM, mail("Subject: ***SPAM*** Gewinn")),
        (Classification.SPAM, mail("Subject: SEO", body="Wir bringen Sie auf Platz 1 bei Google. SEO und Backlinks!")),
        (Classification.BOUNCE, mail("X-Failed-Recipients: lena@post.example", "Auto-Submitted: auto-replied")),
    ],
)  # fmt: skip
def test_the_class_by_the_mail_s_own_marks(classification: Classification | None, message: Message) -> None:
    assert decided(message) == classification


@pytest.mark.rule("PF24")
def test_a_mail_in_a_running_conversation_is_a_customer_s_reply_unless_a_robot_wrote_it() -> None:
    running = Thread(lead_id="4711")
    assert decided(mail("List-Id: <x>"), thread=running) is Classification.CUSTOMER_REPLY
    assert decided(mail("X-Spam-Flag: YES"), thread=Thread(token="t9c0d2")) is Classification.CUSTOMER_REPLY
    assert decided(mail("X-Autoreply: yes"), thread=running) is Classification.AUTO_REPLY
    assert decided(mail("Subject: x"), thread=Thread(in_reply_to="<a@b.example>")) is None


@pytest.mark.rule("PF21")
def test_before_the_source_is_asked_only_bounce_and_auto_replied_decide() -> None:
    assert decided_before_source(marks(PORTAL)) is None
    assert decided_before_source(marks(mail("X-Autoreply: yes"))) is None
    replied = decided_before_source(marks(mail("Auto-Submitted: auto-replied")))
    assert replied is not None
    assert replied.classification is Classification.AUTO_REPLY
    assert replied.reason == "AR-02: Auto-Submitted: auto-replied"


def test_a_machine_s_mail_is_told_apart_from_an_answer() -> None:
    assert marks(mail("Auto-Submitted: auto-generated")).generated
    assert not marks(mail("Auto-Submitted: auto-generated")).auto_reply
    assert not marks(mail("Subject: x")).generated


def test_the_marks_of_the_dealer_s_own_group_mailbox_make_no_newsletter() -> None:
    message = mail(
        "List-Id: <verkauf.autohaus.example>", "Precedence: list", "List-Post: <mailto:verkauf@autohaus.example>"
    )
    assert decided(message) is Classification.NEWSLETTER
    assert decided(message, ReadingContext(forwarders=("verkauf@autohaus.example",))) is None


@pytest.mark.rule("SP-07")
@pytest.mark.rule("AR-11")
def test_our_own_mail_come_back_is_a_loop() -> None:
    own = ReadingContext(own_domains=("dein.example",), loop_mark="ours")
    assert marks(mail("Message-ID: <out.1.1@leads.dein.example>"), own).loop
    assert marks(mail("X-Leadmaild-Loop: ours"), own).loop
    assert marks(mail(*["Received: x"] * 31), own).loop
    assert not marks(mail("X-Leadmaild-Loop: theirs"), own).loop
    assert not marks(mail("In-Reply-To: <out.1.1@leads.dein.example>"), own).loop


@pytest.mark.parametrize(
    ("sender", "body", "is_spam"),
    [
        (
            "Boerse Sicherheit <info@boerse24.de-sicherheit.test>",
            "Ihr Konto wurde gesperrt. Bestätigen Sie Ihr Konto.",
            True,
        ),
        ("Boerse <info@mail.boerse24.de>", "Bestätigen Sie Ihr Konto.", False),
        ("Max <max@kunde.example>", "Mein Konto wurde gesperrt, ich zahle das Fahrzeug bar. Probefahrt?", False),
        ("Max <max@kunde.example>", "Nehmen Sie Bitcoin als Anzahlung für den Wagen? SEO ist mein Beruf.", False),
    ],
)
def test_lookalikes_and_wording_add_up_and_talk_about_a_vehicle_speaks_against(
    sender: str, body: str, is_spam: bool
) -> None:
    assert bool(marks(mail(sender=f"From: {sender}", body=body), portals=("boerse24.de",)).spam) is is_spam
