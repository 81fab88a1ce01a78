"""Proves a source definition by its own tests: a definition without a passing test is refused (lead-formats 5)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leadmaild.errors import Problem
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.contract import as_contract
from leadmaild.reading.definitions import SourceDefinition, SourceSet, TestCase
from leadmaild.reading.read import read


def problems_of_tests(definition: SourceDefinition, mails: Mapping[str, bytes], where: str) -> tuple[Problem, ...]:
    """Return why the definition's own tests do not prove it; () if at least one test ran and all passed.

    `mails` holds the content of the mail files the tests name, by that name; a missing one is a problem.
    """
    if not definition.tests:
        return (
            Problem(f"{where}: test", "a definition needs at least one [[test]] with a mail and what it must give"),
        )
    missing = [c.mail for c in definition.tests if not c.text and c.mail not in mails]
    return (
        *(Problem(f"{where}: test", f"the mail {mail} is not to be found beside the definition") for mail in missing),
        *failures_of_tests(definition, mails, where),
    )


def failures_of_tests(definition: SourceDefinition, mails: Mapping[str, bytes], where: str) -> tuple[Problem, ...]:
    """Return what fails in those of the definition's tests whose mail is at hand."""
    return tuple(
        Problem(f"{where}: test {number}", message)
        for number, case in enumerate(definition.tests, 1)
        if (raw := case.text.lstrip("\n").encode() if case.text else mails.get(case.mail)) is not None
        for message in _failures(definition, case, raw)
    )


def _failures(definition: SourceDefinition, case: TestCase, raw: bytes) -> list[str]:
    # A disabled definition must be right too: it is what the operator starts from.
    found = as_contract(read(raw, ReadingContext(), SourceSet((replace(definition, enabled=True),))))
    leads = [lead for lead in found["leads"] if lead["source"] == definition.id]
    if not leads:
        seen = found["leads"][0]["source"] if found["leads"] else found["classification"]
        return [f"the mail was not read as {definition.id} but as {seen}"]
    lead = leads[0]
    return [
        f"{path}: expected {expected!r}, found {value_at(lead, path)!r}"
        for path, expected in case.expect.items()
        if not _is_met(value_at(lead, path), expected)
    ]


def value_at(lead: Mapping[str, Any], path: str) -> Any:
    """Return the value of a target in a lead of the JSON contract, such as contact.phone or request_type."""
    if path == "request_type":
        return lead["request_types"]
    if path == "contact.phone":
        return lead["contact"]["phones"]
    value: Any = lead
    for step in path.split("."):
        if step in ("street", "zip", "city", "country") and isinstance(value, dict) and "address" in value:
            value = value["address"] or {}
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _is_met(found: Any, expected: Any) -> bool:
    if isinstance(found, list):
        wanted = expected if isinstance(expected, list) else [expected]
        return all(w in found for w in wanted)
    if isinstance(found, dict) and not isinstance(expected, dict):
        return bool(found.get("amount") == expected)
    return bool(found == expected)
