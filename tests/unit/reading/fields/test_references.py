"""The dealer's and portals' numbers of a vehicle in running text and titles."""

import pytest

from leadmaild.reading.fields.references import references_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hyundai Ioniq 5 (Int. Nr. HY-0077)", {"internal_number": "HY-0077"}),
        ("der Passat, Ihre Nr. GW-2290", {"internal_number": "GW-2290"}),
        ("l'Alfa (rif. AR-7781)", {"internal_number": "AR-7781"}),
        ("Angebots-Nr. JC-881, Inserats-ID 398112654", {"offer_number": "JC-881", "ad_id": "398112654"}),
        ("Ihre Nummer 0171 3920023", {}),
        ("Opel Corsa 1.2", {}),
    ],
)
def test_a_number_is_told_by_the_word_before_it(text: str, found: dict[str, str]) -> None:
    assert {name: number for name, number, _ in references_in(text)} == found
