"""An earlier mail below the writer's words, without quote marks: from its head on all is quoted."""

import pytest

from leadmaild.reading.text import document_of_text

OUTLOOK = "Von: Jana <j@haus.example>\nGesendet: Montag\nAn: Max\nBetreff: Angebot"
HEADS = {
    "Outlook": OUTLOOK,
    "GMX": "Gesendet: Sonntag, 1. November 2026 um 18:30 Uhr\nVon: Jana <j@haus.example>\nAn: Max\nBetreff: Angebot",
    "English": "From: Jana <j@house.example>\nSent: Monday\nTo: Max\nCc: Eva\nSubject: Offer",
    "French": "De : Jana <j@maison.example>\nEnvoyé : lundi\nÀ : Max\nObjet : Offre",
    "dated": "Von: Jana <j@haus.example>\nDatum: 1.11.2026\nAn: Max\nBetreff: Angebot",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_what_stands_below_a_head_is_quoted(head: str) -> None:
    lines = document_of_text(f"Ja, gern.\n\n{head}\n\nTelefon: 089 99998 010").lines
    assert [line.text for line in lines if not line.is_quoted and line.text] == ["Ja, gern."]


@pytest.mark.parametrize(
    "text",
    [
        f"{OUTLOOK}\n\nTelefon: 089 99998 010",  # nothing above it: the mail itself
        "Neue Anfrage\nVon: Max\nBetreff: Probefahrt\nNachricht: Geht es?",
        "Neue Anfrage\nVon: Max\nDatum: 1.11.2026\nBetreff: Probefahrt\nNachricht: Geht es?",
        "Neue Anfrage\nVon: Max\nTelefon: 089 99998 010\nGesendet: heute\nBetreff: Probefahrt",
    ],
)
def test_a_form_is_no_earlier_mail(text: str) -> None:
    assert not any(line.is_quoted for line in document_of_text(text).lines)
