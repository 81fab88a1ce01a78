"""What identifies a car: VIN, HSN/TSN, make and model out of a title, new or used (lead-formats 4)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from leadmaild.reading.fields.folding import accents_folded, one_line

_VIN = re.compile(r"(?<![A-Za-z0-9])[A-HJ-NPR-Za-hj-npr-z0-9]{17}(?![A-Za-z0-9])")
_VIN_SPACED = re.compile(r"[\s.\-]")
_VIN_VALUES = {**{str(d): d for d in range(10)}, **dict(zip("ABCDEFGH", range(1, 9), strict=True))}
_VIN_VALUES |= dict(zip("JKLMN", range(1, 6), strict=True)) | {"P": 7, "R": 9}
_VIN_VALUES |= dict(zip("STUVWXYZ", range(2, 10), strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
# World manufacturer codes of the makes sold in Europe; the European check digit is not mandatory.
_WMI = re.compile(
    r"W(?:VW|V1|V2|VG|BA|BS|BY|MW|DB|DC|DD|DF|1K|1N|1V|1T|AU|A1|UA|F0|0L|0V|P0|P1|ME|KE|EB|BX|DX|MX)|TMB|TRU|TSM|TMA|"
    r"TW[01]|VF\d|VR[137]|VNK|VSS|VSK|VSX|VV[0-9A-Z]|VX[EKF]|ZFA|ZAR|ZFF|ZLA|ZHW|ZA[CMNR]|YV[14]|YS3|YK1|JH[MA]|JM[ZB1]|"
    r"JN[1A]|JT[DEHMJN]|JS[A-Z]|JF[12]|JMB|KMH|KN[ADEM]|KL[1AY]|KPT|U5Y|UU[16]|SAL|SAJ|SB1|SCC|SHH|SJN|NM[BT0]|NLH|"
    r"LRW|LSJ|LVS|5YJ|XP7|7SA|1F[AMT]|1G|2T|3VW|4[JUS]|5U|MAL|MMB"
)
_HSN_TSN = re.compile(r"(?<!\d)(\d{4})\s*[/\s|-]\s*([A-Za-z0-9]{3})(?:\d{5})?(?![A-Za-z0-9])")
_HSN = re.compile(r"(?<!\d)\d{4}(?!\d)")
_TSN = re.compile(r"(?<![A-Za-z0-9])([A-Za-z0-9]{3})(?:\d{5,6})?(?![A-Za-z0-9])")

_MAKES = (
    "Abarth", "Alfa Romeo", "Alpine", "Aston Martin", "Audi", "Bentley", "BMW", "BYD", "Cadillac", "Chevrolet",
    "Chrysler", "Citroën", "Cupra", "Dacia", "Daewoo", "Daihatsu", "Dodge", "DS Automobiles", "DS", "Ferrari", "Fiat",
    "Ford", "Genesis", "GWM", "Honda", "Hyundai", "Infiniti", "Isuzu", "Iveco", "Jaguar", "Jeep", "Kia", "Lada",
    "Lamborghini", "Lancia", "Land Rover", "Leapmotor", "Lexus", "Lotus", "Lynk & Co", "MAN", "Maserati", "Maxus",
    "Mazda", "McLaren", "Mercedes-Benz", "Mercedes Benz", "Mercedes-AMG", "Mercedes", "MG", "Mini", "Mitsubishi",
    "Nio", "Nissan", "Opel", "Ora", "Peugeot", "Polestar", "Porsche", "RAM", "Range Rover", "Renault", "Rolls-Royce",
    "Rover", "Saab", "Seat", "Škoda", "Skoda", "Smart", "SsangYong", "Subaru", "Suzuki", "Tesla", "Toyota", "Vauxhall",
    "Volkswagen", "Volvo", "VW", "XPeng",
)  # fmt: skip
_BY_KEY = {accents_folded(make): make for make in _MAKES}
_MAKE = re.compile(
    r"(?<![\w-])(" + "|".join(sorted(map(re.escape, _BY_KEY), key=len, reverse=True)) + r")(?![\w]|-(?!\w*(?:klasse)))"
)
_OTHER_NAMES = {"vw": "volkswagen", "mercedes": "mercedesbenz", "dsautomobiles": "ds"}
# Makes that are everyday words too: only believed where capitalised, and in front of a model.
_EVERYDAY = frozenset(("man", "mini", "smart", "seat", "ram", "ora", "ds", "rover", "genesis", "alpine", "mg", "ford"))
_LONG_MODELS = re.compile(
    r"Ioniq [3569]|Atto [23]|EQ for(?:two|four)|"
    r"Model [S3XY]|Santa Fe|Land Cruiser(?: \d{2,3}(?![.,\d]))?|"
    r"Range Rover(?: (?:Sport|Evoque|Velar))?|Discovery Sport|Defender \d+|"
    r"Grand (?:Scenic|Scénic|C4 (?:Picasso|SpaceTourer)|Cherokee|Modus|Vitara|Tourneo \w+|Espace|Voyager)|"
    r"C[345] (?:Picasso|Aircross|Cactus|X)|Transit (?:Custom|Connect|Courier)|Tourneo (?:Custom|Connect|Courier)|"
    r"Golf (?:Plus|Sportsvan)|Passat CC|T[4567](?:\.\d)? (?:California|Multivan|Caravelle|Transporter)|"
    r"(?:Corolla|Yaris) Cross|Mustang Mach-E|e-tron(?: GT)?|ID\.? ?(?:Buzz|\d)|(?:Grandland|Crossland|Mokka) X|"
    r"Q[4568] e-tron|(?:Space|Urban) (?:Star|Cruiser|Wagon)|Eclipse Cross|Cooper(?: (?:SE?|D|SD)(?!\w))?|"
    r"(?:A|B|C|E|G|R|S|V|X|CL|CLA|CLC|CLE|CLK|CLS|EQA|EQB|EQC|EQE|EQS|EQV|GL|GLA|GLB|GLC|GLE|GLK|GLS|ML|SL|SLC|SLK|SLS)"
    r" \d{2,3}(?: ?[de](?![\w]))?|\w{1,3}[- ]Klasse|Serie \d|\d(?:er|-Reihe|er-Reihe)|500 ?[XLCe](?![\w])|"
    r"(?:e-)?\d{3} ?SW|"
    r"Trafic|AMG GT|Wrangler \w+|Duster",
    re.IGNORECASE,
)
_LATEST_MAKE = 24  # what may stand before the make in a title: "Gebrauchtwagen VW Polo"
_MODEL_WORD = re.compile(r"[\w!'’.+\-/]+")
_AFTER_MODEL = re.compile(r"[,;|(€!?]")
_NEW = re.compile(r"\b(?:neuwagen|neufahrzeug|neu|new|neuf|neuve|nuovo|nuova|nieuw|tageszulassung)\b", re.IGNORECASE)
_USED = re.compile(
    r"\b(?:gebraucht\w*|used|occasion|usato|usata|gebruikt|tweedehands|jahreswagen|vorfuehr\w*|vorführ\w*|pre-?owned|cpo)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class NamedCar:
    """A car named in running text, and the text before it."""

    make: str
    model: str | None
    before: str


def vin_of(value: str) -> str | None:
    """Return the VIN in the value of its label, upper-cased, blanks and dashes inside dropped; None if it is none."""
    line = one_line(value)
    found = _VIN.search(line) or _VIN.fullmatch(_VIN_SPACED.sub("", line))
    return found.group().upper() if found and any(c.isdigit() for c in found.group()) else None


def vin_in_text(text: str) -> str | None:
    """Return a VIN out of running text: it must carry a known manufacturer code or a right check digit and letters."""
    for found in _VIN.finditer(text):
        vin = found.group().upper()
        if any(c.isalpha() for c in vin) and sum(c.isdigit() for c in vin) >= 4 and _is_known_vin(vin):
            return vin
    return None


def hsn_tsn_in(value: str) -> tuple[str | None, str | None]:
    """Return the German type key: HSN (4 digits) and TSN (3 alphanumerics) out of `0603/BPE`, or of one of the two."""
    line = one_line(value)[:60]
    if m := _HSN_TSN.search(line):
        return m[1], m[2].upper()
    return None, None


def hsn_of(value: str) -> str | None:
    """Return the HSN in the value of its own label, or None."""
    found = _HSN.search(value)
    return found.group() if found else None


def tsn_of(value: str) -> str | None:
    """Return the TSN (its first three characters) in the value of its own label, or None."""
    found = _TSN.search(one_line(value))
    return found[1].upper() if found else None


def make_and_model(title: str) -> tuple[str | None, str | None]:
    """Return make and model at the start of a vehicle title, as written; (None, None) without a known make.

    `Škoda Octavia Combi 2.0 TDI` gives Škoda and Octavia; `Mercedes-Benz A 180 Progressive` gives A 180.
    """
    line = one_line(title)[:200]
    found = next(_makes(line, at_start=True), None)
    if found is None:
        return None, None
    return line[found[0] : found[1]], _model_after(line[found[1] :], is_title=True)


def cars_in_text(text: str) -> Iterator[NamedCar]:
    """Yield every car named in running text, with what stands before it."""
    line = one_line(text)[:4000]
    for start, end in _makes(line, at_start=False):
        yield NamedCar(line[start:end], _model_after(line[end:], is_title=False), line[:start])


def is_make(text: str) -> bool:
    """Whether `text` is the name of a make and nothing else."""
    return accents_folded(text).strip() in _BY_KEY


def is_same_make(one: str, other: str) -> bool:
    """Whether two names are of one make: `VW` and `Volkswagen`, `Škoda` and `SKODA`."""
    keys = ["".join(c for c in accents_folded(make) if c.isalnum()) for make in (one, other)]
    return len({_OTHER_NAMES.get(key, key) for key in keys}) == 1


def condition_of(text: str) -> str | None:
    """Return `new` or `used` where the text says so, or None."""
    if _USED.search(text):
        return "used"
    return "new" if _NEW.search(text) else None


def _is_known_vin(vin: str) -> bool:
    return bool(_WMI.match(vin)) or _has_right_check_digit(vin)


def _has_right_check_digit(vin: str) -> bool:
    rest = sum(_VIN_VALUES[c] * w for c, w in zip(vin, _VIN_WEIGHTS, strict=True)) % 11
    return vin[8] == ("X" if rest == 10 else str(rest))


@lru_cache(maxsize=1024)
def _folded_letter(letter: str) -> str:
    return accents_folded(letter)[:1] or letter


def _makes(line: str, *, at_start: bool) -> Iterator[tuple[int, int]]:
    """Start and end of every make in `line`; folded letter by letter, so that positions stay."""
    folded = line.casefold() if line.isascii() else "".join(map(_folded_letter, line))
    for found in _MAKE.finditer(folded):
        written = line[found.start() : found.end()]
        if at_start and (found.start() > _LATEST_MAKE or _AFTER_MODEL.search(line[: found.start()])):
            return
        if found.group() in _EVERYDAY and not at_start:
            after = line[found.end() : found.end() + 2]
            if written.islower() or not re.match(r" [A-Z0-9]", after):
                continue
        yield found.start(), found.end()


def _model_after(rest: str, *, is_title: bool) -> str | None:
    rest = rest.lstrip(" -–,:")
    if m := _LONG_MODELS.match(rest):
        return m.group()
    m = _MODEL_WORD.match(rest)
    if not m:
        return None
    word = m.group().strip(".!-/'’")
    # In running text only what may be a model: capitalised or with a digit; "VW zu verkaufen" has none.
    looks_like_model = is_title or word[:1].isupper() or any(c.isdigit() for c in word) or word.startswith("e-")
    return word if word and looks_like_model else None
