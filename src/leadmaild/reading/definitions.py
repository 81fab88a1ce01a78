"""Source definitions as values: what one TOML file says of one source of leads (lead-formats 5, docs/sources.md)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from leadmaild.model.reading import Classification, RedirectClass
from leadmaild.reading.labels import LabelSet

Pattern = Any  # a compiled RE2 expression; the library has no types

BUILT_IN = ("adf", "direct_email", "generic")  # sources that reading knows without a definition (lead-formats 5)
REPLY_PLACES = ("body:email", "header:reply-to", "header:from")  # where the customer's address may stand


@dataclass(frozen=True, slots=True)
class Selector:
    """Where one field comes from, and what is done to the text found there."""

    target: str
    kind: str  # one of label, subject, header, from_name, body, css, xml_comment, url, json, const
    names: tuple[str, ...] = ()  # labels, header names, paths, CSS selectors, or the constant
    patterns: tuple[Pattern, ...] = ()
    split: str = ""
    index: int | None = None
    type: str = ""
    region: str = ""
    currency: str = ""
    map: Mapping[str, str] = field(default_factory=dict)
    after: Pattern | None = None
    until: Pattern | None = None
    join: str | None = None  # set: all of `names` are needed, and joined by this
    prefix: str = ""
    confidence: float | None = None
    when_subject: Pattern | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    """When a mail is of this source: every group that is set must hit, any entry inside a group; no `not_` may hit."""

    from_domain: tuple[str, ...] = ()
    patterns: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)  # from, from_name, subject, body, ...
    headers: tuple[tuple[str, Pattern], ...] = ()
    require_dkim: bool = False
    min_labels: int = 0  # so many different fields the common labels must find
    from_dealer: bool = False  # the sender stands under the dealer's own domain
    from_is_customer: bool = False  # the sender's address is the e-mail address labelled in the text


@dataclass(frozen=True, slots=True)
class Notice:
    """Mail of the same sender that is no enquiry: what it is instead, and how it is told."""

    kind: Classification
    rule: Recognition


@dataclass(frozen=True, slots=True)
class TestCase:
    """A mail and what must be read out of it; `text` holds the mail itself, or `mail` names its file."""

    mail: str = ""
    text: str = ""
    expect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceDefinition:
    """One source of leads."""

    id: str
    name: str
    version: int = 1
    enabled: bool = True
    redirect_class: RedirectClass = RedirectClass.MARKETPLACE
    channel: str = "mail"
    language: str = ""
    region: str = ""
    currency: str = ""
    recognise: tuple[Recognition, ...] = ()
    notices: tuple[Notice, ...] = ()
    reply_to: tuple[str, ...] = ("body:email", "header:reply-to")
    relay_domains: tuple[str, ...] = ()
    separator: str = ":"
    end: Pattern | None = None
    uses_common_labels: bool = True
    owns_common_labels: bool = False
    labels: LabelSet = field(default_factory=lambda: LabelSet({}))
    selectors: tuple[Selector, ...] = ()
    tests: tuple[TestCase, ...] = ()
    house: frozenset[str] = frozenset()  # every domain its rules name


@dataclass(frozen=True, slots=True)
class SourceSet:
    """The definitions in force, by id; a later one of the same id replaces an earlier one."""

    definitions: tuple[SourceDefinition, ...] = ()

    @property
    def enabled(self) -> tuple[SourceDefinition, ...]:
        """The definitions that are switched on."""
        return tuple(d for d in self.definitions if d.enabled)

    def get(self, source_id: str) -> SourceDefinition | None:
        """The definition of that id, or None."""
        return next((d for d in self.definitions if d.id == source_id), None)

    def overridden_by(self, others: Iterable[SourceDefinition]) -> "SourceSet":
        """Return this set with `others` added; the same id overrides."""
        merged = {d.id: d for d in self.definitions} | {d.id: d for d in others}
        return SourceSet(tuple(merged.values()))
