"""The trace: every rule that was asked, in order, with the value it saw and why it matched or not (PF70)."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """One rule asked: its number, whether it matched, the value seen, and the reason in words a dealer reads."""

    rule: str
    matched: bool
    value: str
    why: str


@dataclass(slots=True)
class Trace:
    """Collects RuleTrace lines while a decision is being made; the one mutable thing a decision hands around."""

    lines: list[RuleTrace] = field(default_factory=list)

    def matched(self, rule: str, value: object, why: str) -> None:
        """Record that `rule` applied."""
        self.lines.append(RuleTrace(rule, True, _shown(value), why))

    def passed(self, rule: str, value: object, why: str) -> None:
        """Record that `rule` was asked and did not apply."""
        self.lines.append(RuleTrace(rule, False, _shown(value), why))

    def asked(self, rule: str, matched: bool, value: object, why: str) -> bool:
        """Record `rule` with its answer and return the answer, so that a condition and its trace are one line."""
        self.lines.append(RuleTrace(rule, matched, _shown(value), why))
        return matched

    def __iter__(self) -> Iterator[RuleTrace]:
        return iter(self.lines)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
