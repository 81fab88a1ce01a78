"""A definition's TOML text in, a typed SourceDefinition or every problem at once out (lead-formats 5).

Regexes run by RE2, in time linear in the text, so no definition can hang the reading (ReDoS).
"""

import tomllib
from typing import Any

from leadmaild.errors import ConfigError, Problem
from leadmaild.model.reading import Classification, RedirectClass
from leadmaild.reading.checked_table import CheckedTable
from leadmaild.reading.definition_checks import problems_of_definition
from leadmaild.reading.definitions import Notice, Recognition, Selector, SourceDefinition, TestCase
from leadmaild.reading.fields.folding import label_key
from leadmaild.reading.fixed_values import problems_of_fixed_values
from leadmaild.reading.imprint import names_in
from leadmaild.reading.labels import LabelSet
from leadmaild.reading.targets import is_target, type_names

_KEYS = frozenset(
    (
        "id",
        "name",
        "version",
        "enabled",
        "redirect_class",
        "channel",
        "language",
        "region",
        "currency",
        "recognise",
        "notice",
        "reply",
        "text",
        "sections",
        "fields",
        "test",
    )
)
_RECOGNISE = frozenset(
    (
        "from_domain",
        "from",
        "from_name",
        "reply_to",
        "subject",
        "body",
        "html",
        "header",
        "not_subject",
        "not_body",
        "not_from",
        "require_dkim",
        "min_labels",
        "from_dealer",
        "from_is_customer",
    )
)
_REPLY = frozenset(("to", "relay_domains"))
_TEXT = frozenset(("separator", "end", "labels"))
_SELECTORS = ("label", "subject", "header", "from_name", "body", "css", "xml_comment", "url", "json", "const")
_MODIFIERS = frozenset(
    (
        "split",
        "index",
        "type",
        "region",
        "currency",
        "map",
        "block",
        "after",
        "until",
        "join",
        "prefix",
        "confidence",
        "when_subject",
    )
)
_SECTIONS = frozenset(("trade_in", "finance", "dealer", "contact", "vehicle"))
_NOTICE_CLASSES = (Classification.NEWSLETTER, Classification.NOTIFICATION)


