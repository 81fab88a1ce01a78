"""Mails and worlds in few words, for the tests of deciding. Portals, people and addresses are invented."""

from dataclasses import replace
from datetime import timedelta

from leadmaild.deciding.decide import decide
from leadmaild.model.address import NULL_REVERSE_PATH, ReversePath
from leadmaild.model.decision import Decision, MailKind, OpenLead
from leadmaild.model.envelope import Channel, Envelope
from leadmaild.model.location import Location
from leadmaild.model.reading import (
    CarrierClass,
    Classification,
    CustomerReply,
    Person,
    Prospect,
    Reading,
    RedirectClass,
    Sender,
    VehicleText,
    Verdict,
    Verdicts,
)
from leadmaild.model.snapshot import ContactFacts, ProspectFacts, Snapshot
from leadmaild.model.vehicle import StockVehicle
from tests.unit.distribution.build import NOW, boss, contact, muc, roster, user

CUSTOMER = "kundin@mail.example"
PORTAL = "noreply@portal.example"
MAY_ANSWER = Verdicts(lead=Verdict(True), answerable=Verdict(True))
CAR = StockVehicle("4711", location="AUG", make="Škoda", model="Octavia", condition="used")
TEAM = roster(user("anna"), user("ben"), boss(), boss("admin"))


def aug(**changes) -> Location:
    return replace(muc(mailbox="aug@leads.example"), code="AUG", name="Autohaus Lech", **changes)


def enquiry(email=CUSTOMER, source="direct_email", **changes) -> Prospect:
    person = changes.pop("contact", Person(email=email))
    return Prospect(source, person, **changes)


def direct(*prospects, **changes) -> Reading:
    """A mail the customer wrote himself (class A)."""
    defaults = {"sender": Sender(CUSTOMER), "verdicts": MAY_ANSWER, "source": "direct_email", "reason": "plain"}
    return Reading(Classification.LEAD, prospects=prospects or (enquiry(),), **(defaults | changes))


def portal(*prospects, **changes) -> Reading:
    """A portal's mail with the customer named inside (class B)."""
    defaults = {
        "sender": Sender(PORTAL),
        "source": "mobile.de",
        "redirect_class": RedirectClass.MARKETPLACE,
        "carrier": CarrierClass.B,
    }
    return direct(*(prospects or (enquiry(source="mobile.de"),)), **(defaults | changes))


def answer(email=CUSTOMER, text="Passt Freitag um drei?") -> Reading:
    """A customer's answer in a running conversation."""
    return Reading(
        Classification.CUSTOMER_REPLY,
        "answers",
        sender=Sender(email),
        reply=CustomerReply(email, None, text),
        verdicts=MAY_ANSWER,
    )


def other(classification, **changes) -> Reading:
    return Reading(classification, **({"reason": "as_read", "sender": Sender(PORTAL)} | changes))


def envelope(sender=CUSTOMER, **changes) -> Envelope:
    """How the mail came in; `sender` "" is the null reverse-path, None unknown."""
    path = None if sender is None else ReversePath(sender) if sender else NULL_REVERSE_PATH
    return Envelope(**({
        "channel": Channel.SMTP, "reverse_path": path, "forward_paths": ("muc@leads.example",), "received_at": NOW,
    } | changes))  # fmt: skip


def world(receiving=None, facts=None, people=TEAM, **changes) -> Snapshot:
    """What the gateway knows; `facts` are those of the only prospect, or of the answer."""
    receiving = receiving or muc()
    facts = facts or ProspectFacts()
    locations = changes.pop("locations", {"MUC": receiving, "AUG": aug()})
    own = frozenset(box for location in locations.values() for box in location.mailboxes)
    return Snapshot(
        receiving, locations, people, **({"prospects": (facts,), "sender": facts, "own_addresses": own} | changes)
    )


def known(*open_leads, assigned_user="anna", location="MUC", last_closed=None, **changes) -> ProspectFacts:
    """The customer is a contact of the location."""
    facts = ContactFacts(contact(assigned_user), open_leads, last_closed)
    return ProspectFacts(by_location={location: facts}, **changes)


def decided(reading=None, snapshot=None, came=None, now=NOW) -> Decision:
    return decide(reading or direct(), came or envelope(), snapshot or world(), now)


def opened(decision: Decision) -> OpenLead:
    """The one new lead of a decision."""
    (step,) = decision.steps
    assert isinstance(step, OpenLead)
    return step


def mails(decision: Decision, kind: MailKind | None = None):
    """All intents, those of the mail first; of one kind if given."""
    found = [*decision.intents, *(intent for step in decision.steps for intent in step.intents)]
    return [intent for intent in found if kind in (None, intent.kind)]


def addresses(decision: Decision, kind: MailKind):
    return [intent.recipient.address for intent in mails(decision, kind)]


def rules(decision: Decision):
    """The rules that matched."""
    return {line.rule for line in decision.trace if line.matched}


def asked_for(**vehicle) -> VehicleText:
    return VehicleText(**vehicle)


def ago(**span):
    return NOW - timedelta(**span)
