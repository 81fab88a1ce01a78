"""Banners above and disclaimers below the words are not the writer's."""

import pytest

from leadmaild.reading.quoting import new_words, new_words_and_signature
from leadmaild.reading.text import document_of_text

BANNERS = (
    "ACHTUNG: Diese E-Mail stammt von einem externen Absender. Bitte klicken Sie nicht auf Links.",
    "CAUTION: This email originated from outside of the organization.\nDo not click links or open attachments.",
    "[EXTERN]",
    "Sie erhalten nicht oft E-Mails von x@example.org. Erfahren Sie, warum dies wichtig ist",
    "You don't often get email from x@example.org. Learn why this is important",
)
DISCLAIMERS = (
    "This message is confidential. If you are not the intended recipient call +44 20 7946 0999.",
    "Diese E-Mail enthält vertrauliche Informationen. Rückfragen: 0221 4710 600",
    "Der Inhalt dieser E-Mail ist vertraulich und ausschließlich für den Adressaten bestimmt.",
    "Please consider the environment before printing this e-mail.",
    "Ce message est confidentiel.",
)


@pytest.mark.parametrize("banner", BANNERS)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_banner_is_no_word_of_the_writers(banner: str, gap: str) -> None:
    assert new_words(document_of_text(f"{banner}{gap}Ist der Polo noch da?")) == "Ist der Polo noch da?"


@pytest.mark.parametrize("disclaimer", DISCLAIMERS)
def test_a_disclaimer_is_cut_from_words_and_signature(disclaimer: str) -> None:
    document = document_of_text(f"Noch da?\n\nMax\n\n{disclaimer}\nmore of it")
    assert new_words(document) == new_words_and_signature(document) == "Noch da?\n\nMax"


@pytest.mark.parametrize(
    "words",
    [
        "Bitte rufen Sie mich an, die Umwelt dankt es mit kurzen Wegen zu Ihnen ins Autohaus.",
        "Der Polo gefällt mir.",
        "Externe Felgen hätte ich gern.",
        "Diese Farbe ist vertraut.",
    ],
)
def test_what_reads_like_one_is_kept(words: str) -> None:
    assert new_words(document_of_text(words)) == words
