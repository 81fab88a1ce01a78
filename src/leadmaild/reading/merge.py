"""Decides among findings: one value a field, with its provenance, and how sure the whole lead is (lead-formats 5.7)."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from leadmaild.model.reading import (
    Finance,
    Money,
    Person,
    PostalAddress,
    Prospect,
    Provenance,
    RequestType,
    VehicleText,
)
from leadmaild.reading.fields.addresses import normal_email
from leadmaild.reading.fields.requests import in_order, wishes_in
from leadmaild.reading.findings import FREE_TEXT, LABEL, Finding, Findings
from leadmaild.reading.renderings import better_rendering, words_of

REVIEW_BELOW = 0.8
_AGREEMENT = 0.02
_SUREST = 0.99
_CONTRADICTION = 0.15
# Fields in which two sure origins that differ mean that one of them is misread.
_DECISIVE = frozenset(("contact.email", "vehicle.ad_id", "vehicle.vin", "vehicle.internal_number", "vehicle.price"))
_VEHICLE_FIELDS = tuple(f.name for f in fields(VehicleText))
_WEIGHTS = {"source": 0.3, "contact": 0.35, "message": 0.15, "vehicle": 0.2}


@dataclass(frozen=True, slots=True)
class Origin:
    """What merging must know of the mail beside the findings.

    `certainty` is how sure the source is (0..1); `expects_vehicle`: a portal's mail without a car is suspicious.
    `sender_factor` lowers what a doubtful sender says.
    """

    source: str
    certainty: float
    expects_vehicle: bool
    channel: str = "mail"
    reply_to: str | None = None
    language: str | None = None
    sender_factor: float = 1.0
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """A prospect and the reasons, if any, for a person to look at it."""

    prospect: Prospect
    review_reasons: tuple[str, ...] = ()


class _Chosen:
    """The value chosen for each field, with its provenance; remembers contradictions."""

    def __init__(self, findings: Findings) -> None:
        self._by_path: dict[str, list[Finding]] = {}
        for finding in findings:
            self._by_path.setdefault(finding.path, []).append(finding)
        for found in self._by_path.values():
            found.sort(key=lambda f: -f.confidence)
        self.provenance: dict[str, Provenance] = {}
        self.contradictions: list[str] = []

    def has_any(self, group: str) -> bool:
        """Whether anything was found for a group of fields, such as `vehicle`."""
        return any(path.startswith(group) for path in self._by_path)

    def value(self, path: str) -> object | None:
        """Choose among the findings of one field: the surest; agreement of two origins adds, contradiction takes."""
        found = self._by_path.get(path)
        if not found:
            return None
        best = found[0]
        confidence = best.confidence
        others = [f for f in found[1:] if f.where != best.where]
        if any(_same(f.value, best.value) for f in others):
            confidence = min(_SUREST, confidence + _AGREEMENT)
        elif path in _DECISIVE and any(f.confidence >= LABEL for f in others):
            confidence -= _CONTRADICTION
            self.contradictions.append(path)
        self._note(path, best, confidence)
        return best.value

    def text(self, path: str) -> str | None:
        """The value of a text field."""
        value = self.value(path)
        return str(value) if value is not None else None

    def number(self, path: str) -> int | None:
        """The value of a whole-number field."""
        value = self.value(path)
        return value if isinstance(value, int) else None

    def money(self, path: str) -> Money | None:
        """The value of an amount field."""
        value = self.value(path)
        return value if isinstance(value, Money) else None

    def all_texts(self, path: str) -> tuple[Finding, ...]:
        """Every different value of a field that may have several, the surest first."""
        found: dict[object, Finding] = {}
        for finding in self._by_path.get(path, ()):
            found.setdefault(finding.value, finding)
        if found:
            best = next(iter(found.values()))
            self._note(path, best, best.confidence)
        return tuple(found.values())

    def _note(self, path: str, finding: Finding, confidence: float) -> None:
        value = finding.value
        shown = f"{value.amount} {value.currency}" if isinstance(value, Money) else str(value)
        self.provenance[path] = Provenance(shown, finding.raw, finding.where, finding.rule, round(confidence, 2))


def merge(findings: Findings, origin: Origin) -> Merged:
    """Make one Prospect of the findings. Nothing is added that no finding says."""
    chosen = _Chosen(findings)
    message = _message(chosen, findings)
    contact = _person(chosen, origin)
    vehicle = _vehicle(chosen, "vehicle")
    trade_in = _vehicle(chosen, "trade_in")
    finance = _finance(chosen)
    types = _request_types(findings, origin, message, vehicle, trade_in, finance)
    confidence = _confidence(findings, origin, contact, message, vehicle, types)
    prospect = Prospect(
        source=origin.source,
        contact=contact,
        source_provider=chosen.text("source_provider"),
        source_lead_id=chosen.text("source_lead_id"),
        dealer_customer_number=chosen.text("dealer_customer_number"),
        conversation_id=chosen.text("conversation_id"),
        buyer_id=chosen.text("buyer_id"),
        channel=chosen.text("channel") or origin.channel,
        requested_at=chosen.text("requested_at"),
        resend=bool(chosen.value("resend")),
        request_types=types,
        message=message,
        vehicle=vehicle,
        trade_in=trade_in,
        finance=finance,
        proposed_price=chosen.money("proposed_price"),
        preferred_date=chosen.text("preferred_date"),
        preferred_time=chosen.text("preferred_time"),
        language=chosen.text("language") or origin.language,
        confidence=confidence,
        provenance=chosen.provenance,
    )
    reasons = [f"{path}: two origins contradict" for path in chosen.contradictions]
    if confidence < REVIEW_BELOW:
        reasons.insert(0, f"confidence {confidence:.2f} below {REVIEW_BELOW}")
    return Merged(prospect, tuple(reasons))


def _person(chosen: _Chosen, origin: Origin) -> Person:
    phones = chosen.all_texts("contact.phone")
    fax = chosen.text("contact.fax")
    email = chosen.text("contact.email")
    relay = chosen.text("contact.relay_email")
    first, last, name = chosen.text("contact.first_name"), chosen.text("contact.last_name"), chosen.text("contact.name")
    if first and not last and name and first.casefold() not in name.casefold():
        last = name  # "Nom: Moreau, Prénom: Claire": beside a first name, the name is the last one
    elif last and not first and name and " " not in name and name.casefold() != last.casefold():
        first = name  # "Nome: Marco, Cognome: De Luca"
    elif name and not first and not last and " " not in name and chosen.text("contact.salutation"):
        last = name  # "Anrede: Herr, Name: Vogel"
    if first and last:
        name = f"{first} {last}"
    street, house = chosen.text("contact.street"), chosen.text("contact.house_number")
    address = PostalAddress(
        f"{street} {house}" if street and house and house not in street else street,
        chosen.text("contact.zip"), chosen.text("contact.city"), chosen.text("contact.country"),
    )  # fmt: skip
    return Person(
        salutation=chosen.text("contact.salutation"),
        title=chosen.text("contact.title"),
        first_name=first,
        last_name=last,
        name=name or last or first,
        company=chosen.text("contact.company"),
        email=email or relay,
        email_is_relay=email is None and relay is not None,
        relay_email=relay,
        reply_to=origin.reply_to,
        phones=tuple(str(f.value) for f in phones if f.value != fax),
        phones_raw=tuple(f.raw for f in phones if f.value != fax),
        fax=fax,
        address=address if address != PostalAddress() else None,
    )


def _vehicle(chosen: _Chosen, group: str) -> VehicleText | None:
    if not chosen.has_any(group):
        return None
    values = {name: chosen.value(f"{group}.{name}") for name in _VEHICLE_FIELDS}
    return VehicleText(**values)  # type: ignore[arg-type]  # each reader yields its field's type


def _finance(chosen: _Chosen) -> Finance | None:
    if not chosen.has_any("finance"):
        return None
    finance = Finance(
        chosen.money("finance.down_payment"),
        chosen.money("finance.monthly"),
        chosen.money("finance.final_payment"),
        chosen.number("finance.term_months"),
    )
    return finance if finance != Finance() else None


def _message(chosen: _Chosen, findings: Findings) -> str | None:
    """The message; of two renderings of the same words the one whose lines are the customer's."""
    found = findings.of("message")
    if not found:
        return None
    best = str(chosen.value("message"))
    for other in found[1:]:
        if other.confidence >= found[0].confidence - 0.1 and other.where != found[0].where:
            best = better_rendering(best, str(other.value))
    return best


