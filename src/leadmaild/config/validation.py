"""Holds the tree against the models: every wrong key and value at once, in words that say what is right (PF65)."""

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from leadmaild.config.model import SettingsFile
from leadmaild.config.shape import Place, declared, fields_of, tables_within
from leadmaild.config.tree import Tree

_IN_WORDS = {
    "string_type": 'is not a text; write it in quotes: "..."',
    "bool_type": "is neither true nor false (write it without quotes)",
    "int_type": "is not a whole number (write it without quotes)",
    "tuple_type": 'is not a list; write ["..."]',
    "model_type": "is not a table",
    "dict_type": "is not a table",
}
_SUNDAY = ("sun", "sunday", "so", "sonntag")


def validated(tree: Tree) -> SettingsFile:
    """Return the settings the tree describes, and note on it every key and value that is wrong.

    What is wrong is dropped from the tree and the result, so that the cross-checks can go on with the rest.
    """
    complain = True
    while True:
        try:
            return SettingsFile.model_validate(tree.root)
        except ValidationError as error:
            details = error.errors(include_url=False)
        # What a later round finds are tables made incomplete by leaving out what was wrong in them: no news.
        if complain:
            for detail in details:
                place: Place = tuple(detail["loc"])
                tree.complain(place, _message(detail, place, tree.root))
        complain = False
        tree.drop({_what_to_drop(detail) for detail in details})


def _what_to_drop(detail: ErrorDetails) -> Place:
    place = tuple(detail["loc"])
    return place[:-1] if detail["type"] == "missing" else place


def _message(detail: ErrorDetails, place: Place, root: dict[str, Any]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden" or _is_stray_in_template(kind, place):
        return _unknown_key(place, root)
    if kind == "missing":
        return "is missing; it is required"
    if kind == "value_error":
        return str(context["error"])
    if kind in ("enum", "literal_error"):
        return f"must be {context['expected']}"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"must be {'at least' if 'ge' in context else 'at most'} {context.get('ge', context.get('le'))}"
    if kind.startswith("date"):
        return "is not a date; write it like 2026-12-24, without quotes"
    return _IN_WORDS.get(kind, detail["msg"])


def _is_stray_in_template(kind: str, place: Place) -> bool:
    """Whether this is a plain value below a template whose key is none of the blocks (tables there are languages)."""
    return kind == "model_type" and len(place) > 1 and place[-2] == "template"


def _unknown_key(place: Place, root: dict[str, Any]) -> str:
    key, inside = str(place[-1]), place[:-1]
    model = _model_at(inside, root)
    if inside and inside[-1] == "hours" and key.casefold() in _SUNDAY:
        return "is not a key: Sunday is always closed and has no hours (R6)"
    known = fields_of(model) if model else {}
    if near := get_close_matches(key, known, n=1, cutoff=0.6):
        return f'is not a known key; did you mean "{near[0]}"?'
    if elsewhere := [dotted for dotted, _ in declared() if dotted.rpartition(".")[2] == key]:
        return f'is not a known key here; did you mean "{elsewhere[0]}"?'
    return f"is not a known key; known here: {', '.join(known)}"


def _model_at(place: Place, root: dict[str, Any]) -> type[BaseModel] | None:
    """The model of the table at a place of the tree."""
    model: type[BaseModel] = SettingsFile
    value: Any = root
    while place:
        for inner, below, item in tables_within(model, str(place[0]), value.get(place[0])):
            if place[: len(inner)] == inner:
                place, model, value = place[len(inner) :], below, item
                break
        else:
            return None
    return model
