"""The new words of a reply, whatever program and language it was written in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.reading.message import Message, Part
from leadmaild.reading.quoting import new_words
from leadmaild.reading.text import document_of_text, documents

_HEADS = {
    "Gmail de": "Am Mo., 5. Okt. 2026 um 14:33 Uhr schrieb Autohaus Beispiel <\nv@autohaus.example>:\n\n> Guten Tag",
    "Gmail en": "On Mon, Oct 5, 2026 at 2:33 PM Autohaus <verkauf@autohaus.example> wrote:\n\n> Guten Tag",
    "Gmail fr": "Le lun. 5 oct. 2026 à 14:33, Autohaus <verkauf@autohaus.example> a écrit :\n\n> Bonjour",
    "Gmail it": "Il giorno lun 5 ott 2026 alle ore 14:33 Autohaus <v@autohaus.example> ha scritto:\n\n> Ciao",
    "Gmail nl": "Op ma 5 okt 2026 om 14:33 schreef Autohaus <verkauf@autohaus.example>:\n\n> Hallo",
    "Thunderbird": "Am 05.10.26 um 14:33 schrieb Autohaus Beispiel:\n> Guten Tag\n> Zeile zwei",
    "Apple": "Von meinem iPhone gesendet\n\n> Am 05.10.2026 um 14:33 schrieb Autohaus <v@autohaus.example>:\n> \n> Tag",
    "Apple en": "Sent from my iPhone\n\n> On 5 Oct 2026, at 14:33, Autohaus <verkauf@autohaus.example> wrote:\n>\n> x",
    "Outlook de": "Von: Autohaus <v@autohaus.example>\nGesendet: Montag, 5. Oktober\nAn: Max\nBetreff: AW: x\n\nTag",
    "Outlook en": "From: Autohaus\nSent: Monday, October 5, 2026 2:33 PM\nTo: Max\nSubject: RE: x\n\nHello",
    "Outlook fr": "De : Autohaus\nEnvoyé : lundi 5 octobre 2026 14:33\nÀ : Max\nObjet : RE: x\n\nBonjour",
    "Outlook it": "Da: Autohaus\nInviato: lunedì 5 ottobre 2026\nA: Max\nOggetto: R: x\n\nBuongiorno",
    "Outlook nl": "Van: Autohaus\nVerzonden: maandag 5 oktober 2026\nAan: Max\nOnderwerp: RE: x\n\nHallo",
    "Outlook line": "________________________________\nVon: Autohaus\nGesendet: Montag\nAn: Max\nBetreff: x\n\nTag",
    "Outlook old de": "-----Ursprüngliche Nachricht-----\nVon: x\nText",
    "Outlook old en": "-----Original Message-----\nFrom: x\nText",
    "Outlook mobile": "Outlook für Android\n______________________\nVon: Autohaus\nGesendet: M\nAn: x\n\ny",
    "GMX": "Gesendet: Montag, 05. Oktober 2026 um 14:33 Uhr\nVon: \"Autohaus\" <v@x.example>\nAn: m\nBetreff: x\n\nT",
    "GMX app": "--\nDiese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.\nAm 05.10.26 schrieb"
               " Autohaus <v@autohaus.example>:\n\nSehr geehrter Herr",
    "WEB.DE": '"Autohaus" <v@autohaus.example> schrieb am 5. Oktober 2026:\n\nText',
    "Yahoo": "Autohaus <v@autohaus.example> schrieb am Montag, 5. Oktober 2026 um 14:33:27 MESZ:\n\nText",
    "mobile.de": "05.10.2026 14:33 seller-12ab@mail.mobile.de schrieb:\n\nHallo",
    "ticket": "##- Bitte geben Sie Ihre Antwort oberhalb dieser Zeile ein. -##\nText",
    "leboncoin": "Messages précédents\n\nBonjour",
    "signature": "-- \nMax Muster\nTel. 030 23125 111",
    "marked lines": "> Guten Tag\n> Zeile zwei",
    "GMX mail": "Gesendet mit der GMX Mail App\n\n> Text",
    "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("program", _HEADS)
def test_what_was_there_before_is_cut(program: str) -> None:
    words = "Ja, Samstag um 11 Uhr passt mir.\n\nViele Grüße\nMax Muster"
    assert new_words(document_of_text(f"{words}\n\n{_HEADS[program]}\n")) == words


def test_answers_between_and_below_quotes_are_kept() -> None:
    text = "> Wann passt es?\nSamstag.\n> Welche Farbe?\nBlau.\n"
    assert new_words(document_of_text(text)) == "Samstag.\n\nBlau."
    below = "Am 05.10.26 um 14:33 schrieb Autohaus:\n> Wann?\n\nSamstag bitte."
    assert new_words(document_of_text(below)) == "Samstag bitte."


@pytest.mark.parametrize(
    "text",
    [
        "Am 12. Mai komme ich vorbei und schreibe Ihnen:\nalles gut",
        "Von: mir kein Problem.\nIch komme.",
        "Meine Frau schrieb: der Golf ist schön.",
        "Datum: 12. Mai\nUhrzeit: 11 Uhr",
    ],
)
def test_words_that_only_look_like_a_head_are_kept(text: str) -> None:
    assert new_words(document_of_text(text)) == text


def test_a_mail_of_quotes_has_no_new_words() -> None:
    assert new_words(document_of_text("> a\n> b")) == ""


@pytest.mark.parametrize(
    "markup",
    [
        "<div>Ja gern.</div><div class='gmail_quote'>Am Mo. schrieb x:<blockquote>alt</blockquote></div>",
        "<p>Ja gern.</p><div style='border-top:solid'><p><b>Von:</b> Autohaus<br><b>Gesendet:</b> Montag"
        "<br><b>An:</b> Max<br><b>Betreff:</b> AW</p></div><p>alt</p>",
        "<p>Ja gern.</p><blockquote type='cite'>alt</blockquote>",
    ],
)
def test_quotes_in_html_are_cut_too(markup: str) -> None:
    (document,) = documents(Message(parts=(Part("text/html", "1", markup),)))
    assert new_words(document) == "Ja gern."


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*_HEADS.values(), "Text", "> x", "", "Am 1", "schrieb:", "--", "Von: a"]), max_size=12)
)
def test_new_words_are_lines_of_the_mail_in_order(pieces: list[str]) -> None:
    document = document_of_text("\n".join(pieces))
    rest = iter(document.plain.split("\n"))
    for line in new_words(document).split("\n"):
        assert not line or any(line == candidate.strip() for candidate in rest)
