"""Whether the customer of a new lead is answered at once (R112, R113, security.md 2.2: AR-01 ... AR-28).

Reading has judged the mail alone; here come the rules that need to know the world: switches, budgets, history. Every
rule is asked, so that `explain` shows them all; the first that objects withholds the answer.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from leadmaild.deciding.case import Case, source_settings
from leadmaild.deciding.enquiries import Enquired
from leadmaild.deciding.free_mail import is_free_mail
from leadmaild.deciding.redirect import normal
from leadmaild.model.address import parse_address
from leadmaild.model.decision import Intent, JoinLead, MailKind, OpenLead, Recipient, Role
from leadmaild.model.envelope import SenderVerdict
from leadmaild.model.forwarder import is_forwarder
from leadmaild.model.location import Location, Mode
from leadmaild.model.reading import CarrierClass, Prospect, Reading
from leadmaild.model.snapshot import AnswerHistory
from leadmaild.model.trace import Trace

# AR-16 and AR-18: how many automatic mails may have gone before this one.
FOR_VEHICLE_IN_24H = 1
TO_ADDRESS_IN_24H = 5
TO_ADDRESS_IN_7D = 10
TO_DOMAIN_IN_1M = 3
TO_DOMAIN_IN_24H = 50

# Sources that no definition recognised: nobody vouches that the address stood where a customer's address stands.
_UNRECOGNISED = frozenset({"", "generic"})


@dataclass(frozen=True, slots=True)
class Objection:
    """A rule's answer: `holds` True = the answer stays in, with the value seen and the reason in words."""

    rule: str
    holds: bool
    value: object
    why: str


def autoresponse(case: Case, prospect: Prospect, location: Location, history: AnswerHistory) -> tuple[Intent, ...]:
    """The answer to the customer of a new lead of `location`, at any hour (R113); withheld if a rule objects.

    No intent at all where the location or source does not answer, or no address of the customer is known (R112).
    """
    trace, now = case.trace, case.now
    if not _is_switched_on(prospect, location, trace):
        return ()
    address = answer_address(case.reading, prospect)
    if address is None:
        trace.passed("R112", None, "no address of the customer: no answer; the portal's own sender never gets one")
        return ()
    withheld_by = ""
    for asked in _objections(case, prospect, address, location, history):
        trace.asked(asked.rule, asked.holds, asked.value, asked.why)
        withheld_by = withheld_by or (asked.rule if asked.holds else "")
    if withheld_by:
        why = f"withheld by {withheld_by}"
    else:
        why = "first answer to a new request"
        trace.matched("R113", now.isoformat(), "the customer is answered now, at any hour")
    return (Intent(MailKind.AUTORESPONSE, Recipient(Role.CUSTOMER, address), now, why, withheld_by),)


def answer_address(reading: Reading, prospect: Prospect) -> str | None:
    """The one address an automatic answer may go to, and the one its limits are counted for (R112).

    Class A: the From address, whatever address the text names. Class B: the customer's own, else the portal's relay to
    him; never the portal's sender.
    """
    if reading.carrier is CarrierClass.A and reading.sender.email:
        return reading.sender.email
    return prospect.contact.email or prospect.contact.relay_email


def history_after(
    case: Case, enquired: Enquired, location: Location, steps: Sequence[OpenLead | JoinLead]
) -> AnswerHistory:
    """The history of an address with the answers added that this mail causes already (AR-16 ... AR-18)."""
    history = enquired.facts.answers
    address = normal(answer_address(case.reading, enquired.prospect))
    for step in steps:
        for sent in step.intents:
            if sent.kind is not MailKind.AUTORESPONSE or sent.withheld_by:
                continue
            to_address = int(normal(sent.recipient.address) == address)
            to_domain = int(normal(sent.recipient.address).partition("@")[2] == address.partition("@")[2])
            of_location = int(isinstance(step, OpenLead) and step.location == location.code)
            history = replace(
                history,
                to_address_24h=history.to_address_24h + to_address,
                to_address_7d=history.to_address_7d + to_address,
                to_domain_1m=history.to_domain_1m + to_domain,
                to_domain_24h=history.to_domain_24h + to_domain,
                of_location_1h=history.of_location_1h + of_location,
                of_location_24h=history.of_location_24h + of_location,
            )
    return history


