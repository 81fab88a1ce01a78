"""Counts log events, for the metrics: an observer of the log."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from leadmaild.maillog import Event
from leadmaild.model.lead import Outcome


class EventCounts:
    """How often each event happened, and how many mails ended in each outcome, since the start."""

    def __init__(self) -> None:
        # All from 0: a rate needs the sample before the first event.
        self.events: Counter[Event] = Counter(dict.fromkeys(Event, 0))
        self.outcomes: Counter[Outcome] = Counter(dict.fromkeys(Outcome, 0))

    def note(self, event: Event, fields: Mapping[str, Any]) -> None:
        """One event more."""
        self.events[event] += 1
        if event is Event.VERDICT and (outcome := fields.get("outcome")):
            self.outcomes[Outcome(outcome)] += 1
