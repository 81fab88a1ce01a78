"""explain: what the gateway would do with a mail now. The live path (reading, snapshot, decide), not committed."""

from dataclasses import dataclass, replace
from datetime import datetime

from leadmaild.deciding.decide import decide
from leadmaild.deciding.recipients import resolve
from leadmaild.model.authentication import Authentication
from leadmaild.model.decision import Decision, Intent, OpenLead
from leadmaild.model.envelope import Envelope
from leadmaild.model.location import Location
from leadmaild.model.reading import Reading
from leadmaild.model.snapshot import Snapshot
from leadmaild.pipeline.facts import load_snapshot
from leadmaild.pipeline.senders import Senders
from leadmaild.pipeline.world import World
from leadmaild.ports import Reader
from leadmaild.ports.stores import Transaction


@dataclass(frozen=True, slots=True)
class PlannedMail:
    """A mail that would leave: its intent, and the addresses it would go to as things stand now."""

    intent: Intent
    to: tuple[str, ...]
    withheld_by: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with everything it was made from."""

    authentication: Authentication
    reading: Reading
    decision: Decision
    location: Location
    mails: tuple[PlannedMail, ...]


async def explain(
    tx: Transaction,
    world: World,
    reader: Reader,
    senders: Senders,
    location: Location,
    envelope: Envelope,
    raw: bytes,
    now: datetime,
) -> Explanation:
    """Read `raw` and decide about it as intake would at `now`, in a transaction that only looks. DNS is asked only
    about an envelope from anywhere."""
    authentication = await senders.authentication(envelope, raw, location, world)
    envelope = replace(envelope, sender_verdict=authentication.verdict)
    reading = await reader.read(raw, world.reading_context(location, envelope, authentication))
    first = await tx.journal.seen_with_content(location.code, reading.content_key, now)
    snapshot = await load_snapshot(tx, world, location, reading, envelope, first, now)
    decision = decide(reading, envelope, snapshot, now)
    return Explanation(authentication, reading, decision, location, tuple(_mails(decision, snapshot, now)))


def _mails(decision: Decision, snapshot: Snapshot, now: datetime) -> list[PlannedMail]:
    receiving = snapshot.receiving
    planned = [_planned(intent, "", receiving, snapshot, now) for intent in decision.intents]
    for step in decision.steps:
        code = step.location if isinstance(step, OpenLead) else step.lead.location
        assignee = step.assignment.assignee if isinstance(step, OpenLead) else step.lead.assignee
        where = snapshot.locations.get(code, receiving)
        planned += [_planned(intent, assignee, where, snapshot, now) for intent in step.intents]
    return planned


def _planned(intent: Intent, assignee: str, location: Location, snapshot: Snapshot, now: datetime) -> PlannedMail:
    resolved = resolve(intent.recipient, intent.kind, assignee, location, snapshot.roster, now)
    withheld_by = intent.withheld_by or ("" if location.send_emails else "R53")
    return PlannedMail(intent, tuple(a.address for a in resolved.addressees), withheld_by)
