"""Facts about invented people and cars, from which the tests of this room take theirs with dataclasses.replace."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from leadmaild.model.contact import Contact
from leadmaild.model.decision import MailKind
from leadmaild.model.lead import AssignmentReason, Lead, LeadState
from leadmaild.model.location import Location, TemplateBlocks
from leadmaild.model.outgoing import ComposedMail, MailFacts
from leadmaild.model.reading import (
    Classification,
    Money,
    Person,
    PostalAddress,
    Prospect,
    Reading,
    RequestType,
    Sender,
    VehicleText,
)
from leadmaild.model.user import User
from leadmaild.model.vehicle import StockVehicle

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
LOOP_MARK = "5e1f9c0a7b42"

LOCATION = Location(
    code="MUC",
    name="Autohaus Beispiel München",
    mailbox="autohaus-beispiel@dein.example",
    from_name="Autohaus Beispiel",
    templates={
        "de": TemplateBlocks(
            autoresponder_footer="<p>{{ assignee.name }}<br>{{ assignee.phone }}</p>",
            general_footer="<p>Autohaus Beispiel GmbH, Musterallee 1, 80331 München</p>",
        )
    },
)
SELLER = User("mueller", "jana.mueller@autohaus.example", "Jana", "Müller", "+49 89 99998 010")
DEPUTY = User("lang", "peter.lang@autohaus.example", "Peter", "Lang", "+49 89 99998 011")
STOCK = StockVehicle(
    internal_number="GW-4711",
    location="MUC",
    make="Škoda",
    model="Octavia Combi 2.0 TDI",
    price=Decimal(21990),
    url="https://www.autohaus.example/fahrzeuge/4711",
)
CUSTOMER = Person(
    salutation="Frau",
    first_name="Łucja",
    last_name="Wiśniewska",
    email="lucja@kunden.example",
    phones=("+49 171 3920012",),
    address=PostalAddress(street="Lindenweg 4", zip="80331", city="München", country="DE"),
)
TRADE_IN = VehicleText(
    make="Volkswagen",
    model="Golf",
    variant="VII 1.4 TSI Highline",
    first_registration="2016-05",
    mileage=84_500,
    mileage_unit="km",
    hsn="0603",
    tsn="BPW",
    fuel="Benzin",
    gearbox="Schaltgetriebe",
    power="92 kW (125 PS)",
    damage="Kratzer hinten rechts, Steinschlag",
    owners=2,
    price_expectation=Money(Decimal(9500), "EUR"),
)
MESSAGE = "Guten Tag,\nist der Wagen noch zu haben? Ich könnte am Samstag zu einer Probefahrt kommen.\n\nViele Grüße"
PROSPECT = Prospect(
    source="mobile_de",
    contact=CUSTOMER,
    request_types=(RequestType.TEST_DRIVE, RequestType.VEHICLE_INQUIRY),
    message=MESSAGE,
    vehicle=VehicleText(title="Škoda Octavia Combi 2.0 TDI Style", make="Škoda", model="Octavia"),
)
CONTACT = Contact(
    id=9,
    location="MUC",
    salutation="Frau",
    first_name="Łucja",
    last_name="Wiśniewska",
    emails=("lucja@kunden.example",),
    phones=("+49 171 3920012",),
)
LEAD = Lead(
    number=1042,
    location="MUC",
    contact_id=9,
    source="mobile_de",
    state=LeadState.OPEN,
    assignee="mueller",
    assignment_reason=AssignmentReason.ROLLING,
    arrived_at=datetime(2026, 3, 2, 9, 14, 30, tzinfo=UTC),
    last_active_at=datetime(2026, 3, 2, 9, 14, 30, tzinfo=UTC),
    types=(RequestType.TEST_DRIVE, RequestType.VEHICLE_INQUIRY),
)
READING = Reading(
    classification=Classification.LEAD,
    reason="source",
    subject="Anfrage zu Ihrem Inserat",
    sender=Sender(email="noreply@portal.example", name="Fahrzeugportal"),
    text=MESSAGE,
    prospects=(PROSPECT,),
    message_id="<20260302.1@portal.example>",
)
ORIGINAL = (
    b"From: Fahrzeugportal <noreply@portal.example>\r\n"
    b"To: autohaus-beispiel@dein.example\r\n"
    b"Subject: Anfrage zu Ihrem Inserat\r\n"
    b"Date: Mon, 02 Mar 2026 10:14:00 +0100\r\n"
    b"Message-ID: <20260302.1@portal.example>\r\n"
    b"\r\n"
    b"Guten Tag, ist der Wagen noch zu haben?\r\n"
)


def facts(kind: MailKind = MailKind.AUTORESPONSE, **changes: object) -> MailFacts:
    """The facts of one mail of that kind, with the changes asked for."""
    to = "lucja@kunden.example" if kind.is_to_customer else "jana.mueller@autohaus.example"
    standard = MailFacts(
        kind=kind,
        location=LOCATION,
        now=NOW,
        message_id="<out.1042.1@leads.dein.example>",
        to=(to,),
        reply_address="autohaus-beispiel+k3x9@dein.example",
        loop_mark=LOOP_MARK,
        hostname="mx.dein.example",
        sender_mailbox="autohaus-beispiel@dein.example",
        lead=LEAD,
        lead_url="https://app.dein.example/leads/1042",
        contact_url="https://app.dein.example/contacts/9",
        contact=CONTACT,
        prospect=PROSPECT,
        source_name="mobile.de",
        stock=STOCK,
        assignee=SELLER,
        to_user=SELLER,
        due_at=datetime(2026, 3, 2, 11, 14, 30, tzinfo=UTC),
        original=ORIGINAL,
        original_reading=READING,
        original_received_at=NOW,
    )
    return replace(standard, **changes)


def parsed(mail: ComposedMail) -> EmailMessage:
    """The mail as a receiver's library reads it."""
    message = message_from_bytes(mail.raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(mail: ComposedMail) -> str:
    """The plain text a receiver sees."""
    part = parsed(mail).get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(mail: ComposedMail) -> str:
    """The HTML page a receiver sees."""
    part = parsed(mail).get_body(("html",))
    assert part is not None
    return str(part.get_content())
