"""Domain values as JSON documents in a column, there and back, by pydantic's adapters on the model's dataclasses."""

from typing import Any

from pydantic import TypeAdapter

from leadmaild.model.reading import Prospect

_prospect = TypeAdapter(Prospect)


def prospect_document(prospect: Prospect) -> dict[str, Any]:
    """The prospect as a JSON document, without what is empty."""
    document: dict[str, Any] = _prospect.dump_python(prospect, mode="json", exclude_defaults=True)
    return document | {"source": prospect.source}


def prospect_of(document: dict[str, Any] | None) -> Prospect | None:
    """The prospect of a document; None stays None."""
    return None if document is None else _prospect.validate_python(document)
