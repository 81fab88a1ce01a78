"""The dealer's template blocks: which one applies (R102, R110, R111), what it may contain, and its rendering.

Dealers write blocks, so a block is a small language, not a program: placeholders, `{% if %}`, a few filters. No loop,
no call, no arithmetic: what a block can cost is bounded by its own length (security.md 2.3, template injection).
"""

import re
from collections.abc import Iterator
from functools import cache

import nh3
from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from leadmaild.errors import Refused
from leadmaild.model.location import Location, TemplateBlocks
from leadmaild.model.user import Group
from leadmaild.writing.placeholders import KNOWN, Placeholders

LARGEST_PROSE = 16 * 1024  # all blocks of one mail, so that mail stays small (security.md 2.2)
_FILTERS = frozenset({"default", "d", "upper", "lower", "title", "capitalize", "trim"})
# Placeholders of other systems, or ours written wrongly, would reach the customer as they stand (PF57).
_RAW_PLACEHOLDER = re.compile(rf"[\[{{%$#]\s*(?:{'|'.join(KNOWN)})[._]\w+|\{{\{{|\}}\}}", re.IGNORECASE)

_TAGS = {
    "p", "br", "hr", "div", "span", "b", "strong", "i", "em", "u", "s", "small", "sub", "sup", "a", "img", "ul", "ol",
    "li", "h1", "h2", "h3", "h4", "blockquote", "table", "thead", "tbody", "tr", "td", "th",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"style"},
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign", "width"},
    "th": {"colspan", "rowspan", "align", "valign", "width"},
    "table": {"width", "cellpadding", "cellspacing"},
}
_STYLES = {"color", "font-size", "font-weight", "font-style", "text-align", "text-decoration", "line-height", "padding"}
_SCHEMES = {"http", "https", "mailto", "tel"}
# Made once: taking these lists over costs more than cleaning a block.
_CLEANER = nh3.Cleaner(tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, filter_style_properties=_STYLES)
_TRAILING_BREAKS = re.compile(r"(?:\s*<br>\s*)+(</(?:p|div|td|li)>)")
_HOLLOW = re.compile(r"<(p|div|span)>\s*</\1>")


def chosen_block(
    name: str, location: Location, group: Group | None, language: str, *, required: bool
) -> tuple[str, str] | None:
    """Return the block and its language, or None if neither group nor location has one.

    Block by block: the group's in the language, the location's in it, then both in the location's own language. An
    empty block counts as absent (R111), but in the location's own general template it means "nothing here", unless
    the block is `required`.
    """
    for tag in dict.fromkeys((language, location.language)):
        for owner in (group, location):
            blocks = owner.templates.get(tag) if owner is not None else None
            source = getattr(blocks, name) if isinstance(blocks, TemplateBlocks) else None
            if source is None:
                continue
            is_meant_empty = owner is location and tag == location.language and not required
            if source.strip() or is_meant_empty:
                return source, tag
    return None


def render_html(source: str, placeholders: Placeholders) -> Markup:
    """Return the block as clean HTML, values escaped, only allowed elements left. Raises Refused if it is not valid."""
    html = _CLEANER.clean(_rendered(source, placeholders, is_html=True))
    tidy = _TRAILING_BREAKS.sub(r"\1", html)
    return Markup(_HOLLOW.sub("", tidy))  # noqa: S704 - nh3 has just cleaned it


def render_text(source: str, placeholders: Placeholders) -> str:
    """Return the block, a subject for instance, as text. Raises Refused if it is not valid."""
    return _rendered(source, placeholders, is_html=False)


def block_faults(source: str) -> tuple[str, ...]:
    """Return what is wrong with a block in words that say what is right; empty for a good one (PF57)."""
    if len(source.encode()) > LARGEST_PROSE:
        return (f"larger than {LARGEST_PROSE // 1024} kB",)
    try:
        tree = _ENVIRONMENTS[True].parse(source)
    except TemplateError as error:
        return (f"cannot be read: {error.message}",)
    return tuple(dict.fromkeys(_faults_of(tree)))


def _rendered(source: str, placeholders: Placeholders, *, is_html: bool) -> str:
    try:
        return _compiled(source, is_html).render(placeholders.as_context())
    except TemplateError as error:
        raise Refused(f"a template block cannot be filled in: {error.message}") from error


@cache
def _compiled(source: str, is_html: bool) -> Template:
    if faults := block_faults(source):
        raise Refused(f"a template block must not leave as it is: {faults[0]}")
    return _ENVIRONMENTS[is_html].from_string(source)


_ENVIRONMENTS = {
    is_html: ImmutableSandboxedEnvironment(autoescape=is_html, undefined=StrictUndefined) for is_html in (True, False)
}


def _faults_of(tree: nodes.Template) -> Iterator[str]:
    for node in tree.body:
        yield from _statement(node)


def _statement(node: nodes.Node) -> Iterator[str]:
    match node:
        case nodes.Output():
            for part in node.nodes:
                yield from _literal(part.data) if isinstance(part, nodes.TemplateData) else _value(part)
        case nodes.If():
            yield from _condition(node.test)
            for inner in (*node.body, *node.elif_, *node.else_):
                yield from _statement(inner)
        case _:
            yield "only placeholders and {% if %} may stand in a template"


def _literal(text: str) -> Iterator[str]:
    if found := _RAW_PLACEHOLDER.search(text):
        yield f"{found[0]!r} looks like a placeholder; write {{{{ group.name }}}}"


def _condition(node: nodes.Node) -> Iterator[str]:
    match node:
        case nodes.Name():
            if node.name not in KNOWN:
                yield _unknown(node.name)
        case nodes.Not():
            yield from _condition(node.node)
        case nodes.And() | nodes.Or():
            yield from _condition(node.left)
            yield from _condition(node.right)
        case nodes.Compare():
            yield from _value(node.expr)
            for operand in node.ops:
                yield from _value(operand.expr)
        case _:
            yield from _value(node)


def _value(node: nodes.Node) -> Iterator[str]:
    match node:
        case nodes.Const():
            return
        case nodes.Getattr(node=nodes.Name(name=group), attr=attr):
            if attr not in KNOWN.get(group, ()):
                yield _unknown(f"{group}.{attr}")
        case nodes.Name():
            yield _unknown(node.name)
        case nodes.Filter() if node.name in _FILTERS and node.node is not None:
            yield from _value(node.node)
            for argument in node.args:
                yield from _value(argument)
        case nodes.CondExpr():
            yield from _condition(node.test)
            yield from _value(node.expr1)
            if node.expr2 is not None:
                yield from _value(node.expr2)
        case _:
            yield f"only placeholders and the filters {', '.join(sorted(_FILTERS))} may stand in {{{{ }}}}"


def _unknown(name: str) -> str:
    group = name.split(".")[0]
    if group in KNOWN:
        return f"unknown placeholder {name}; {group} has " + ", ".join(f"{group}.{n}" for n in sorted(KNOWN[group]))
    return f"unknown placeholder {name}; there are " + ", ".join(f"{g}.*" for g in KNOWN)
