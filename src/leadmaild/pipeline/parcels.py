"""Puts mails that leave together into parcels: one mail on the wire each. Pure.

Notices that were held for the same people until the same opening go as one digest (R28); each stays an event of its own
in the queue, `sent` with the digest's Message-ID. What was sent together before is sent together again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from leadmaild.model.decision import MailKind
from leadmaild.model.lead import Lead
from leadmaild.model.outgoing import ComposedMail, MailFacts
from leadmaild.model.work import OutboxItem
from leadmaild.pipeline.leaving import Leaving


@dataclass(frozen=True, slots=True)
class Parcel:
    """One mail for the outbox rows it carries. `composed` is set when it was composed in an earlier attempt."""

    leaving: tuple[Leaving, ...]
    facts: MailFacts
    composed: ComposedMail | None = None

    @property
    def items(self) -> tuple[OutboxItem, ...]:
        """The outbox rows this mail settles."""
        return tuple(one.item for one in self.leaving)

    @property
    def leads(self) -> tuple[Lead, ...]:
        """The leads this mail tells of, as they were looked up."""
        return tuple(one.lead for one in self.leaving if one.lead is not None)

    @property
    def first(self) -> Leaving:
        """The row whose token, recipients and mail server the mail takes."""
        return self.leaving[0]


def parcels(leaving: Sequence[Leaving]) -> list[Parcel]:
    """The mails to put on the wire, in the order of their rows."""
    together: dict[object, list[Leaving]] = {}
    for one in leaving:
        together.setdefault(_goes_with(one), []).append(one)
    return [_parcel(tuple(group)) for group in together.values()]


def _goes_with(one: Leaving) -> object:
    item = one.item
    if item.raw is not None and item.message_id:
        return item.message_id
    was_held = item.run_at > item.created_at
    if item.kind.is_staff_notice and was_held and not one.suppressed_by:
        return (item.location, one.to, one.facts.on_behalf_of)
    return item.id


def _parcel(group: tuple[Leaving, ...]) -> Parcel:
    first = group[0]
    if first.item.raw is not None and first.item.message_id:
        return Parcel(group, first.facts, ComposedMail(first.item.message_id, first.item.subject or "", first.item.raw))
    if len(group) == 1:
        return Parcel(group, first.facts)
    events = tuple(one.facts for one in group)
    return Parcel(group, replace(first.facts, kind=MailKind.DIGEST, lead=None, events=events))
