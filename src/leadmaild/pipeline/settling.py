"""What one attempt to send comes to: pure, from the result of each recipient (PF53-PF55)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from leadmaild.maillog import Event
from leadmaild.model.outgoing import Delivery, OutboxState, SendResult
from leadmaild.model.work import OutboxItem
from leadmaild.pipeline.retry import next_attempt_at


@dataclass(frozen=True, slots=True)
class Settlement:
    """The state a mail goes into, when it is tried again, why, and the log event that tells of it."""

    state: OutboxState
    event: Event
    result: SendResult | None = None
    run_at: datetime | None = None
    why: str | None = None


def settlement_of(item: OutboxItem, result: SendResult, max_age: timedelta, now: datetime, draw: float) -> Settlement:
    """Settle one attempt. 5yz is final at once; 4yz backs off until `max_age`; no reply after the final dot is doubt.

    Customer mail in doubt waits for a person (at most once); staff mail and redirects in doubt are sent again with the
    same Message-ID (at least once). `draw` in [0, 1) spreads the back-off.
    """
    deliveries = {r.delivery for r in result.recipients}
    if Delivery.IN_DOUBT in deliveries and item.kind.is_to_customer:
        return Settlement(OutboxState.IN_DOUBT, Event.MAIL_IN_DOUBT, result, why="no reply after the final dot")
    if deliveries & {Delivery.DEFERRED, Delivery.IN_DOUBT}:
        first_at = item.first_tried_at or now
        again_at = next_attempt_at(now, item.attempts + 1, first_at, max_age, draw)
        if again_at is not None:
            return Settlement(OutboxState.DEFERRED, Event.MAIL_DEFERRED, result, run_at=again_at)
        return Settlement(OutboxState.FAILED, Event.MAIL_FAILED, result, why="given up after max_age")
    served = set(item.results.values()) | deliveries
    if Delivery.DELIVERED in served:
        return Settlement(OutboxState.SENT, Event.MAIL_SENT, result)
    return Settlement(OutboxState.FAILED, Event.MAIL_FAILED, result, why="refused by the relay")