def _request_types(
    findings: Findings, origin: Origin, message: str | None, vehicle: VehicleText | None, trade_in: VehicleText | None,
    finance: Finance | None,
) -> tuple[RequestType, ...]:  # fmt: skip
    """Explicit field or subject, then sections present, then the message's words; refusals by label win over words."""
    refused = {f.value for f in findings.of("refused")}
    explicit = {RequestType(str(f.value)) for f in findings.of("request_type")} | set(wishes_in(origin.subject))
    wanted = set(explicit)
    if trade_in is not None:
        wanted.add(RequestType.TRADE_IN)
    if finance is not None and RequestType.LEASING not in wanted:
        wanted.add(RequestType.FINANCING)
    if findings.has("proposed_price"):
        wanted.add(RequestType.PRICE_PROPOSAL)
    said = wishes_in(message or "", of_leasing=RequestType.LEASING in wanted)
    wanted |= {w for w in said if w not in refused}
    if vehicle is not None and any((vehicle.references, vehicle.title, vehicle.make and vehicle.model, vehicle.model)):
        wanted.add(RequestType.VEHICLE_INQUIRY)
    return in_order(wanted)


def _confidence(
    findings: Findings, origin: Origin, contact: Person, message: str | None, vehicle: VehicleText | None,
    types: Iterable[RequestType],
) -> float:  # fmt: skip
    """The weighted mean of what is expected of this mail (lead-formats 5.7); what it need not have is left out."""
    parts = {"source": origin.certainty, "contact": _reach(findings, contact)}
    if message is not None:
        parts["message"] = max(f.confidence for f in findings.of("message"))
    elif origin.channel == "mail" and not any(types):
        parts["message"] = 0.0
    of_vehicle = [f.confidence for f in findings if f.path.startswith("vehicle.")]
    if vehicle is not None and of_vehicle:
        parts["vehicle"] = max(of_vehicle)
    elif origin.expects_vehicle:
        parts["vehicle"] = 0.0
    # A car named in free text adds nothing to distrust: a direct mail need not name one at all.
    if not origin.expects_vehicle and parts.get("vehicle", 1.0) <= FREE_TEXT:
        del parts["vehicle"]
    total = sum(_WEIGHTS[name] for name in parts)
    return round(sum(_WEIGHTS[name] * sure for name, sure in parts.items()) / total * origin.sender_factor, 2)


def _reach(findings: Findings, contact: Person) -> float:
    if not contact.is_reachable:
        return 0.0
    paths = ("contact.email", "contact.relay_email", "contact.phone")
    return max((f.confidence for f in findings if f.path in paths), default=0.0)


def _same(one: object, other: object) -> bool:
    if one != other and isinstance(one, str) and isinstance(other, str):
        return normal_email(one) == normal_email(other) if "@" in one else words_of(one) == words_of(other)
    return one == other
