"""Domain values as JSON documents in a column, there and back, by pydantic's adapters on the model's dataclasses."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from leadmaild.model.authentication import UNKNOWN, Authentication
from leadmaild.model.reading import Prospect, Reading
from leadmaild.model.trace import RuleTrace

_TRACE: Any = tuple[RuleTrace, ...]

# Of the mail's text notices show no more; the whole stands in the raw mail.
_TEXT_KEPT = 4_000


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Made when first asked for: mail is taken in before any document is read or written (T11)."""
    return TypeAdapter(kind)


def prospect_document(prospect: Prospect) -> dict[str, Any]:
    """The prospect as a JSON document, without what is empty."""
    document: dict[str, Any] = _adapter(Prospect).dump_python(prospect, mode="json", exclude_defaults=True)
    return document | {"source": prospect.source}


def prospect_of(document: dict[str, Any] | None) -> Prospect | None:
    """The prospect of a document; None stays None."""
    return None if document is None else _adapter(Prospect).validate_python(document)


def reading_document(reading: Reading) -> dict[str, Any]:
    """What was read of a mail beside its prospects, which become leads."""
    document: dict[str, Any] = _adapter(Reading).dump_python(
        reading, mode="json", exclude_defaults=True, exclude={"prospects"}
    )
    document["text"] = reading.text[:_TEXT_KEPT]
    return document | {"classification": str(reading.classification), "reason": reading.reason}


def reading_of(document: dict[str, Any] | None) -> Reading | None:
    """The reading of a document; None stays None."""
    return None if document is None else _adapter(Reading).validate_python(document)


def trace_document(trace: tuple[RuleTrace, ...]) -> list[dict[str, Any]]:
    """Every rule that was asked, as a JSON document."""
    document: list[dict[str, Any]] = _adapter(_TRACE).dump_python(trace, mode="json")
    return document


def authentication_document(authentication: Authentication) -> dict[str, Any] | None:
    """What is known of a sender, as a JSON document; None where nothing is."""
    if authentication == UNKNOWN:
        return None
    document: dict[str, Any] = _adapter(Authentication).dump_python(authentication, mode="json")
    return document


def authentication_of(document: dict[str, Any] | None) -> Authentication:
    """What is known of a sender, of its document."""
    return UNKNOWN if document is None else _adapter(Authentication).validate_python(document)
