"""Text becomes lines with sections, labels and values, whether it came as plain text or as HTML."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.reading.message import Document, Line, Message, Part
from leadmaild.reading.rows import split_label
from leadmaild.reading.text import document_of_text, documents


def html(text: str) -> Document:
    (document,) = documents(Message(parts=(Part("text/html", "1", text),)))
    return document


def fields(document: Document) -> list[tuple[str | None, str | None]]:
    return [(line.label, line.value) for line in document.lines if line.label is not None]


def line_of(document: Document, label: str) -> Line:
    return next(line for line in document.lines if line.label == label)


# ---- labels ----


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [
        ("Name: Katharina Vogel", "Name", "Katharina Vogel"),
        ("Name : Katharina Vogel", "Name", "Katharina Vogel"),  # French blank
        ("Nom\u00a0: Vogel".replace("\u00a0", " "), "Nom", "Vogel"),
        ("Name：Vogel", "Name", "Vogel"),
        ("Name = Vogel", "Name", "Vogel"),
        ("Name ........ Vogel", "Name", "Vogel"),
        ("Name.......: Vogel", "Name", "Vogel"),
        ("Name\tVogel", "Name", "Vogel"),
        ("Name        Vogel", "Name", "Vogel"),
        ("• Anrede: Herr", "Anrede", "Herr"),
        ("- Telefon: 030 23125 111", "Telefon", "030 23125 111"),
        ("👤 Name: Max", "Name", "Max"),
        ("*Name:* Max", "Name", "Max"),
        ("*Name*: Max", "Name", "Max"),
        ("> Telefon: 1", "Telefon", "1"),
        ("1. Fahrzeug: Golf", "Fahrzeug", "Golf"),
        ("Tel.-Nr.: 030", "Tel.-Nr", "030"),
        ("Straße / Hausnummer: Weg 1", "Straße / Hausnummer", "Weg 1"),
        ("Name (Pflichtfeld)*: Max", "Name (Pflichtfeld)", "Max"),
        ("Link: https://x.example/a:b", "Link", "https://x.example/a:b"),
        ("Rückruf: um 11:30 Uhr", "Rückruf", "um 11:30 Uhr"),
        ("Telefon:", "Telefon", ""),
        ("Produkt 1: Golf", "Produkt 1", "Golf"),
    ],
)
def test_a_label_is_found(text: str, label: str, value: str) -> None:
    assert split_label(text) == (label, value)


@pytest.mark.parametrize(
    "text",
    [
        "Ich komme um 11:30 Uhr", "https://suchen.example/a.html?id=1", "Siehe http://x.example", "a@b.example: x",
        "Guten Tag", "", ":", "::", "12:30", "Ein Satz ... der weitergeht", "a=b",
        "Ein sehr langer Satz, der nach vielen Worten und noch viel mehr Worten endlich einen Doppelpunkt hat: hier",
    ],
)  # fmt: skip
def test_no_label_is_seen_where_none_is(text: str) -> None:
    assert split_label(text) is None


def test_a_definition_may_set_another_separator() -> None:
    assert split_label("WER >> Hoffmann|Lea|Frau", ">>") == ("WER", "Hoffmann|Lea|Frau")
    assert split_label("Name: Max", ">>") is None
    document = document_of_text("#### BOERSE ####\nWER >> Hoffmann: Lea\nTXT >>\nGeht Samstag?\nUm 11?", ">>")
    assert fields(document) == [("WER", "Hoffmann: Lea"), ("TXT", "Geht Samstag?")]


# ---- plain text ----

ENQUIRY = """Sie haben eine neue Anfrage erhalten.

Fahrzeug: Škoda Octavia
Preis: 24.990 €

Kontaktdaten des Interessenten
Name: Katharina Vogel
Telefon:
E-Mail: k.vogel@kunde.example

Inzahlungnahme:
Fahrzeug: VW Polo
Preis: 3.000 €

Nachricht:
Guten Tag,
ist der Octavia noch da?

