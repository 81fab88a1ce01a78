"""An alarm on its way to people who do not read the log (PF66)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

# What goes out of a log line; ids, codes and words of ours, never a person (R182).
SENT_FIELDS = (
    "reason", "problem", "where", "location", "source", "path", "mailbox_name", "lead", "queue_id", "journal_id",
    "code",
)  # fmt: skip
# Alarms that agree in these are one alarm that happens again; the others say where it was seen first.
_SAME = ("reason", "location", "source", "path", "mailbox_name")


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a person should look at: `count` times since `at` (UTC), the fields being those of the first time."""

    event: str
    at: datetime
    fields: Mapping[str, str | int | float | bool]
    count: int = 1

    @classmethod
    def of(cls, event: str, fields: Mapping[str, str | int | float | bool], at: datetime) -> "Alarm":
        """The alarm that a log line raises."""
        return cls(event, at, {name: fields[name] for name in SENT_FIELDS if name in fields})

    @property
    def key(self) -> tuple[str, ...]:
        """What tells one alarm from another."""
        return (self.event, *(str(self.fields.get(name, "")) for name in _SAME))

    def and_again(self, more: "Alarm") -> "Alarm":
        """The two told as one."""
        return replace(self, count=self.count + more.count)

    def document(self, machine: str) -> bytes:
        """The JSON document that is sent, in one line."""
        told = {"event": self.event, "at": self.at.isoformat(timespec="seconds"), "machine": machine}
        return json.dumps({**told, "count": self.count, **self.fields}, ensure_ascii=False).encode() + b"\n"
