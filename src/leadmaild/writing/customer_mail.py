"""Mail to customers: the autoresponse and the seller's answer, in the dealer's own dress (R100-R111)."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from leadmaild.errors import Refused
from leadmaild.model.outgoing import MailFacts
from leadmaild.writing import attachments
from leadmaild.writing.assemble import Body, Enclosure
from leadmaild.writing.blocks import chosen_block, render_html, render_text
from leadmaild.writing.cleaning import one_line, paragraphs
from leadmaild.writing.placeholders import Placeholders, placeholders_of
from leadmaild.writing.plain_text import plain_text
from leadmaild.writing.templates import Templates, Words, primary_tag

DEFAULT_BANNER = "#1f3a5f"
BANNER_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")

_NOTHING = Markup()
LONGEST_ANSWER = 100_000

# Blocks without which a mail says nothing: empty means "not written", so the next wider template's applies.
_REQUIRED = frozenset({"subject", "intro"})


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail but for its envelope-like fields: subject, body, language, and what could not be had (ComposedMail)."""

    subject: str
    body: Body
    language: str
    notes: tuple[str, ...] = ()


def autoresponse(facts: MailFacts, templates: Templates) -> Draft:
    """Return the first automatic answer (R101): the dealer's blocks and nothing of what the customer wrote."""
    dress = _Dress(facts, templates)
    page = _Page(intro=dress.html("intro"), signature=dress.html("autoresponder_footer"))
    return _draft(dress, page, _template_attachment(dress))


def answer(facts: MailFacts, templates: Templates) -> Draft:
    """Return the seller's answer: his words between answer intro and general footer (R100, R105).

    Raises Refused if he wrote nothing or a book, or if the file he chose cannot be attached; an exposé that does not
    exist is left out (R5).
    """
    words = paragraphs(facts.text, LONGEST_ANSWER)
    if not words or len(facts.text) > LONGEST_ANSWER:
        raise Refused(f"an answer has between 1 and {LONGEST_ANSWER} characters")
    dress = _Dress(facts, templates)
    page = _Page(intro=dress.html("answer_intro"), message=_as_html(words), message_text=words)
    if facts.attachment in ("", "none"):
        return _draft(dress, page, ())
    if facts.attachment == "expose":
        return _draft(dress, page, _expose(dress, facts.location.default_expose))
    return _draft(dress, page, (attachments.chosen_file(facts.attachment),))


@dataclass(frozen=True, slots=True)
class _Page:
    intro: Markup
    message: Markup = _NOTHING
    message_text: str = ""
    signature: Markup = _NOTHING


class _Dress:
    """The blocks that apply to one mail, each rendered in the language it is written in."""

    def __init__(self, facts: MailFacts, templates: Templates) -> None:
        self.facts = facts
        self.templates = templates
        self.notes: list[str] = []
        self._values: dict[str, Placeholders] = {}
        self.wanted = primary_tag(facts.language) or facts.location.language
        self.language = self._block("intro")[1]

    def html(self, name: str) -> Markup:
        source, language = self._block(name)
        return render_html(source, self._placeholders(language)) if source.strip() else _NOTHING

    def subject(self) -> str:
        source, language = self._block("subject")
        return one_line(render_text(source, self._placeholders(language)))

    def _placeholders(self, language: str) -> Placeholders:
        """Made once a language: the blocks of a mail share them."""
        if language not in self._values:
            self._values[language] = placeholders_of(self.facts, self.templates.words(language))
        return self._values[language]

    def plain(self, name: str) -> str:
        found = chosen_block(name, self.facts.location, self.facts.group, self.wanted, required=False)
        return found[0].strip() if found else ""

    def _block(self, name: str) -> tuple[str, str]:
        location, group = self.facts.location, self.facts.group
        found = chosen_block(name, location, group, self.wanted, required=name in _REQUIRED)
        if found is not None:
            return found
        words = self._shipped_words()
        return words.get("customer", name), words.language

    def _shipped_words(self) -> Words:
        return self.templates.words(self.wanted if self.templates.speaks(self.wanted) else self.facts.location.language)


def _draft(dress: _Dress, page: _Page, enclosures: tuple[Enclosure, ...]) -> Draft:
    facts = dress.facts
    graphic_source = dress.plain("header_image")
    graphic, graphic_file = attachments.header_graphic(graphic_source)
    if graphic_source and not graphic:
        dress.notes.append("header_image_missing")
    legal = dress.html("general_footer")
    subject = dress.subject()
    banner = dress.plain("banner_color")
    color = banner if BANNER_COLOR.fullmatch(banner) else DEFAULT_BANNER
    html = dress.templates.html_page(
        "customer",
        language=dress.language,
        subject=subject,
        sender=one_line(facts.location.name),
        graphic=graphic,
        banner=color,
        banner_text=_readable_on(color),
        intro=page.intro,
        message=page.message,
        signature=page.signature,
        legal=legal,
    )
    text = dress.templates.text_page(
        "customer",
        intro=plain_text(page.intro),
        message=page.message_text,
        signature=plain_text(page.signature),
        legal=plain_text(legal),
    )
    enclosed = (*([graphic_file] if graphic_file else []), *enclosures)
    return Draft(subject, Body(text, html, enclosed), dress.language, tuple(dress.notes))


def _template_attachment(dress: _Dress) -> tuple[Enclosure, ...]:
    """What the template attaches: none, `expose:<kind>`, or `file:<path>` (R108)."""
    source = dress.plain("attach")
    if source.startswith("expose:"):
        return _expose(dress, source.removeprefix("expose:").strip())
    if source.startswith("file:"):
        file = attachments.template_file(source)
        if file is None:
            dress.notes.append("attachment_missing")
        return (file,) if file else ()
    return ()


def _expose(dress: _Dress, kind: str) -> tuple[Enclosure, ...]:
    if dress.facts.stock is None:
        return ()
    found = attachments.expose(dress.facts.location, kind, dress.facts.stock.internal_number)
    if found is None:
        dress.notes.append("expose_missing")
    return (found,) if found else ()


def _as_html(text: str) -> Markup:
    broken = (Markup("<br>").join(part.split("\n")) for part in text.split("\n\n"))
    return Markup().join(Markup("<p>{}</p>").format(part) for part in broken)


def _readable_on(color: str) -> str:
    """Black or white, whichever reads better on the banner (WCAG relative luminance)."""
    digits = color[1:] if len(color) == 7 else "".join(c * 2 for c in color[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return "#ffffff" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.36 else "#111111"