def read_definition(text: str, where: str = "") -> SourceDefinition:
    """Return the definition in a TOML text. Raises ConfigError with every problem, each path prefixed by `where`."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError((Problem(where, f"not valid TOML: {error}"),)) from None
    reader = _Reader(where)
    definition = reader.checked(table)
    if reader.problems or definition is None:
        raise ConfigError(tuple(reader.problems))
    return definition


class _Reader(CheckedTable):
    """Turns the TOML table into a definition and collects what is wrong with it."""

    def checked(self, table: dict[str, Any]) -> SourceDefinition | None:
        """The definition, each value and then all of them together held against what they must be."""
        if definition := self.definition(table):
            for path, message in problems_of_definition(definition):
                self._wrong(path, message)
        return definition

    def definition(self, table: dict[str, Any]) -> SourceDefinition | None:
        self._known(table, _KEYS, "")
        source_id = self._text(table, "id", "")
        if not source_id:
            self._wrong("id", "is missing; a definition needs an id")
            return None
        text = self._table(table, "text", _TEXT)
        reply = self._table(table, "reply", _REPLY)
        selectors = self._selectors(table.get("fields", {}))
        labels = text.get("labels", "fallback")
        if labels not in ("common", "fallback", "none"):
            self._wrong("text.labels", 'must be "common", "fallback" or "none"')
        recognise = self._recognitions(table.get("recognise", []), "recognise")
        notices = self._notices(table.get("notice", []))
        return SourceDefinition(
            id=source_id,
            name=self._text(table, "name", source_id),
            version=self._whole(table, "version", "") or 1,
            enabled=self._flag(table, "enabled", default=True),
            redirect_class=self._redirect_class(table),
            channel=self._one_of(table, "channel", ("mail", "phone", "chat"), "mail"),
            language=self._text(table, "language", ""),
            region=self._text(table, "region", ""),
            currency=self._text(table, "currency", ""),
            recognise=recognise,
            notices=notices,
            reply_to=self._strings(reply, "to", "reply.to") or ("body:email", "header:reply-to"),
            relay_domains=self._strings(reply, "relay_domains", "reply.relay_domains"),
            separator=self._separator(text),
            end=self._any_of(self._patterns(text.get("end", []), "text.end"), "text.end"),
            uses_common_labels=labels != "none",
            owns_common_labels=labels == "common",
            labels=self._label_set(
                selectors, table.get("sections", {}), names_in(self._text(table, "name", source_id), source_id)
            ),
            selectors=selectors,
            tests=self._tests(table.get("test", [])),
            house=frozenset(d for rule in (*recognise, *(n.rule for n in notices)) for d in rule.from_domain),
        )

    # ---- parts of a definition ----

    def _recognitions(self, value: Any, path: str) -> tuple[Recognition, ...]:
        """One table, or several of which any may hit."""
        tables = value if isinstance(value, list) else [value]
        return tuple(self._recognition(t, path, _RECOGNISE) for t in tables if self._is_table(t, path))

    def _recognition(self, table: dict[str, Any], path: str, keys: frozenset[str]) -> Recognition:
        self._known(table, keys, path)
        grouped = ("from", "from_name", "reply_to", "subject", "body", "html", "not_subject", "not_body", "not_from")
        patterns = {k: self._patterns(table[k], f"{path}.{k}") for k in grouped if k in table}
        headers = table.get("header", {})
        if not isinstance(headers, dict):
            self._wrong(f"{path}.header", "must be a table of header name = regex")
            headers = {}
        compiled = ((n.lower(), self._pattern(p, f"{path}.header.{n}")) for n, p in headers.items())
        return Recognition(
            tuple(d.lower() for d in self._strings(table, "from_domain", f"{path}.from_domain")),
            patterns,
            tuple((name, pattern) for name, pattern in compiled if pattern is not None),
            self._flag(table, "require_dkim", default=False),
            self._whole(table, "min_labels", path) or 0,
            self._flag(table, "from_dealer", default=False),
            self._flag(table, "from_is_customer", default=False),
        )

    def _notices(self, value: Any) -> tuple[Notice, ...]:
        notices = []
        for table in value if isinstance(value, list) else [value]:
            if not self._is_table(table, "notice"):
                continue
            kind = self._one_of(table, "class", tuple(map(str, _NOTICE_CLASSES)), "notification")
            rest = {k: v for k, v in table.items() if k != "class"}
            notices.append(Notice(Classification(kind), self._recognition(rest, "notice", _RECOGNISE)))
        return tuple(notices)

    def _selectors(self, table: Any) -> tuple[Selector, ...]:
        found: list[Selector] = []
        if not self._is_table(table, "fields"):
            return ()
        for target, value in table.items():
            if not is_target(target):
                self._wrong(f"fields.{target}", "is no field of a lead (see docs/sources.md for the list)")
                continue
            for entry in value if isinstance(value, list) else [value]:
                selector = self._selector(target, entry) if self._is_table(entry, f"fields.{target}") else None
                found += [selector] if selector else []
        return tuple(found)

    def _selector(self, target: str, table: dict[str, Any]) -> Selector | None:
        path = f"fields.{target}"
        self._known(table, _MODIFIERS | set(_SELECTORS), path)
        kinds = [k for k in _SELECTORS if k in table]
        if "const" in kinds and len(kinds) == 2:  # a constant that counts only where the other selector hits
            kinds.remove("const")
        if len(kinds) != 1:
            self._wrong(path, f"needs exactly one of {', '.join(_SELECTORS)}")
            return None
        kind = kinds[0]
        is_regex = kind in ("subject", "from_name", "body", "url")
        names = self._strings(table, kind, f"{path}.{kind}") if not is_regex else ()
        mapping = table.get("map", {})
        if "const" in table and kind != "const":
            mapping = {"*": str(table["const"])}
        if not isinstance(mapping, dict):
            self._wrong(f"{path}.map", "must be a table of text = text")
            mapping = {}
        for css in names if kind == "css" else ():
            self._css(css, path)
        if (kind_name := table.get("type", "")) and kind_name not in type_names():
            self._wrong(f"{path}.type", f"must be one of {', '.join(type_names())}")
        selector = Selector(
            target, kind, names,
            self._patterns(table[kind], f"{path}.{kind}") if is_regex else (),
            split=str(table.get("split", "")), index=self._whole(table, "index", path),
            type=str(kind_name),
            region=str(table.get("region", "")), currency=str(table.get("currency", "")),
            map={str(k): str(v) for k, v in mapping.items()},
            after=self._optional_pattern(table, "after", path),
            until=self._optional_pattern(table, "until", path),
            join=str(table["join"]) if "join" in table else None, prefix=str(table.get("prefix", "")),
            confidence=self._number(table, "confidence", path),
            when_subject=self._optional_pattern(table, "when_subject", path),
        )  # fmt: skip
        if selector.type in ("", *type_names()):
            for wrong in problems_of_fixed_values(selector):
                self._wrong(f"{path}.{'map' if mapping else 'const'}", wrong)
        return selector

    def _label_set(self, selectors: tuple[Selector, ...], sections: Any, portal: tuple[str, ...]) -> LabelSet:
        targets: dict[str, tuple[str, ...]] = {}
        for selector in selectors:
            for name in selector.names if selector.kind == "label" else ():
                key = label_key(name)
                targets[key] = tuple(dict.fromkeys((*targets.get(key, ()), selector.target)))
        patterns = []
        if self._is_table(sections, "sections"):
            for kind, headings in sections.items():
                if kind not in _SECTIONS:
                    self._wrong(f"sections.{kind}", f"must be one of {', '.join(sorted(_SECTIONS))}")
                patterns += [(p, kind) for p in self._patterns(headings, f"sections.{kind}")]
        any_section = self._any_of([pattern for pattern, _ in patterns], "sections")
        return LabelSet(targets, section_patterns=tuple(patterns), any_section=any_section, portal=portal)

    def _tests(self, value: Any) -> tuple[TestCase, ...]:
        cases = []
        for table in value if isinstance(value, list) else [value]:
            if not self._is_table(table, "test"):
                continue
            self._known(table, frozenset(("mail", "text", "expect")), "test")
            if not (table.get("mail") or table.get("text")):
                self._wrong("test", "needs mail (a file) or text (the mail itself)")
            expect = table.get("expect", {})
            if not isinstance(expect, dict) or not expect:
                self._wrong("test.expect", "must name at least one field and its value")
                expect = {}
            cases.append(TestCase(str(table.get("mail", "")), str(table.get("text", "")), expect))
        return tuple(cases)

    def _separator(self, table: dict[str, Any]) -> str:
        value = table.get("separator", ":")
        if not isinstance(value, str) or not value.strip():
            self._wrong("text.separator", 'must be what stands between label and value, such as ":" or ">>"')
            return ":"
        return value

    def _redirect_class(self, table: dict[str, Any]) -> RedirectClass:
        return RedirectClass(self._one_of(table, "redirect_class", tuple(map(str, RedirectClass)), "marketplace"))