def _is_switched_on(prospect: Prospect, location: Location, trace: Trace) -> bool:
    """The source's own switch, else the location's (Q18); the same in tracking mode (Q4)."""
    by_source = source_settings(location, prospect).autoresponse
    is_on = location.autoresponse.enabled if by_source is None else by_source
    whose = f"location {location.code}" if by_source is None else f"source {prospect.source}"
    trace.asked("Q18", is_on, is_on, f"automatic answer, as {whose} says")
    if is_on and location.mode is Mode.TRACKING:
        trace.matched("Q4", location.mode, "customers are answered in tracking mode too")
    return is_on


def _objections(
    case: Case, prospect: Prospect, address: str, location: Location, history: AnswerHistory
) -> Iterator[Objection]:
    snapshot, is_shared = case.snapshot, _is_shared_domain(prospect, address, history)
    yield from _of_the_mail_alone(case.reading, prospect)
    yield Objection(
        "AR-21", not address.rpartition("@")[0].isascii(), None, "an address no relay can be trusted to take (SMTPUTF8)"
    )
    yield _own_address(case, address, is_shared)
    yield _sender(case, location)
    yield _not_addressed(case)
    if case.reading.carrier is CarrierClass.B:
        yield _carrier(case, prospect, location)
    yield from _limits(history, location, is_shared)
    is_reply = snapshot.thread.is_known
    yield Objection("AR-19", is_reply, is_reply, "the mail answers one of ours")
    is_old = snapshot.mail_is_old or case.envelope.is_first_scan
    yield Objection("AR-20", is_old, is_old, "the mail is old, or was found at the first scan of a mailbox")
    yield Objection("AR-24", history.is_suppressed, history.is_suppressed, "the address is on the suppression list")
    refuses = history.domain_refuses_mail
    yield Objection("AR-25", refuses, refuses, "the domain of the address takes no mail")
    until = snapshot.learning_until
    is_learning = until is not None and case.now < until
    yield Objection("AR-28", is_learning, until, "the location is learning: answers are recorded, not sent")


def _of_the_mail_alone(reading: Reading, prospect: Prospect) -> Iterator[Objection]:
    """AR-01 ... AR-09, 11-13, 15, 21-23, 26, 27 as reading found them, for this one of the mail's customers."""
    verdict = reading.answerable(prospect)
    if verdict.value:
        yield Objection("R112", False, True, "the mail itself does not forbid an answer")
        return
    found = [(match[0] if (match := _RULE_ID.search(line)) else "R112", line) for line in verdict.evidence]
    for rule, line in found or [("R112", "the mail itself forbids an answer")]:
        yield Objection(rule, True, reading.carrier, line)


_RULE_ID = re.compile(r"AR-\d\d")


def _is_shared_domain(prospect: Prospect, address: str, history: AnswerHistory) -> bool:
    """Whether many customers share the domain of the address: a portal's relay, or a free-mail provider."""
    is_relay = prospect.contact.email_is_relay or address == prospect.contact.relay_email
    return is_relay or not history.domain_counts or is_free_mail(normal(address).partition("@")[2])


def _own_address(case: Case, address: str, is_shared: bool) -> Objection:
    """AR-10: an address of ours, or in the domain of one. A mailbox at a free-mail provider does not make all its
    customers ours."""
    parsed = parse_address(address)
    boxes = [box for location in case.snapshot.locations.values() for box in location.mailboxes]
    domains = {parsed_box.domain for box in boxes if (parsed_box := parse_address(box))}
    in_domain = parsed is not None and parsed.domain in domains and not is_shared
    return Objection(
        "AR-10", normal(address) in case.snapshot.own_addresses or in_domain, None, "an address of our own"
    )


def _not_addressed(case: Case) -> Objection:
    """AR-13: a customer who writes to us names us; Bcc and list expansion do not. The dealer's forwarders count as us.
    Class A only: what a portal or a form writes into To says nothing about the customer."""
    named = case.reading.addressed_to
    if case.reading.carrier is CarrierClass.B or named is None:
        return Objection("AR-13", False, None, "the mail names us as its recipient, or that does not matter")
    ours = {normal(box) for box in (*case.receiving.mailboxes, *case.receiving.forwarders)}
    is_named = any(_without_token(address) in ours for address in named)
    return Objection("AR-13", not is_named, len(named), "our address stands neither in To nor in Cc")


