"""What reading makes of one mail: a Reading with the verdicts, and one Prospect for each enquiry found in it.

The JSON contract of `leadmaild parse` (docs/sources.md) prints these values. A field that is not in the mail is None;
no field is ever guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Classification(StrEnum):
    """What kind of mail it is (rules.md 3.6)."""

    LEAD = "lead"
    CUSTOMER_REPLY = "customer_reply"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    NEWSLETTER = "newsletter"
    NOTIFICATION = "notification"
    SPAM = "spam"


class RequestType(StrEnum):
    """What the customer wants; a prospect carries a set of them (R166). The order is the order of precedence."""

    TRADE_IN = "trade_in"
    TEST_DRIVE = "test_drive"
    VIEWING = "viewing"
    FINANCING = "financing"
    LEASING = "leasing"
    CALL_BACK = "call_back"
    PRICE_PROPOSAL = "price_proposal"
    VEHICLE_INQUIRY = "vehicle_inquiry"
    SERVICE = "service"
    OTHER = "other"


class RedirectClass(StrEnum):
    """Which redirect rules apply to a source's mail (R40)."""

    GENERAL = "general"
    MARKETPLACE = "marketplace"


class CarrierClass(StrEnum):
    """Who made the mail (R112): the customer himself, or a portal, form or provider that names him inside it."""

    A = "A"
    B = "B"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its ISO 4217 currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """A postal address as far as the mail gave it; `country` is ISO 3166-1 alpha-2 where it was recognised."""

    street: str | None = None
    zip: str | None = None
    city: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The customer as the mail describes him (ADF: customer/contact)."""

    salutation: str | None = None
    title: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    company: str | None = None
    email: str | None = None
    email_is_relay: bool = False
    relay_email: str | None = None
    reply_to: str | None = None
    phones: tuple[str, ...] = ()
    phones_raw: tuple[str, ...] = ()
    fax: str | None = None
    address: PostalAddress | None = None

    @property
    def is_reachable(self) -> bool:
        """Whether at least one way to reach the customer is known: e-mail, relay or telephone (R167)."""
        return bool(self.email or self.relay_email or self.phones)


@dataclass(frozen=True, slots=True)
class VehicleText:
    """A vehicle as the mail describes it: the one asked for, or (trade_in) the customer's own."""

    title: str | None = None
    make: str | None = None
    model: str | None = None
    variant: str | None = None
    internal_number: str | None = None
    offer_number: str | None = None
    ad_id: str | None = None
    url: str | None = None
    price: Money | None = None
    price_expectation: Money | None = None
    year: int | None = None
    first_registration: str | None = None  # YYYY-MM
    mileage: int | None = None
    mileage_unit: str | None = None
    vin: str | None = None
    hsn: str | None = None
    tsn: str | None = None
    license_plate: str | None = None
    condition: str | None = None  # new | used
    fuel: str | None = None
    gearbox: str | None = None
    power: str | None = None
    damage: str | None = None
    owners: int | None = None

    @property
    def references(self) -> tuple[str, ...]:
        """The identifiers that may tie this to a stock vehicle, strongest first."""
        return tuple(r for r in (self.internal_number, self.ad_id, self.offer_number, self.vin, self.url) if r)


@dataclass(frozen=True, slots=True)
class Finance:
    """Financing wishes."""

    down_payment: Money | None = None
    monthly: Money | None = None
    final_payment: Money | None = None
    term_months: int | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment: its safe file name (no path, no control characters) and content type."""

    filename: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a field's value comes from: the raw text, the place, the rule that read it, and how sure it is (0..1)."""

    value: str
    raw: str
    where: str
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Prospect:
    """One enquiry found in a mail (ADF: prospect); becomes a lead or joins one."""

    source: str
    contact: Person = field(default_factory=Person)
    source_provider: str | None = None
    source_lead_id: str | None = None
    dealer_customer_number: str | None = None
    conversation_id: str | None = None
    buyer_id: str | None = None
    channel: str = "mail"  # mail | phone | chat
    requested_at: str | None = None  # as written, ISO 8601
    resend: bool = False
    request_types: tuple[RequestType, ...] = ()
    message: str | None = None
    vehicle: VehicleText | None = None
    trade_in: VehicleText | None = None
    finance: Finance | None = None
    proposed_price: Money | None = None
    preferred_date: str | None = None
    preferred_time: str | None = None
    language: str | None = None  # BCP 47 primary tag
    confidence: float = 0.0
    provenance: Mapping[str, Provenance] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One of the three verdicts of a mail, with the evidence for it (rule ids and words)."""

    value: bool
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Is it a lead? May we answer, judged by the mail alone (AR rules of interface.md)? Is it a loop?

    `answerable` is about the mail: whether anybody in it may be answered. `customers` judges each prospect of a mail
    that names several, in their order (R112, class B); empty = one verdict for all.
    """

    lead: Verdict = Verdict(False)
    answerable: Verdict = Verdict(False)
    loop: Verdict = Verdict(False)
    customers: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """What ties a mail to our earlier mail; believed only after the outbox confirms it (PF25)."""

    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    lead_id: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """What a bounce says (RFC 3464)."""

    final_recipient: str | None = None
    action: str | None = None
    status: str | None = None
    permanent: bool | None = None
    original_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerReply:
    """The new words of a customer's answer in a running conversation."""

    from_email: str | None = None
    from_name: str | None = None
    message: str | None = None
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """The author of the mail by our strict reader of the From field.

    `is_ambiguous`: readers disagree who it is, so it joins nothing and is not answered (AR-22).
    `name_shows_other_address`: the display name holds an @ that is not the address (BI-37), a banner in notices.
    """

    email: str | None = None
    name: str | None = None
    is_ambiguous: bool = False
    name_shows_other_address: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything read out of one mail. Total: every byte string has one."""

    classification: Classification
    reason: str
    subject: str = ""
    sender: Sender = field(default_factory=Sender)
    reply_to: str | None = None
    addressed_to: tuple[str, ...] | None = None  # normalised, of To, Cc and their Resent fields; None = unknown
    text: str = ""
    prospects: tuple[Prospect, ...] = ()
    needs_review: bool = False
    review_reasons: tuple[str, ...] = ()
    confidence: float = 0.0
    source: str = ""  # id of the source definition, adf, website_form, direct_email, generic; "" for non-leads
    source_name: str = ""
    redirect_class: RedirectClass = RedirectClass.GENERAL
    carrier: CarrierClass = CarrierClass.A
    verdicts: Verdicts = field(default_factory=Verdicts)
    thread: Thread = field(default_factory=Thread)
    dsn: DeliveryStatus | None = None
    reply: CustomerReply | None = None
    forwarded_by: str | None = None
    attachments: tuple[Attachment, ...] = ()
    message_id: str | None = None
    sent_at: datetime | None = None  # the Date field, UTC instant
    original_message_id: str | None = None
    repairs: tuple[str, ...] = ()
    is_empty: bool = False
    broke_reader: bool = False  # read by the simplest means; without a way to the customer it is set aside (BI-26)
    content_key: str = ""  # hash over body, From, Subject and Date; not Message-ID or trace fields (Q22)

    def answerable(self, prospect: Prospect) -> Verdict:
        """May this customer be answered, judged by the mail alone; the mail's verdict where it has only one."""
        customers = self.verdicts.customers
        return customers[self.prospects.index(prospect)] if customers else self.verdicts.answerable
