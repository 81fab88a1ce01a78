"""Reads a dealer's stock out of a CSV file: our own head, or the column names that portals and dealer systems export.

Every cell is text and stays text: nothing is evaluated, no formula, no markup (BI-51).
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from leadmaild.errors import Refused
from leadmaild.model.vehicle import StockVehicle
from leadmaild.reading.fields.amounts import money_in
from leadmaild.reading.fields.folding import accents_folded, one_line

LARGEST_FILE = 100 * 2**20
LONGEST_NUMBER = 64
_DELIMITERS = ",;\t|"
_LONGEST_CELL = 2_000
_HIGHEST_PRICE = Decimal(10) ** 10  # what the database's column holds


def _key(name: str) -> str:
    """A column's name or a place's as it is compared: no case, umlauts, blanks or punctuation."""
    return "".join(c for c in accents_folded(name) if c.isalnum())


# Our own column names, and for each what exports call it.
_NAMES = {
    "internal_number": (
        "internal_number", "internal number", "interne nummer", "interne fahrzeugnummer", "fahrzeugnummer",
        "fahrzeug nr", "stock_number", "stock number", "stock no", "stock_id", "stock id", "stock", "bestandsnummer",
        "bestands nr", "lagernummer", "offer reference", "offer reference number", "dealer reference", "sku",
        "vehicle_id", "vehicle id",
    ),
    "vin": (
        "vin", "fin", "fahrgestellnummer", "fahrgestell nr", "fahrzeug identnummer", "fahrzeugidentnummer",
        "chassis number", "vehicle identification number",
    ),
    "ad_id": (
        "ad_id", "ad id", "inserat", "inserat id", "inserats id", "inserate id", "inseratsnummer", "anzeigen id",
        "anzeigennummer", "listing_id", "listing id", "mobile_ad_id", "mobile ad id", "mobile.de id", "mobile id",
        "autoscout24 id", "as24_id", "as24 id", "offer_id", "offer id", "angebotsnummer", "angebots nr", "angebots id",
    ),
    "make": ("make", "marke", "hersteller", "brand", "manufacturer"),
    "model": ("model", "modell", "model description", "modellbezeichnung", "modell typ", "modelltext"),
    "condition": (
        "condition", "zustand", "fahrzeugzustand", "fahrzeugart", "neu gebraucht", "usage type", "neuwagen",
    ),
    "location": ("location", "standort", "filiale", "betrieb", "fahrzeugstandort", "branch", "site"),
    "price": (
        "price", "preis", "bruttopreis", "verkaufspreis", "endpreis", "preis brutto", "consumer price",
        "consumer price amount", "price gross", "vk preis",
    ),
    "url": ("url", "link", "detailseite", "fahrzeug url", "detail url", "inserat url", "deeplink"),
}  # fmt: skip
_COLUMN_OF = {_key(name): column for column, names in _NAMES.items() for name in names}
_ONE_NUMBER = re.compile(r"\D*\d[\d.,'’ ]*\D*")
_NEW = frozenset({"new", "neu", "neuwagen", "neufahrzeug", "n", "ja", "yes", "true"})
_USED = frozenset(
    {"used", "gebraucht", "gebrauchtwagen", "gebrauchtfahrzeug", "g", "u", "jahreswagen", "tageszulassung",
     "vorführwagen", "vorführfahrzeug", "vorfuehrfahrzeug", "oldtimer", "nein", "no", "false"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no vehicle, and why; `number` counts from 1, the head is line 1."""

    number: int
    why: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.why}"


@dataclass(frozen=True, slots=True)
class StockFile:
    """What a file gave: vehicles in its order, the lines that are none, and the columns that were not understood."""

    vehicles: tuple[StockVehicle, ...]
    bad_lines: tuple[BadLine, ...] = ()
    unknown_columns: tuple[str, ...] = ()


