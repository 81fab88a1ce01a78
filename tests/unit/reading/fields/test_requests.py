"""What customers want, and what they say they do not want (R166)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadmaild.reading.fields.requests import starts_with_box, ticked, wishes_in


@pytest.mark.rule("R166")
@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("Ich brauche keine Finanzierung, aber eine Probefahrt", ["test_drive"]),
        ("Finanzierung brauche ich nicht.", []),
        ("keine Finanzierung und gern eine Probefahrt", ["test_drive"]),
        ("keine Probefahrt oder Finanzierung", []),
        ("trade-in not needed", []),
        ("Eine Probefahrt wäre nicht schlecht", ["test_drive"]),
        ("Nehmen Sie meinen alten Wagen in Zahlung?", ["trade_in"]),
        ("Je souhaite un essai, sans reprise", ["test_drive"]),
        ("Vorrei una prova su strada e la permuta, niente finanziamento", ["trade_in", "test_drive"]),
        ("Graag een proefrit, geen inruil", ["test_drive"]),
        ("Leasing kommt für uns nicht in Frage", []),
        ("Bitte rufen Sie mich an. Was ist der letzte Preis?", ["call_back", "price_proposal"]),
        ("Bitte rufen Sie mich nicht an", []),
        ("Wann haben Sie offen?", []),
        ("Je ne veux ni essai ni reprise", []),
        ("I don’t need finance options", []),
    ],
)
def test_wishes_are_read_and_denied_ones_are_not(text: str, wishes: list[str]) -> None:
    assert [str(w) for w in wishes_in(text)] == wishes


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    wishes_in(text)


@pytest.mark.rule("R166")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[x] Probefahrt", "Probefahrt"),
        ("[ ] Finanzierung", ""),
        ("☑ Probefahrt ☐ Leasing ☑ Inzahlungnahme", "Probefahrt, Inzahlungnahme"),
        ("Probefahrt", "Probefahrt"),
    ],
)
def test_only_ticked_boxes_count(text: str, said: str) -> None:
    assert ticked(text) == said
    assert starts_with_box(text) == (text != "Probefahrt")
