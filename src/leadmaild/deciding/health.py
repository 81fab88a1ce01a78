"""Judges how the gateway is doing: by age and silence, not only by depth (PF67)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from leadmaild.model.health import Check, Facts, HealthStatus, MailboxStanding, Standing

READ_WITHIN = timedelta(minutes=5)
LEAVES_WITHIN = timedelta(minutes=15)  # after its time has come
DEFERRED_AT_MOST = timedelta(hours=4)
FIRES_WITHIN = timedelta(minutes=5)
REACHED_WITHIN = timedelta(minutes=5)
LOOKED_AT_WITHIN = timedelta(minutes=15)
ROOM_TO_ACT = 10  # times the least free space: time enough for somebody to make room

_DEFERRED = "deferred"


def judge(facts: Facts, now: datetime) -> tuple[Check, ...]:
    """Every check there is at `now` (UTC), in a fixed order, those that are ok included."""
    return tuple(_checks(facts, now))


def _checks(facts: Facts, now: datetime) -> Iterator[Check]:
    yield _failing("draining", "the gateway is being stopped" if facts.is_draining else "")
    yield _failing("database", "" if facts.standing else "the database is not to be had")
    yield _disk(facts)
    if facts.standing is not None:
        yield from _work(facts.standing, now)
        for name in facts.mailboxes:
            yield _mailbox(name, facts.standing.mailboxes.get(name), facts.started_at, now)
    late = [(name, since) for name, since in sorted(facts.unreachable.items()) if now - since > REACHED_WITHIN]
    for name, since in late:
        yield _degraded("mail_server", f"has not been reached for {_minutes(now - since)}", name)
    if not late:
        yield _degraded("mail_server", "")
    yield _degraded("settings", "the last reload was rejected" if facts.has_rejected_settings else "")


def _work(standing: Standing, now: datetime) -> Iterator[Check]:
    yield _late("intake", "the oldest mail has waited to be read for", standing.oldest_waiting_at, READ_WITHIN, now)
    others = [depth.first_due_at for state, depth in standing.queue.items() if state != _DEFERRED]
    deferred = standing.queue.get(_DEFERRED)
    due = _late("outgoing", "a mail has been due to leave for", min(others, default=None), LEAVES_WITHIN, now)
    put_off = _late(
        "outgoing", "a mail has been put off for", deferred.oldest_at if deferred else None, DEFERRED_AT_MOST, now
    )
    yield due if due.status is not HealthStatus.OK else put_off
    yield _late("timers", "a timer has been due for", standing.next_timer_at, FIRES_WITHIN, now)


def _disk(facts: Facts) -> Check:
    if facts.free_bytes is None or facts.free_bytes >= ROOM_TO_ACT * facts.least_bytes:
        return _failing("disk", "")
    free = f"{facts.free_bytes // 1024**2} MiB are free"
    if facts.free_bytes < facts.least_bytes:
        return _failing("disk", f"{free}: mail is refused for now")
    return _degraded("disk", free)


def _mailbox(name: str, standing: MailboxStanding | None, started_at: datetime, now: datetime) -> Check:
    if standing is not None and standing.lost_at is not None and now - standing.lost_at > REACHED_WITHIN:
        return _degraded("mailbox", f"has not been reached for {_minutes(now - standing.lost_at)}", name)
    last = max((standing.last_success_at if standing else None) or started_at, started_at)
    return _late("mailbox", "has not been looked through for", last, LOOKED_AT_WITHIN, now, name)


def _late(name: str, why: str, since: datetime | None, patience: timedelta, now: datetime, about: str = "") -> Check:
    is_late = since is not None and now - since > patience
    return _degraded(name, f"{why} {_minutes(now - since)}" if since is not None and is_late else "", about)


def _failing(name: str, why: str) -> Check:
    return Check(name, HealthStatus.FAILING if why else HealthStatus.OK, why)


def _degraded(name: str, why: str, about: str = "") -> Check:
    return Check(name, HealthStatus.DEGRADED if why else HealthStatus.OK, why, about)


def _minutes(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)} min"