def read_stock(content: bytes, locations: dict[str, str], default_location: str = "") -> StockFile:
    """The vehicles in a CSV file, UTF-8 or Windows-1252, separated by comma, semicolon, tab or bar.

    `locations` are the codes by code and name; a place that is none of ours is kept as it is written (R58). Raises
    Refused for a file without a usable head.
    """
    text = _decoded(content)
    head_line = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=head_line.count))
    head = next(rows, [])
    columns = [_COLUMN_OF.get(_key(name)) for name in head]
    if "internal_number" not in columns:
        raise Refused(f"the head has no column for the internal number (internal_number): {one_line(head_line)[:200]}")
    known = {_key(key): code for code, name in locations.items() for key in (code, name)}
    reader = _Rows(columns, known, default_location)
    vehicles = tuple(reader.vehicles(rows))
    unknown = tuple(name for name, column in zip(head, columns, strict=True) if column is None and name.strip())
    return StockFile(vehicles, tuple(reader.bad_lines), unknown)


class _Rows:
    """Turns rows into vehicles and keeps what cannot be turned."""

    def __init__(self, columns: Sequence[str | None], locations: dict[str, str], default_location: str) -> None:
        self._columns = columns
        self._locations = locations
        self._default_location = default_location
        self._line_of: dict[str, int] = {}
        self.bad_lines: list[BadLine] = []

    def vehicles(self, rows: Any) -> Iterator[StockVehicle]:
        """`rows` is a csv.reader behind the head."""
        while True:
            line = rows.line_num + 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as problem:
                self.bad_lines.append(BadLine(line, str(problem)))
                continue
            if not any(cell.strip() for cell in row):
                continue
            try:
                yield self._vehicle(row, line)
            except Refused as reason:
                self.bad_lines.append(BadLine(line, str(reason)))

    def _vehicle(self, row: list[str], line: int) -> StockVehicle:
        if len(row) > len(self._columns):
            raise Refused(f"{len(row)} cells, but the head has {len(self._columns)} columns")
        cells: dict[str, list[str]] = {}
        for column, cell in zip(self._columns, row, strict=False):
            if column and (text := one_line(cell)):
                cells.setdefault(column, []).append(text[:_LONGEST_CELL])
        one = {column: values[0] for column, values in cells.items()}
        number = one.get("internal_number", "")
        if not number:
            raise Refused("no internal number")
        if len(number) > LONGEST_NUMBER:
            raise Refused(f"the internal number is longer than {LONGEST_NUMBER} characters")
        if (first := self._line_of.setdefault(number, line)) != line:
            raise Refused(f'the internal number "{number}" stands in line {first} already')
        return StockVehicle(
            internal_number=number,
            location=self._location(one.get("location", "")),
            vin=one.get("vin", "").replace(" ", "").upper()[:32],
            ad_ids=tuple(dict.fromkeys(part for cell in cells.get("ad_id", ()) for part in _parts(cell))),
            make=one.get("make", ""),
            model=one.get("model", ""),
            condition=_condition(one.get("condition", "")),
            price=_price(one.get("price", "")),
            url=one.get("url", ""),
        )

    def _location(self, text: str) -> str:
        return self._locations.get(_key(text), text[:64]) if text else self._default_location


def _parts(cell: str) -> Iterable[str]:
    return (part for part in cell.replace("|", " ").replace(";", " ").replace(",", " ").split() if len(part) <= 200)


def _condition(text: str) -> str:
    word = text.casefold()
    return "new" if word in _NEW else "used" if word in _USED else ""


def _price(text: str) -> Decimal | None:
    if not any(c.isdigit() for c in text):
        return None  # "on request"
    money = money_in(text) if _ONE_NUMBER.fullmatch(text) else None
    if money is None or not 0 <= money.amount < _HIGHEST_PRICE:
        raise Refused(f'"{text[:40]}" is not a price')
    return money.amount


def _decoded(content: bytes) -> str:
    if len(content) > LARGEST_FILE:
        raise Refused(f"the file is larger than {LARGEST_FILE // 2**20} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