def _without_token(address: str) -> str:
    local, _, domain = address.partition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _sender(case: Case, location: Location) -> Objection:
    """AR-14: never a sender whose check failed; where we are the MX only an authenticated one. Class A goes to the
    From address: an envelope sender of another domain must vouch for it (aligned DKIM) or be the dealer's forwarder.
    """
    verdict = case.envelope.sender_verdict
    if verdict is SenderVerdict.FAILED:
        return Objection("AR-14", True, verdict, "the check of the sender failed")
    if case.snapshot.checks_senders and verdict is not SenderVerdict.AUTHENTICATED:
        return Objection("AR-14", True, verdict, "the mail came from anywhere and its sender is not authenticated")
    if case.reading.carrier is CarrierClass.A and not _envelope_vouches(case, location):
        return Objection(
            "AR-14", True, verdict, "envelope sender and From are of different domains, nothing joins them"
        )
    return Objection("AR-14", False, verdict, "nothing speaks against the sender")


def _envelope_vouches(case: Case, location: Location) -> bool:
    envelope, reading = case.envelope, case.reading
    if envelope.sender_verdict is SenderVerdict.AUTHENTICATED or reading.forwarded_by:
        return True
    if envelope.reverse_path is None or envelope.reverse_path.is_null:
        return True  # unknown (IMAP), or null: AR-01 has judged that
    path, author = parse_address(envelope.reverse_path.address), parse_address(reading.sender.email or "")
    if path is None or author is None:
        return False
    if _aligned(path.domain, author.domain):
        return True
    return is_forwarder(envelope.reverse_path.address, (*case.receiving.forwarders, *location.forwarders))


def _aligned(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _carrier(case: Case, prospect: Prospect, location: Location) -> Objection:
    """Class B: an enabled source must have recognised the mail; a web form must come from somewhere we trust."""
    if prospect.source in _UNRECOGNISED or not case.snapshot.source_is_enabled:
        return Objection("R112", True, prospect.source or None, "no enabled source recognised the mail")
    if prospect.source == "website_form" and not case.envelope.is_trusted_client:
        settings = (source_settings(place, prospect) for place in (case.receiving, location))
        known = {domain.casefold() for place in settings for domain in place.from_domains}
        author = parse_address(case.reading.sender.email or "")
        if author is None or author.domain not in known:
            return Objection("R112", True, prospect.source, "a web form of a domain the location does not name")
    return Objection("R112", False, prospect.source, "an enabled source vouches for the customer's address")


def _limits(history: AnswerHistory, location: Location, is_shared: bool) -> Iterator[Objection]:
    """AR-16 an address, AR-17 the location, AR-18 a domain."""
    counts = (history.to_address_for_vehicle_24h, history.to_address_24h, history.to_address_7d)
    over = any(
        n >= most for n, most in zip(counts, (FOR_VEHICLE_IN_24H, TO_ADDRESS_IN_24H, TO_ADDRESS_IN_7D), strict=True)
    )
    shown = f"{counts[0]} for this vehicle, {counts[1]} in 24 h, {counts[2]} in 7 d"
    yield Objection("AR-16", over, shown, "limits of one address: 1 per vehicle, 5 in 24 h, 10 in 7 d")
    budget = location.autoresponse
    spent = (budget.per_hour and history.of_location_1h >= budget.per_hour) or (
        budget.per_day and history.of_location_24h >= budget.per_day
    )
    shown = f"{history.of_location_1h} in 1 h, {history.of_location_24h} in 24 h"
    yield Objection("AR-17", bool(spent), shown, f"budget of {location.code}: {budget.per_hour}/h, {budget.per_day}/d")
    over = not is_shared and (history.to_domain_1m >= TO_DOMAIN_IN_1M or history.to_domain_24h >= TO_DOMAIN_IN_24H)
    shown = f"{history.to_domain_1m} in 1 min, {history.to_domain_24h} in 24 h"
    yield Objection(
        "AR-18", over, shown, "limits of one domain: 3 a minute, 50 a day; free-mail and relays do not count"
    )
