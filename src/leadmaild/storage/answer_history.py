"""What bounds a new automatic answer, counted: by address, location and domain (R112, AR-16, AR-17, AR-18)."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, bindparam, func, literal_column, select, true

from leadmaild.model.decision import MailKind
from leadmaild.model.outgoing import OutboxState
from leadmaild.storage.schema import outbox
from leadmaild.storage.types import Instant

SPANS = {
    "week_ago": timedelta(days=7),
    "day_ago": timedelta(days=1),
    "hour_ago": timedelta(hours=1),
    "minute_ago": timedelta(minutes=1),
}


def _answer_history() -> Select[Any]:
    """The counts of AnswerHistory by their names, in one statement made once: it is asked for every enquiry."""

    def since(span: str) -> ColumnElement[bool]:
        return outbox.c.created_at > bindparam(span, type_=Instant)

    def how_many(name: str, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return (func.count().filter(and_(*conditions)) if conditions else func.count()).label(name)

    def of(owner: ColumnElement[bool], span: str, *counts: ColumnElement[int]) -> Subquery:
        # Literals: a bound parameter would hide from the planner that partial indexes hold these rows.
        counted = outbox.c.state.not_in([literal_column(f"'{state}'") for state in _NOT_COUNTED])
        is_answer = outbox.c.kind == literal_column(f"'{MailKind.AUTORESPONSE}'")
        return select(*counts).select_from(outbox).where(owner, since(span), is_answer, counted).subquery()

    same = (outbox.c.location == bindparam("location"), outbox.c.vehicle_key == bindparam("vehicle_key"))
    to_address = of(
        outbox.c.customer_address == bindparam("address"),
        "week_ago",
        how_many("to_address_7d"),
        how_many("to_address_24h", since("day_ago")),
        how_many("to_address_for_vehicle_24h", since("day_ago"), *same),
    )
    of_location = of(
        outbox.c.location == bindparam("location"),
        "day_ago",
        how_many("of_location_24h"),
        how_many("of_location_1h", since("hour_ago")),
    )
    to_domain = of(
        outbox.c.customer_domain == bindparam("domain"),
        "day_ago",
        how_many("to_domain_24h"),
        how_many("to_domain_1m", since("minute_ago")),
    )
    return select(to_address, of_location, to_domain).select_from(
        to_address.join(of_location, true()).join(to_domain, true())
    )


_NOT_COUNTED = (OutboxState.SUPPRESSED, OutboxState.CANCELLED, OutboxState.FAILED)
ANSWER_HISTORY = _answer_history()
