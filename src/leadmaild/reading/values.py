"""Raw texts to values: what each kind of field makes of the text a label, element or header held.

A reader yields (target, value) pairs: a title also yields make and model, a name its parts. Nothing is guessed: what
the text does not hold is not yielded, or yielded empty.
"""

from collections.abc import Iterator

from leadmaild.model.reading import RequestType
from leadmaild.reading.fields import addresses, amounts, dates, figures, names, phones, requests, vehicles
from leadmaild.reading.fields.folding import accents_folded, one_line, plain_blanks
from leadmaild.reading.fields.references import references_in
from leadmaild.reading.findings import Locale

Values = Iterator[tuple[str, object]]

_LONGEST_MESSAGE = 20_000
_UNTIDY_LINE_ENDS = (" \n", "\t\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
_LONGEST_TEXT = 200
# What people and forms write into a field they leave open; folded, without marks around it.
_SAYS_NOTHING = frozenset(
    (
        "keine", "keine angabe", "keine angaben", "k.a", "ka", "n/a", "n.a", "none", "nicht angegeben", "unbekannt",
        "not specified", "not provided", "unknown", "neant", "aucun", "aucune", "non renseigne", "nessuno", "nessuna",
        "geen", "n.v.t", "nvt",
    )
)  # fmt: skip


def text_of(path: str, raw: str, _locale: Locale) -> Values:
    """One line of text, if it says anything."""
    line = one_line(raw)[:_LONGEST_TEXT]
    if any(map(str.isalnum, line)) and accents_folded(line).strip(" .-–") not in _SAYS_NOTHING:
        yield path, line


def message_of(path: str, raw: str, _locale: Locale) -> Values:
    """The customer's words, lines kept."""
    words = plain_blanks(raw[: 2 * _LONGEST_MESSAGE]).strip()
    if any(end in words for end in _UNTIDY_LINE_ENDS):
        words = "\n".join(line.rstrip() for line in words.splitlines())
    yield path, words[:_LONGEST_MESSAGE]


def email_of(path: str, raw: str, _locale: Locale) -> Values:
    """One e-mail address."""
    if email := addresses.email_of(raw):
        yield path, email


def phone_of(path: str, raw: str, locale: Locale) -> Values:
    """Every telephone number in the value; an address beside it goes where it belongs."""
    for phone in phones.phones_in(raw, locale.region):
        yield path, phone.e164
    # The label "Telefon/E-Mail" holds both.
    if path == "contact.phone" and "@" in raw:
        yield from email_of("contact.email", raw, locale)


def title_of_person_or_ad_of(_path: str, raw: str, locale: Locale) -> Values:
    """`Titel` is Dr. in a contact block and the headline of the ad in a vehicle block: the value tells."""
    line = one_line(raw)
    if names.name_parts(f"{line} x").title == line:
        yield "contact.title", line
    elif len(line) > 5:
        yield from vehicle_title_of("vehicle.title", raw, locale)


def vehicle_title_of(path: str, raw: str, locale: Locale) -> Values:
    """A vehicle's title, make and model out of it, and the figures on the lines below it."""
    group = path.partition(".")[0]
    if group == "trade_in" and (requests.is_refusal(raw) or requests.is_consent(raw)):  # "Fahrzeug in Zahlung: nein"
        yield from request_flag_of("request.trade_in", raw, locale)
        return
    lines = raw.strip().split("\n")
    of_title = [line for n, line in enumerate(lines) if n == 0 or not figures.figures_in(line)]
    title = one_line("\n".join(of_title))[:_LONGEST_TEXT]
    for line in lines[1:]:
        for name, written in figures.figures_in(line).items():
            yield from _FIGURE_READERS[name](f"{group}.{name}", written, locale)
    yield f"{group}.title", title
    make, model = vehicles.make_and_model(title)
    yield f"{group}.make", make
    yield f"{group}.model", model
    if group == "vehicle":  # the customer's own car has no number of the dealer's
        yield from ((f"{group}.{name}", number) for name, number, _ in references_in(title))


def whole_make_and_model_of(path: str, raw: str, _locale: Locale) -> Values:
    """A text that is make and model and nothing else: all behind the make is the model."""
    line = one_line(raw)[:_LONGEST_TEXT]
    group = path.partition(".")[0]
    make, _ = vehicles.make_and_model(line)
    if make is None or not line.startswith(make):
        make = line.partition(" ")[0]
    yield f"{group}.title", line
    yield f"{group}.make", make
    yield f"{group}.model", line[len(make) :].strip() or None


def make_of(path: str, raw: str, _locale: Locale) -> Values:
    """A make; where the value names the model too, both."""
    line = one_line(raw)[:_LONGEST_TEXT]
    make, model = vehicles.make_and_model(line)
    if make and model and not vehicles.is_make(line):  # "Marke: VW Golf"
        group = path.partition(".")[0]
        yield path, make
        yield f"{group}.model", model
    else:
        yield path, line


def model_of(path: str, raw: str, _locale: Locale) -> Values:
    """A model; where the value begins with the make, both."""
    line = one_line(raw)[:_LONGEST_TEXT]
    make, model = vehicles.make_and_model(line)
    group = path.partition(".")[0]
    if make and model:  # the make in the model's field
        yield f"{group}.title", line
        yield f"{group}.make", make
        yield path, model
    else:
        yield path, line


def identifier_of(path: str, raw: str, _locale: Locale) -> Values:
    """A number or code that identifies something."""
    value = one_line(raw)[:60].strip(" #")
    if any(map(str.isalnum, value)) and accents_folded(value).strip(" .-–") not in _SAYS_NOTHING:
        yield path, value


def url_of(path: str, raw: str, _locale: Locale) -> Values:
    """The first link in the value."""
    for piece in plain_blanks(raw).replace("<", " ").replace(">", " ").split():
        if piece.lower().startswith(("http://", "https://")):
            yield path, piece.rstrip(".,;)")
            return


def money_of(path: str, raw: str, locale: Locale) -> Values:
    """An amount with its currency."""
    group, _, name = path.partition(".")
    if group == "trade_in" and name == "price":
        path = "trade_in.price_expectation"
    money = amounts.money_in(raw, locale.currency)
    if money and money.amount > 0:
        yield path, money


def month_of(path: str, raw: str, _locale: Locale) -> Values:
    """A month, or the year where no month is written."""
    if month := dates.month_in(raw):
        yield path, month
    elif year := dates.year_in(raw):
        yield path.replace("first_registration", "year"), year


def year_of(path: str, raw: str, _locale: Locale) -> Values:
    """A year, or the month where one is written."""
    if month := dates.month_in(raw):
        yield path.replace(".year", ".first_registration"), month
    elif year := dates.year_in(raw):
        yield path, year


def mileage_of(path: str, raw: str, locale: Locale) -> Values:
    """A distance and its unit."""
    if found := amounts.mileage_in(raw, locale.region):
        yield path, found[0]
        yield f"{path}_unit", found[1]


def vin_of(path: str, raw: str, _locale: Locale) -> Values:
    """A VIN."""
    yield path, vehicles.vin_of(raw)


def type_key_of(path: str, raw: str, _locale: Locale) -> Values:
    """The German type key, whole or one half of it."""
    group, _, name = path.partition(".")
    hsn, tsn = vehicles.hsn_tsn_in(raw)
    if hsn is None:
        hsn = vehicles.hsn_of(raw) if name != "tsn" else None
        tsn = vehicles.tsn_of(raw) if name == "tsn" else None
    yield f"{group}.hsn", hsn
    yield f"{group}.tsn", tsn


def condition_of(path: str, raw: str, _locale: Locale) -> Values:
    """New or used."""
    yield path, vehicles.condition_of(raw)


def whole_number_of(path: str, raw: str, _locale: Locale) -> Values:
    """A whole number."""
    yield path, amounts.whole_number_in(raw)


def months_of(path: str, raw: str, _locale: Locale) -> Values:
    """A term in months."""
    yield path, amounts.months_in(raw)


def date_of(path: str, raw: str, _locale: Locale) -> Values:
    """A wished day: ISO where it is a whole date, else the customer's words; and the time beside it."""
    day = dates.date_in(raw)
    yield path, day or one_line(raw)[:_LONGEST_TEXT]
    if day:
        yield "preferred_time", dates.wished_time_in(raw)


def time_of(path: str, raw: str, _locale: Locale) -> Values:
    """A wished time: normalised only where it is bare, else the customer's words; and the date beside it."""
    line = one_line(raw)[:_LONGEST_TEXT]
    day = dates.date_in(line)
    yield "preferred_date", day
    wished = dates.wished_time_in(line)
    yield path, wished if day or (wished and wished[:1].isdigit() and ":" in wished) else line


def instant_of(path: str, raw: str, locale: Locale) -> Values:
    """An instant; a bare time of day belongs to the day of the mail."""
    if found := dates.instant_in(raw):
        yield path, found
    elif (clock := dates.time_in(raw)) and locale.sent:
        yield path, f"{locale.sent[:10]}T{clock}:00{locale.sent[19:]}"


def request_of(_path: str, raw: str, _locale: Locale) -> Values:
    """What is asked for by its own field: a type of ours, or words in any of the five languages."""
    raw = requests.ticked(raw)
    known = {r.value for r in RequestType}
    for piece in raw.replace(";", ",").split(","):
        if piece.strip() in known:
            yield "request_type", RequestType(piece.strip())
    for wish in requests.wishes_in(raw):
        yield "request_type", wish


def request_flag_of(path: str, raw: str, _locale: Locale) -> Values:
    """`Probefahrt: ja`, `Finanzierung: nein`, `Inzahlungnahme: VW Golf 2014` (anything but a no is a yes)."""
    wish = RequestType(path.partition(".")[2])
    if requests.is_refusal(raw):
        yield "refused", wish
        return
    yield "request_type", wish
    if wish is RequestType.TRADE_IN and not requests.is_consent(raw):
        make, model = vehicles.make_and_model(raw)
        if make:
            yield "trade_in.title", one_line(raw)[:_LONGEST_TEXT]
            yield "trade_in.make", make
            yield "trade_in.model", model
    elif wish in (RequestType.TEST_DRIVE, RequestType.VIEWING, RequestType.CALL_BACK) and not requests.is_consent(raw):
        day = dates.date_in(raw)
        yield "preferred_date", day
        if day or dates.time_in(raw):
            yield "preferred_time", dates.wished_time_in(raw)


def subject_words_of(_path: str, raw: str, _locale: Locale) -> Values:
    """The subject a form carries in its body: a field of its own for what is wanted."""
    yield "subject", one_line(raw)[:_LONGEST_TEXT]
    for wish in requests.wishes_in(raw):
        yield "request_type", wish


def flag_of(path: str, raw: str, _locale: Locale) -> Values:
    """Whether the value says yes."""
    yield path, requests.is_consent(raw) or accents_folded(raw).strip() == "resend"


def channel_of(path: str, raw: str, _locale: Locale) -> Values:
    """mail, phone or chat."""
    folded = accents_folded(raw)
    if folded in ("mail", "phone", "chat"):
        yield path, folded


_FIGURE_READERS = {"mileage": mileage_of, "first_registration": month_of, "price": money_of}