Viele Grüße
-----------------------------
Fußzeile: 030 23125 000
"""


def test_sections_tell_two_vehicles_with_the_same_labels_apart() -> None:
    found = [(line.section, line.label, line.value) for line in document_of_text(ENQUIRY).lines if line.value]
    assert found == [
        ("", "Fahrzeug", "Škoda Octavia"),
        ("", "Preis", "24.990 €"),
        ("Kontaktdaten des Interessenten", "Name", "Katharina Vogel"),
        ("Kontaktdaten des Interessenten", "E-Mail", "k.vogel@kunde.example"),
        ("Inzahlungnahme", "Fahrzeug", "VW Polo"),
        ("Inzahlungnahme", "Preis", "3.000 €"),
        ("Inzahlungnahme", "Nachricht", "Guten Tag,"),
        ("", "Fußzeile", "030 23125 000"),
    ]


def test_an_empty_field_stays_empty_and_takes_nothing_from_the_next() -> None:
    assert line_of(document_of_text(ENQUIRY), "Telefon").value == ""


def test_plain_reads_as_written() -> None:
    assert document_of_text(ENQUIRY).plain == ENQUIRY.strip()


@pytest.mark.parametrize(
    "heading",
    ["=== Kontakt ===", "## Kontakt", "**Kontakt**", "[Kontakt]", "Kontakt\n-------", "Kontakt:", "--- Kontakt ---",
     "👤 Kontakt:", "Kontakt"],
)  # fmt: skip
def test_headings_in_all_drawings_open_a_section(heading: str) -> None:
    document = document_of_text(f"Hallo.\n\n{heading}\nName: Max\nTelefon: 1")
    assert line_of(document, "Telefon").section == "Kontakt"


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_value_below_its_label_belongs_to_it(gap: str) -> None:
    document = document_of_text(f"Name:{gap}Max Muster\n\nTelefon:{gap}030 23125 111")
    assert fields(document) == [("Name", "Max Muster"), ("Telefon", "030 23125 111")]
    assert document.plain.split() == ["Name:", "Max", "Muster", "Telefon:", "030", "23125", "111"]


def test_quoted_lines_are_marked() -> None:
    document = document_of_text("Ja gern.\n> Name: Max\n>> Telefon: 1\n")
    assert [line.is_quoted for line in document.lines] == [False, True, True]
    assert fields(document) == [("Name", "Max"), ("Telefon", "1")]


def test_flowed_text_is_joined_but_labels_stay_apart() -> None:
    text = "Name: Max \nTelefon: \nE-Mail: m@kunde.example\nNachricht: ein langer \nSatz geht weiter\n\nEnde \n-- \nMax"
    (document,) = documents(Message(parts=(Part("text/plain", "1", text, is_flowed=True),)))
    assert fields(document)[:3] == [("Name", "Max"), ("Telefon", ""), ("E-Mail", "m@kunde.example")]
    assert "ein langer Satz geht weiter" in document.plain
    assert "Ende\n--\nMax" in document.plain


@pytest.mark.parametrize("row", ["| Name | Max |", "|Name|Max|"])
def test_a_drawn_table_row_is_a_field(row: str) -> None:
    assert fields(document_of_text(row)) == [("Name", "Max")]


# ---- HTML ----


@pytest.mark.parametrize(
    "markup",
    [
        "<table><tr><td>Name</td><td>Max</td></tr><tr><td>Telefon</td><td>1</td></tr></table>",
        "<table><tr><td>Name:</td><td><b>Max</b></td></tr><tr><td>Telefon:</td><td><a href=x>1</a></td></tr></table>",
        "<table><tr><th>Name</th><td>Max</td></tr><tr><th>Telefon</th><td>1</td></tr></table>",
        "<table><tr><th>Name</th><th>Telefon</th></tr><tr><td>Max</td><td>1</td></tr></table>",
        "<table><tr><td><b>Name:</b></td><td>Max</td><td><b>Telefon:</b></td><td>1</td></tr></table>",
        "<table><tr><td>Name</td><td></td><td>Max</td></tr><tr><td>Telefon</td><td>&nbsp;</td><td>1</td></tr></table>",
        "<table><tr><td colspan=2><strong>Name</strong></td></tr><tr><td>&nbsp;</td><td>Max</td></tr>"
        "<tr><td colspan=2><strong>Telefon</strong></td></tr><tr><td>&nbsp;</td><td>1</td></tr></table>",
        "<table><tr><td><b>Name</b></td></tr><tr><td>Max</td></tr><tr><td><b>Telefon</b></td></tr><tr><td>1</td></tr></table>",
        "<dl><dt>Name</dt><dd>Max</dd><dt>Telefon</dt><dd>1</dd></dl>",
        "<p><b>Name:</b> Max<br><b>Telefon:</b> 1</p>",
        "<p><b>Name</b><br>Max</p><p><b>Telefon</b><br>1</p>",
        "<div><span>Name</span><span>Max</span></div><div><span>Telefon</span><span>1</span></div>",
        "<div><span class=k>Name</span>: <span>Max</span></div><div><span class=k>Telefon</span>: <span>1</span></div>",
        "<div><div class=label>Name</div><div>Max</div></div><div><div class=label>Telefon</div><div>1</div></div>",
        "<div>Name:</div><div>Max</div><div>Telefon:</div><div>1</div>",
        "<ul><li>Name: Max</li><li>Telefon: 1</li></ul>",
        "<pre>Name: Max\nTelefon: 1</pre>",
        "<div style='white-space: pre-line'>Name: Max\nTelefon: 1</div>",
        "<table><tr><td><table><tr><td>Name</td><td>Max</td></tr></table></td><td><table><tr><td>Telefon</td><td>1</td></tr>"
        "</table></td></tr></table>",
        "<p>Name: Max<p>Telefon: 1",
        "<TABLE><TR><TD>Name<TD>Max<TR><TD>Telefon<TD>1</TABLE>",
        "<dl><div><dt>Name</dt><dd>Max</dd></div><div><dt>Telefon</dt><dd>1</dd></div></dl>",
    ],
)
def test_labels_and_values_are_found_in_any_markup(markup: str) -> None:
    assert fields(html(f"<html><body>{markup}</body></html>")) == [("Name", "Max"), ("Telefon", "1")]


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">Geheim</div>', '<div style="DISPLAY : NONE">Geheim</div>', "<p hidden>Geheim</p>",
        '<div style="max-height:0;overflow:hidden">Geheim</div>', '<span style="font-size:0px">Geheim</span>',
        '<span style="visibility:hidden">Geheim</span>', '<span style="opacity:0">Geheim</span>',
        "<script>Geheim</script>", "<style>Geheim</style>", "<head><title>Geheim</title></head>", "<!-- Geheim -->",
        "<template>Geheim</template>", '<style>.p{display:none}</style><div class="p">Geheim</div>',
    ],
)  # fmt: skip
def test_what_no_reader_sees_is_not_read(hidden: str) -> None:
    assert html(f"<html><body>{hidden}<p>Sichtbar</p></body></html>").plain == "Sichtbar"


@pytest.mark.parametrize(
    "shown",
    [
        '<td style="font-size:0px"><div style="font-size:13px">Sichtbar</div></td>',
        '<div style="max-height:0.5em">Sichtbar</div>', '<div style="opacity:0.9">Sichtbar</div>',
        "<style>@media (max-width:600px){.p{display:none}}</style><div class='p'>Sichtbar</div>",
        '<div style="display:none">Sichtbar</div>',  # nothing else is left
    ],
)  # fmt: skip
def test_what_a_reader_sees_is_not_lost(shown: str) -> None:
    assert html(f"<html><body><table><tr>{shown}</tr></table></body></html>").plain == "Sichtbar"


def test_line_breaks_stay_within_a_value() -> None:
    line = line_of(
        html("<table><tr><td>Nachricht</td><td>Guten Tag,<br>noch da?<br><br>Gruß</td></tr></table>"), "Nachricht"
    )
    assert line.value == "Guten Tag,\nnoch da?\n\nGruß"
    assert line.is_cell


def test_a_message_that_shares_its_cell_with_its_label_ends_with_the_cell() -> None:
    document = html(
        "<table><tr><td><b>Nachricht:</b><br>Guten Tag,<br>noch da?</td></tr><tr><td>Fußzeile</td></tr></table>"
    )
    assert fields(document) == [("Nachricht", "Guten Tag,\nnoch da?")]


def test_headings_count_within_their_table() -> None:
    document = html(
        "<table><tr><td colspan=2><b>Ihr Fahrzeug</b></td></tr><tr><td>Modell</td><td>Golf</td></tr></table>"
        "<h2>Inzahlungnahme</h2><table><tr><td>Modell</td><td>Polo</td></tr></table>"
    )
    assert [(line.section, line.value) for line in document.lines if line.label == "Modell"] == [
        ("Ihr Fahrzeug", "Golf"), ("Inzahlungnahme", "Polo"),
    ]  # fmt: skip


def test_a_link_is_kept_beside_its_text_and_is_no_heading() -> None:
    document = html(
        '<p><b><a href="https://boerse.example/?id=1&amp;x=2">Inserat ansehen</a></b></p><p>Name: Max</p>'
        '<a href="javascript:alert(1)">x</a><a href="mailto:m@kunde.example">m</a>'
    )
    assert document.links == ("https://boerse.example/?id=1&x=2", "mailto:m@kunde.example")
    assert line_of(document, "Name").section == ""


def test_quotes_in_html_are_marked() -> None:
    document = html("<p>Ja.</p><blockquote>Name: Max</blockquote><div class=gmail_quote>alt</div>")
    assert [(line.text, line.is_quoted) for line in document.lines if line.text] == [
        ("Ja.", False), ("Name: Max", True), ("alt", True),
    ]  # fmt: skip


# ---- documents of a mail ----


def _alternatives(plain: str, markup: str) -> tuple[Document, ...]:
    return documents(
        Message(
            parts=(Part("text/plain", "1", plain, alternative="0"), Part("text/html", "2", markup, alternative="0"))
        )
    )


def test_the_richer_alternative_comes_first() -> None:
    table = "<table><tr><td>Name</td><td>Max</td></tr></table>"
    assert [d.origin for d in _alternatives("Name: Max\nTelefon: 1", table)] == ["text", "html"]
    assert [d.origin for d in _alternatives("Name: Max", table)] == ["html", "text"]
    assert [d.origin for d in _alternatives("Bitte HTML ansehen", table)] == ["html", "text"]


def test_an_empty_alternative_is_none() -> None:
    assert [d.origin for d in _alternatives("Name: Max", "<p>&nbsp;</p>")] == ["text"]
    assert [d.origin for d in _alternatives("  ", "<p>Max</p>")] == ["html"]


def test_parts_beside_each_other_are_one_text() -> None:
    parts = (Part("text/plain", "1", "oben"), Part("text/html", "2", "<p>Mitte</p>"), Part("text/plain", "3", "unten"))
    (document,) = documents(Message(parts=parts))
    assert document.plain == "oben\n\nMitte\n\nunten"


def test_attached_text_is_read_only_where_there_is_no_other() -> None:
    attached = Part("text/plain", "2", "Anlage", filename="a.txt", is_attachment=True)
    assert documents(Message(parts=(Part("text/plain", "1", "Text"), attached)))[0].plain == "Text"
    assert documents(Message(parts=(attached,)))[0].plain == "Anlage"
    assert documents(Message()) == ()


# ---- properties ----

_WORDS = st.text(alphabet="abcäöüß0123456789 .,:;-=|>*#\n\t", max_size=300)


@settings(deadline=None)
@given(_WORDS)
def test_no_word_of_a_plain_text_is_lost(text: str) -> None:
    kept = document_of_text(text).plain
    assert [c for c in kept if c.isalnum()] == [c for c in text if c.isalnum()]


_TAGS = st.sampled_from(
    ["<p>", "</p>", "<br>", "<table>", "</table>", "<tr>", "<td>", "</td>", "<th>", "<b>", "</b>", "<div>", "</div>",
     "<span>", "</span>", "<dl>", "<dt>", "<dd>", "<h2>", "</h2>", "<ul>", "<li>", "<a href='https://x.example'>",
     "</a>", "<blockquote>"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(_TAGS, st.text(alphabet="abcäöü: \n", min_size=1, max_size=8)), max_size=40))
def test_every_visible_letter_of_any_markup_stays_in_order_or_at_least_stays(pieces: list[str]) -> None:
    letters = sorted(c for piece in pieces if not piece.startswith("<") for c in piece if c.isalpha())
    found = documents(Message(parts=(Part("text/html", "1", "<body>" + "".join(pieces)),)))
    kept = sorted(c for document in found for c in document.plain if c.isalpha())
    assert kept == letters
