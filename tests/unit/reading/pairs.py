"""Compares a mail's reading with a pair's .json, by the rules at the end of the JSON contract (docs/sources.md):
only listed keys are compared, null must be empty, forbidden values appear in no contact or vehicle field."""

import unicodedata
from typing import Any

_NOT_COMPARED = frozenset(
    ("file", "notes", "forbidden", "message_match", "requires_source_definition", "without_definition", "definition")
)
_ALIASES = {"vw": "volkswagen", "skoda": "skoda", "mercedes": "mercedesbenz", "citroen": "citroen"}


def differences(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """Return what in `found` (the parse object) does not meet `expected`; empty if all of it does."""
    problems: list[str] = []
    for key, value in expected.items():
        if key == "leads":
            problems += _leads(found["leads"], value)
        elif key == "confidence_below":
            problems += [] if found["confidence"] < value else [f"confidence {found['confidence']} not below {value}"]
        elif key not in _NOT_COMPARED:
            problems += _value(found.get(key), value, key, {})
    for forbidden in expected.get("forbidden", []):
        problems += [
            f"forbidden {forbidden} in {place}" for lead in found["leads"] for place in _holding(lead, forbidden)
        ]
    return problems


def _leads(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[str]:
    if len(found) != len(expected):
        return [f"{len(found)} leads, expected {len(expected)}"]
    return [
        problem
        for number, (f, e) in enumerate(zip(found, expected, strict=True))
        for key, value in e.items()
        if key not in _NOT_COMPARED
        for problem in _value(f.get(key), value, f"leads[{number}].{key}", e)
    ]


def _value(found: Any, expected: Any, where: str, lead: dict[str, Any]) -> list[str]:
    if expected is None or expected in ([], {}):
        return [] if found in (None, "", [], {}) or _is_hollow(found) else [f"{where}: {found!r}, expected nothing"]
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return [f"{where}: {found!r}, expected {expected!r}"]
        return [p for k, v in expected.items() for p in _value(found.get(k), v, f"{where}.{k}", lead)]
    if where.endswith("request_types"):
        same = set(found or []) == set(expected)
        return [] if same else [f"{where}: {sorted(found or [])}, expected {sorted(expected)}"]
    if where.endswith(".message") and (match := lead.get("message_match")):
        text = str(found or "")
        is_met = text.startswith(expected) if match == "starts_with" else expected in text
        return [] if is_met else [f"{where}: {found!r} does not {match} {expected!r}"]
    if where.endswith(".make"):
        found, expected = _make(found), _make(expected)
    return [] if found == expected else [f"{where}: {found!r}, expected {expected!r}"]


def _is_hollow(value: Any) -> bool:
    return isinstance(value, dict) and all(v in (None, "", [], {}, False) for v in value.values())


def _make(text: Any) -> str:
    folded = unicodedata.normalize("NFD", str(text).casefold())
    key = "".join(c for c in folded if c.isalnum())
    return _ALIASES.get(key, key)


def _holding(lead: dict[str, Any], forbidden: str) -> list[str]:
    places = []
    for group in ("contact", "vehicle", "trade_in"):
        for key, value in (lead.get(group) or {}).items():
            flat = " ".join(map(str, value)) if isinstance(value, list) else str(value)
            if forbidden in flat:
                places.append(f"{group}.{key}")
    return places
