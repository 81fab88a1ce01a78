"""The gateway's figures in the Prometheus text format 0.0.4. Labels come from closed lists and from names of the
settings, so that their number is bounded and nobody's name is among them (R182)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from leadmaild import __version__
from leadmaild.inbound.event_counts import EventCounts
from leadmaild.model.health import Health, Standing

_WAIT = ("held", "queued", "sending", "deferred")  # there with a 0 where there is none
_Samples = Iterable[tuple[Mapping[str, str], float]]


@dataclass(frozen=True, slots=True)
class _Metric:
    name: str
    what: str
    samples: _Samples
    kind: str = field(default="gauge")


def metrics_text(health: Health, counts: EventCounts) -> str:
    """Every figure there is; those that are not to be had now are left out."""
    metrics = (*_of_process(health), *_of_events(counts), *_of_standing(health.facts.standing, health.at))
    return "".join(f"{line}\n" for metric in metrics for line in _lines(metric))


def _of_process(health: Health) -> Iterator[_Metric]:
    facts = health.facts
    yield _Metric("leadmaild_info", "The version that runs.", [({"version": __version__}, 1)])
    yield _Metric("leadmaild_start_time_seconds", "When the daemon was started.", _instant(facts.started_at))
    yield _Metric(
        "leadmaild_health",
        "0 ok, 1 degraded, 2 failing: no mail can be taken in.",
        [({"check": check.name, "about": check.about}, check.status.level) for check in health.checks],
    )
    unreached = [
        ({"mail_server": name}, (health.at - since).total_seconds()) for name, since in facts.unreachable.items()
    ]
    yield _Metric("leadmaild_mail_server_unreachable_seconds", "Since when it cannot be reached.", unreached)
    if facts.free_bytes is not None:
        yield _Metric("leadmaild_disk_free_bytes", "Room where the database is.", [({}, facts.free_bytes)])
    yield _Metric(
        "leadmaild_settings_rejected",
        "1: the last reload was rejected, the old settings hold.",
        [({}, float(facts.has_rejected_settings))],
    )


def _of_events(counts: EventCounts) -> Iterator[_Metric]:
    events = [({"event": str(event)}, count) for event, count in counts.events.items()]
    yield _Metric("leadmaild_events_total", "Log events since the start.", events, "counter")
    outcomes = [({"outcome": str(outcome)}, count) for outcome, count in counts.outcomes.items()]
    yield _Metric("leadmaild_mails_total", "Mails decided since the start, by outcome.", outcomes, "counter")


def _of_standing(standing: Standing | None, now: datetime) -> Iterator[_Metric]:
    if standing is None:
        return
    yield _Metric("leadmaild_journal_waiting", "Mails that wait to be read.", [({}, standing.mails_waiting)])
    oldest = _age(standing.oldest_waiting_at, now)
    yield _Metric("leadmaild_journal_oldest_seconds", "Age of the oldest mail that waits to be read.", oldest)
    yield _Metric("leadmaild_journal_set_aside", "Mails set aside for a person.", [({}, standing.set_aside)])
    stuck = {"in_doubt": standing.in_doubt, "failed": standing.failed}
    counted = dict.fromkeys(_WAIT, 0) | {state: depth.count for state, depth in standing.queue.items()} | stuck
    mails = [({"state": state}, count) for state, count in counted.items()]
    yield _Metric("leadmaild_queue_mails", "Outgoing mails that wait or need a person.", mails)
    ages = [({"state": s}, (now - depth.oldest_at).total_seconds()) for s, depth in standing.queue.items()]
    yield _Metric("leadmaild_queue_oldest_seconds", "Age of the oldest outgoing mail.", ages)
    yield _Metric("leadmaild_leads_open", "Open leads.", [({}, standing.leads_open)])
    overdue = _age(standing.next_timer_at, now)
    yield _Metric("leadmaild_timer_overdue_seconds", "How late the next timer is; 0: it is not due.", overdue)
    if standing.last_received_at is not None:
        last = _instant(standing.last_received_at)
        yield _Metric("leadmaild_last_mail_timestamp_seconds", "When the last mail was taken in.", last)
    looks = [
        ({"mailbox": name}, mailbox.last_success_at.timestamp())
        for name, mailbox in standing.mailboxes.items()
        if mailbox.last_success_at is not None
    ]
    yield _Metric("leadmaild_mailbox_last_success_timestamp_seconds", "When it was last looked through.", looks)


def _age(since: datetime | None, now: datetime) -> _Samples:
    return [({}, max(0.0, (now - since).total_seconds()) if since is not None else 0.0)]


def _instant(at: datetime) -> _Samples:
    return [({}, at.timestamp())]


def _lines(metric: _Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.what}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for labels, value in metric.samples:
        shown = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{metric.name}{f'{{{shown}}}' if shown else ''} {float(value)!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
