"""Reading a stock list: whose columns, what is text, which lines are none."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.commands.stock_csv import read_stock
from leadmaild.errors import Refused

PLACES = {"MUC": "Autohaus Beispiel München", "AUG": "Autohaus Beispiel Augsburg"}
OWN_HEAD = "internal_number,vin,ad_id,make,model,condition,location,price,url\n"


def read(text: str, encoding: str = "utf-8", location: str = ""):
    return read_stock(text.encode(encoding), PLACES, location)


def test_our_own_head():
    (car,) = read(
        OWN_HEAD + 'A-17,wvwzzz1kz9w000001,4711|4712,VW,Golf 8,used,aug,"12.990,00 €",https://cars.example/17\n'
    ).vehicles

    assert (car.internal_number, car.vin, car.ad_ids) == ("A-17", "WVWZZZ1KZ9W000001", ("4711", "4712"))
    assert (car.make, car.model, car.condition, car.location) == ("VW", "Golf 8", "used", "AUG")
    assert (car.price, car.url) == (Decimal("12990.00"), "https://cars.example/17")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_the_columns_of_a_german_export_in_any_encoding_and_separator(encoding, separator):
    head = ["Interne Nummer", "Marke", "Modell", "Fahrgestellnummer", "Inserat-ID", "Standort", "Preis", "Schönheit"]
    row = [
        "B 9",
        "Škoda" if encoding != "cp1252" else "Skoda",
        "Octavia",
        "TMBJJ7NE0G0000001",
        "99",
        "Autohaus Beispiel München",
        "7990",
        "ja",
    ]
    file = read(separator.join(head) + "\r\n" + separator.join(row) + "\r\n", encoding)

    (car,) = file.vehicles
    assert (car.internal_number, car.model, car.location, car.price) == ("B 9", "Octavia", "MUC", Decimal(7990))
    assert file.unknown_columns == ("Schönheit",)


@pytest.mark.rule("R58")
def test_a_place_that_is_none_of_ours_is_kept_as_written_and_a_missing_one_is_the_one_given():
    cars = read("internal_number,location\n1,Lager Nord\n2,\n", location="MUC").vehicles

    assert [car.location for car in cars] == ["Lager Nord", "MUC"]


@pytest.mark.rule("BI-51")
@pytest.mark.parametrize("cell", ['=HYPERLINK("http://x.example")', "+cmd|' /C calc'!A0", "@SUM(1+1)", "-2+3"])
def test_formulas_are_kept_as_text(cell):
    quoted = '"' + cell.replace('"', '""') + '"'
    (car,) = read(f"internal_number,model\n1,{quoted}\n").vehicles

    assert car.model == cell


def test_lines_that_are_no_vehicle_are_named_by_number_and_reason():
    file = read(
        "internal_number,model,price\n1,Golf,100\n,Polo,100\n\n1,Passat,100\n2,Up,1x2x3\n3,T,1,zu viel\n"
        "4,Arteon,auf Anfrage\n"
    )

    assert [car.internal_number for car in file.vehicles] == ["1", "4"]
    assert [str(bad) for bad in file.bad_lines[:2]] == [
        "line 3: no internal number",
        'line 5: the internal number "1" stands in line 2 already',
    ]
    assert [bad.number for bad in file.bad_lines] == [3, 5, 6, 7]


def test_a_cell_may_hold_line_breaks_and_separators():
    (first, second) = read('internal_number;model\n1;"Golf;\nneu"\n2;Polo\n').vehicles

    assert (first.model, second.internal_number) == ("Golf; neu", "2")


@pytest.mark.parametrize("text", ["", "make,model\nVW,Golf\n", "<html><body>Wartung</body></html>"])
def test_a_file_without_a_column_for_the_number_is_refused(text):
    with pytest.raises(Refused, match="internal_number"):
        read(text)


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_whatever_stands_below_the_head_is_a_vehicle_or_a_bad_line(noise):
    file = read_stock(OWN_HEAD.encode() + noise, PLACES)

    for car in file.vehicles:
        assert 0 < len(car.internal_number) <= 64
        assert "\n" not in car.model
