"""The closed list of business log events, and nothing but ids in them (R182, interface.md "Log events").

Steps call `log(Event.X, message_id=..., lead=..., location=..., reason=...)`; no event outside this list can be
written, and no key outside the allowed ones, so no name, address, subject or body can slip into a log line.
"""

import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor


class Event(StrEnum):
    """Every business event there is; operators grep for these words."""

    DAEMON_STARTED = "daemon_started"
    LISTENING = "listening"
    CONFIG_RELOADED = "config_reloaded"
    CONFIG_REJECTED = "config_rejected"
    DRAINING = "draining"
    STOPPED = "stopped"
    SESSION_REJECTED = "session_rejected"
    MAIL_ACCEPTED = "mail_accepted"
    MAIL_REFUSED = "mail_refused"
    MAIL_READ = "mail_read"
    VERDICT = "verdict"
    LEAD_OPENED = "lead_opened"
    LEAD_JOINED = "lead_joined"
    LEAD_ASSIGNED = "lead_assigned"
    POOL_WAITING = "pool_waiting"
    NO_LEAD = "no_lead"
    SET_ASIDE = "set_aside"
    DUPLICATE = "duplicate"
    LOOP_CUT = "loop_cut"
    REDIRECTED = "redirected"
    TRADE_IN_COPIED = "trade_in_copied"
    NOTICE_QUEUED = "notice_queued"
    AUTORESPONSE_QUEUED = "autoresponse_queued"
    AUTORESPONSE_WITHHELD = "autoresponse_withheld"
    MAIL_SENT = "mail_sent"
    MAIL_DEFERRED = "mail_deferred"
    MAIL_FAILED = "mail_failed"
    MAIL_IN_DOUBT = "mail_in_doubt"
    MAIL_SUPPRESSED = "mail_suppressed"
    TIMER_ARMED = "timer_armed"
    REMINDER_FIRED = "reminder_fired"
    STAGE1_FIRED = "stage1_fired"
    STAGE2_FIRED = "stage2_fired"
    FOLLOW_UP_FIRED = "follow_up_fired"
    REACTION = "reaction"
    LEAD_CLOSED = "lead_closed"
    LEAD_ERASED = "lead_erased"
    RETENTION_APPLIED = "retention_applied"
    LEASE_LOST = "lease_lost"
    MAILBOX_CONNECTED = "mailbox_connected"
    MAILBOX_LOST = "mailbox_lost"
    BUDGET_EXHAUSTED = "budget_exhausted"
    SOURCE_SILENT = "source_silent"
    SOURCE_DRIFTED = "source_drifted"
    PDF_FAILED = "pdf_failed"
    SETTINGS_WARNING = "settings_warning"
    ALARM_RAISED = "alarm_raised"
    ALARM_NOT_SENT = "alarm_not_sent"
    BUG = "bug"


# Keys a line may carry. Values of these are ids, codes, counts and reason words, never free text from a mail.
ALLOWED_KEYS = frozenset(
    {
        "message_id", "lead", "location", "reason", "kind", "queue_id", "journal_id", "outcome", "channel", "source",
        "code", "count", "size", "mailbox_name", "listen", "attempt", "not_before", "state", "user", "rule", "path",
        "problem", "version", "pid", "error", "where", "timer", "cycle", "database",
        "sender",
    }
)  # fmt: skip

_LEVELS = {
    Event.BUG: logging.ERROR,
    Event.ALARM_RAISED: logging.ERROR,
    Event.SET_ASIDE: logging.ERROR,
    Event.CONFIG_REJECTED: logging.ERROR,
    Event.MAIL_FAILED: logging.WARNING,
    Event.MAIL_IN_DOUBT: logging.WARNING,
    Event.LOOP_CUT: logging.WARNING,
    Event.SETTINGS_WARNING: logging.WARNING,
    Event.BUDGET_EXHAUSTED: logging.WARNING,
    Event.MAILBOX_LOST: logging.WARNING,
    Event.LEASE_LOST: logging.WARNING,
    Event.PDF_FAILED: logging.WARNING,
    Event.SOURCE_SILENT: logging.WARNING,
    Event.SOURCE_DRIFTED: logging.WARNING,
    Event.MAIL_DEFERRED: logging.WARNING,
    Event.ALARM_NOT_SENT: logging.WARNING,
}


