"""The one-page summary of a trade-in (R42, R47): what a dealer hands to the colleague who buys cars in.

Text of strangers is drawn, never interpreted: every value is escaped, no value can load anything (security.md 2.3,
BI-50). The same facts give the same bytes.
"""

import io
from collections.abc import Iterator, Sequence
from functools import cache
from threading import Lock
from xml.sax.saxutils import escape, quoteattr

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    HRFlowable,
    KeepInFrame,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from leadmaild.errors import Refused
from leadmaild.model.outgoing import MailFacts
from leadmaild.model.reading import VehicleText
from leadmaild.shipped import shipped
from leadmaild.writing.cleaning import NAME_LIMIT, one_line, paragraphs, web_link
from leadmaild.writing.notice import Row
from leadmaild.writing.notices import what_is_offered
from leadmaild.writing.rows import customer_rows, origin_rows, trade_in_rows, who
from leadmaild.writing.templates import Words

# Nothing is ever fetched while a page is drawn; the library's default would allow file, http and ftp.
rl_config.trustedHosts = []
rl_config.trustedSchemes = []

# The library keeps fonts and documents in module state.
_ONE_AT_A_TIME = Lock()

_FONT = "DejaVuSansCondensed"
_BOLD = f"{_FONT}-Bold"
_LONGEST_TEXT = 1_400
_MOST_LINES = 18
_MARGIN = 18 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_LABEL = 32 * mm
_INK, _SOFT, _RULE, _ACCENT = HexColor("#1c2430"), HexColor("#5b6675"), HexColor("#d5dbe2"), HexColor("#1f5fa8")


def trade_in_pdf(facts: MailFacts, words: Words) -> bytes:
    """Return the summary as a PDF of one page. Raises Refused without a trade-in, and whatever reportlab raises."""
    vehicle = facts.prospect.trade_in if facts.prospect else None
    if vehicle is None:
        raise Refused("there is no trade-in to sum up")
    with _ONE_AT_A_TIME:
        _register_fonts()
        return _drawn(facts, vehicle, words)


def _drawn(facts: MailFacts, vehicle: VehicleText, words: Words) -> bytes:
    paper = io.BytesIO()
    title = _title(facts, words)
    page = BaseDocTemplate(
        paper,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=title,
        author=one_line(facts.location.name, NAME_LIMIT),
        lang=words.language,
        invariant=1,
    )
    story = [
        *_head(facts, words),
        *_part(words.say("trade_in", "section_customer"), list(_customer(facts, words))),
        *_part(words.say("trade_in", "section_vehicle"), list(trade_in_rows(vehicle, words)), columns=2),
        *_message(facts, words),
        *_foot(facts, words),
    ]
    # One page, always: what would not fit is drawn smaller.
    page.addPageTemplates(PageTemplate(frames=[Frame(_MARGIN, _MARGIN, _WIDTH, page.height, 0, 0, 0, 0)]))
    page.build([KeepInFrame(_WIDTH, page.height, story, mode="shrink")])
    return paper.getvalue()


@cache
def _register_fonts() -> None:
    """Make the shipped fonts known: the fonts built into PDF have no Ł, Ş or Cyrillic."""
    for name in (_FONT, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(shipped("templates") / "fonts" / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(_FONT, normal=_FONT, bold=_BOLD, italic=_FONT, boldItalic=_BOLD)


def _title(facts: MailFacts, words: Words) -> str:
    number = f" – {words.say('labels', 'lead_number')} {facts.lead.number}" if facts.lead else ""
    return f"{words.say('trade_in', 'title')}{number}"


def _head(facts: MailFacts, words: Words) -> Sequence[Flowable]:
    offered = what_is_offered(facts) or who(facts, words)
    origin = " · ".join(f"{row.label}: {row.value}" for row in origin_rows(facts, words))
    return (
        Paragraph(escape(one_line(facts.location.name, NAME_LIMIT)), _style(9, color=_SOFT)),
        Paragraph(escape(_title(facts, words)), _style(10.5, bold=True, color=_ACCENT, before=10)),
        Paragraph(escape(offered), _style(20, bold=True, after=4)),
        Paragraph(escape(origin), _style(9, color=_SOFT)),
    )


def _customer(facts: MailFacts, words: Words) -> Iterator[Row]:
    """The customer's rows, "-" for a way to reach him that is not known (R47)."""
    rows = list(customer_rows(facts, words))
    yield from rows
    for label in (words.say("labels", "phone"), words.say("labels", "email")):
        if all(row.label != label for row in rows):
            yield Row(label, "-")


def _part(heading: str, rows: Sequence[Row], columns: int = 1) -> Sequence[Flowable]:
    cells = [
        (Paragraph(escape(row.label), _style(8.5, color=_SOFT)), Paragraph(escape(row.value), _style(10)))
        for row in rows
    ]
    while len(cells) % columns:
        cells.append((Spacer(0, 0), Spacer(0, 0)))
    # Read down, then across: the left half first.
    height = len(cells) // columns
    grid = [[cell for column in range(columns) for cell in cells[column * height + line]] for line in range(height)]
    widths = [_LABEL, _WIDTH / columns - _LABEL] * columns
    table = Table(grid, colWidths=widths, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE),
            ]
        )
    )
    return (Paragraph(escape(heading), _style(11.5, bold=True, before=16, after=4)), table)


def _message(facts: MailFacts, words: Words) -> Sequence[Flowable]:
    """The customer's words, cut to what fits beside the rest, with a note that they were (R47, BI-50)."""
    whole = paragraphs(facts.text or (facts.prospect.message if facts.prospect else ""))
    shown = _cut_to_fit(whole)
    heading = Paragraph(escape(words.say("trade_in", "section_message")), _style(11.5, bold=True, before=16, after=4))
    text = Paragraph(escape(shown or "-").replace("\n", "<br/>"), _style(10, leading=14))
    note = Paragraph(escape(words.say("trade_in", "cut")), _style(8.5, color=_SOFT, before=4))
    return (heading, text, note) if shown != whole else (heading, text)


def _cut_to_fit(whole: str) -> str:
    """The beginning of the text, up to a line or a word."""
    lines = "\n".join(whole.split("\n")[:_MOST_LINES])
    if len(lines) <= _LONGEST_TEXT:
        return lines
    head = lines[:_LONGEST_TEXT]
    return f"{head.rsplit(None, 1)[0] if ' ' in head else head} …"


def _foot(facts: MailFacts, words: Words) -> Sequence[Flowable]:
    """The way back into the application, where all data are (R42); readable on paper too."""
    links = (("open_lead", web_link(facts.lead_url)), ("open_contact", web_link(facts.contact_url)))
    return (
        Spacer(0, 14),
        HRFlowable(width="100%", thickness=0.4, color=_RULE, spaceAfter=6),
        *(Paragraph(_link(words.say("labels", key), url), _style(9.5)) for key, url in links if url),
        Paragraph(escape(words.say("trade_in", "footer")), _style(8.5, color=_SOFT, before=6)),
    )


def _link(label: str, url: str) -> str:
    return f'<a href={quoteattr(url)} color="#1f5fa8"><b>{escape(label)}</b>: {escape(url)}</a>'


def _style(
    size: float, *, bold: bool = False, color: HexColor = _INK, before: float = 0, after: float = 0, leading: float = 0
) -> ParagraphStyle:
    return ParagraphStyle(
        "text",
        fontName=_BOLD if bold else _FONT,
        fontSize=size,
        leading=leading or size * 1.3,
        textColor=color,
        spaceBefore=before,
        spaceAfter=after,
        splitLongWords=1,
    )