def _in_one_line(_logger: object, _method: str, event: EventDict) -> str:
    """What a command says of itself; its own output is the result."""
    failure = event.pop("exc_info", None)
    shown = {**event, "error": type(failure).__name__} if failure else event
    return f"leadmaild: {shown.pop('event')} " + " ".join(f"{key}={value}" for key, value in shown.items())


# A command prints its result to stdout and nothing else: until the daemon sets up its log, warnings go to stderr by the
# standard library's last resort, and what is no warning is not written.
structlog.configure(
    processors=[structlog.stdlib.filter_by_level, _in_one_line],
    wrapper_class=structlog.stdlib.BoundLogger,
    logger_factory=structlog.stdlib.LoggerFactory(),
)
_logger = structlog.stdlib.get_logger("leadmaild")

# Whoever wants to hear of every event (metrics, alarms): a call that returns at once and raises nothing.
Observer = Callable[[Event, Mapping[str, Any]], None]
_observers: list[Observer] = []


@contextmanager
def observed(by: Observer) -> Iterator[None]:
    """While the block runs `by` is told of every event with its fields, whatever the log's level."""
    _observers.append(by)
    try:
        yield
    finally:
        _observers.remove(by)


_LONGEST_VALUE = 256
_ADDRESS = re.compile(r"[^\s\"'<>,;()]+@[^\s\"'<>,;()]+")


def log(event: Event, *, exc: BaseException | None = None, **fields: str | float | bool | None) -> None:
    """Write one business event. `exc` adds the exception's type and stack, never its text of foreign origin.

    Raises TypeError for a key that is not allowed: that is a bug of ours, found by the first test that runs the line.
    """
    if unknown := fields.keys() - ALLOWED_KEYS:
        raise TypeError(f"not allowed in a log line: {sorted(unknown)}")
    present = {key: value for key, value in fields.items() if value not in (None, "")}
    if isinstance(problem := present.get("problem"), str):  # of settings, which name people; check-config shows it all
        present["problem"] = _ADDRESS.sub("(address)", problem)
    for observer in tuple(_observers):
        observer(event, present)
    _logger.log(_LEVELS.get(event, logging.INFO), str(event), **present, **({"exc_info": exc} if exc else {}))


def configure_logging(form: str, level: str, stream: TextIO | None = None) -> None:
    """Set up structlog and the standard library's logging to write one line an event to `stream` (default stdout).

    `form` is auto (console on a terminal, else JSON), json or console; `level` a logging level name.
    """
    out = stream or sys.stdout
    as_console = form == "console" or (form == "auto" and out.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _one_clean_line,
    ]
    renderer: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=out.isatty(), pad_event_to=22)]
        if as_console
        else [structlog.processors.dict_tracebacks, _without_exception_texts, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    # No line says where in the code, in which thread or process it was written: nothing need find out.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001  # as logging's own manual has it
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("leadmaild").setLevel(level.upper())
    # These write mail content and passwords at DEBUG (security.md 2.3, "Secrets").
    for talkative in ("mail.log", "mail.debug", "aioimaplib.aioimaplib", "aiosmtplib", "asyncio", "sqlalchemy.engine"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    # These write what senders chose, content types and domains for instance, as warnings.
    for quoting in ("mailparser", "dkimpy"):
        logging.getLogger(quoting).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


_CONTROLS = {c: f"\\x{c:02x}" for c in (*range(0x20), *range(0x7F, 0xA0))} | {
    c: f"\\u{c:04x}" for c in (0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def _one_clean_line(_logger: object, _method: str, event: EventDict) -> EventDict:
    """One event is one line: control and direction characters escaped, values cut (SP-24, BI-56)."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = value.translate(_CONTROLS)[:_LONGEST_VALUE]
    return event


def _without_exception_texts(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Keep type and frames of an exception but not its text or locals: they may hold an address or a body (R182)."""
    for trace in event.get("exception", ()) if isinstance(event.get("exception"), list) else ():
        trace.pop("exc_value", None)
        for frame in trace.get("frames", ()):
            frame.pop("locals", None)
    return event
