"""One ADF prospect element to findings (lead-formats 2): what each element means, with the quirks seen."""

import re
from xml.etree.ElementTree import Element

from leadmaild.model.reading import RequestType
from leadmaild.reading.fields import amounts, names, vehicles
from leadmaild.reading.fields.folding import one_line
from leadmaild.reading.findings import STRUCTURED, Findings, Locale
from leadmaild.reading.targets import put

_INTEREST_TYPES = {
    "test-drive": RequestType.TEST_DRIVE,
    "testdrive": RequestType.TEST_DRIVE,
    "lease": RequestType.LEASING,
}
_CUSTOMERS_OWN = ("trade-in", "tradein", "trade in", "trade", "sell")
_ASKING_PRICES = ("", "asking", "quote", "internet", "sale", "list")
_PHONE_CHANNEL = re.compile(r"\b(?:calls?|phone|telefon\w*|anruf\w*|telephon\w*)\b", re.IGNORECASE)
_CHAT_CHANNEL = re.compile(r"\b(?:chat|live ?chat|messag(?:e|ing)|text|sms)\b", re.IGNORECASE)
_HAS_DIGIT = re.compile(r"\d")
_COUNTER = re.compile(r"\d{1,4}")
# Formatting that a form's editor left in the words, CDATA included; anything else in brackets is the customer's.
_LINE_BREAK = re.compile(r"<br\s*/?>|</p>", re.IGNORECASE)
_MARKUP = re.compile(r"</?(?:b|i|u|p|strong|em|div|span|font)(?:\s[^<>]{0,200})?>", re.IGNORECASE)


class ProspectElement:
    """Reads one prospect element."""

    def __init__(self, element: Element, locale: Locale, where: str) -> None:
        self._element = element
        self._locale = locale
        self._where = where
        self._findings = Findings()

    def read(self) -> Findings:
        """Return what the prospect says."""
        self._head()
        customer = self._element.find("customer")
        if customer is not None:
            self._contact(customer)
        self._comments(customer)
        self._vehicles()
        self._provider()
        return self._findings

    def _put(self, path: str, raw: str, rule: str, locale: Locale | None = None) -> None:
        if raw.strip():
            put(
                self._findings,
                path,
                raw,
                locale or self._locale,
                where=self._where,
                rule=f"adf:{rule}",
                confidence=STRUCTURED,
            )

    def _add(self, path: str, value: object, raw: str, rule: str) -> None:
        self._findings.add(path, value, raw, self._where, f"adf:{rule}", STRUCTURED)

    def _head(self) -> None:
        self._put("source_lead_id", self._id_written(), "id")
        self._put("requested_at", text_of(self._element.find("requestdate")), "requestdate")
        if "resend" in self._element.get("status", "").lower():
            self._add("resend", True, self._element.get("status", ""), "prospect/status")

    def _id_written(self) -> str:
        """The lead's id: in the text, else in an attribute. A provider's name or a counter is in every lead, no id."""
        ids = self._element.findall("id")
        if in_text := next((text for i in ids if (text := text_of(i))), ""):
            return in_text
        in_attributes = (i.get(name, "").strip() for name in ("source", "sequence") for i in ids)
        return next((v for v in in_attributes if _HAS_DIGIT.search(v) and not _COUNTER.fullmatch(v)), "")

    def _contact(self, customer: Element) -> None:
        contact = customer.find("contact")
        if contact is None:
            contact = customer
        self._names(contact)
        emails = contact.findall("email")
        emails.sort(key=lambda e: e.get("preferredcontact", "") != "1")
        for element in emails[:1]:
            self._put("contact.email", text_of(element).replace("mailto:", ""), "contact/email")
        for element in contact.findall("phone"):
            kind = element.get("type", "").lower()
            if kind == "pager":
                continue
            self._put(
                "contact.fax" if kind == "fax" else "contact.phone", text_of(element), f"contact/phone {kind}".strip()
            )
            self._wished_time(element.get("time", ""))
        self._address(contact.find("address"))
        self._put("buyer_id", text_of(customer.find("id")), "customer/id")
        timeframe = customer.find("timeframe")
        if timeframe is not None:
            self._put("preferred_date", text_of(timeframe.find("earliestdate")), "timeframe")

    def _wished_time(self, time: str) -> None:
        if time.lower() not in ("", "nopreference"):
            self._put("preferred_time", time, "phone/time")

    def _names(self, contact: Element) -> None:
        by_part: dict[str, str] = {}
        for element in contact.findall("name"):
            text = one_line(text_of(element))
            if element.get("type", "").lower() == "business" or (names.is_company(text) and len(text.split()) > 1):
                self._put("contact.company", text, "contact/name business")
            elif text:
                by_part.setdefault(element.get("part", "full").lower() or "full", text)
        first, last = by_part.get("first", ""), by_part.get("last", "") or by_part.get("surname", "")
        if first or last:
            self._put("contact.first_name", first, "contact/name first")
            self._put("contact.last_name", last, "contact/name last")
        if "full" in by_part and not (first and last):
            self._put("contact.name", by_part["full"], "contact/name full")

    def _address(self, address: Element | None) -> None:
        if address is None:
            return
        streets = sorted(address.findall("street"), key=lambda s: s.get("line", "1"))
        lines = [one_line(text_of(s)) for s in (*streets, *address.findall("apartment")) if text_of(s)]
        self._put("contact.street", ", ".join(lines), "address/street")
        postcode, city = (one_line(text_of(address.find(tag))) for tag in ("postalcode", "city"))
        if not postcode and city[:1].isdigit():  # "50667 Köln" as the city
            self._put("contact.zip_city", city, "address/city")
        else:
            self._add("contact.zip", postcode, postcode, "address/postalcode")
            self._add("contact.city", city, city, "address/city")
        self._put("contact.country", text_of(address.find("country")), "address/country")

    def _comments(self, customer: Element | None) -> None:
        places = [self._element]
        if customer is not None:
            places = [customer, *customer.findall("contact"), self._element]
        texts = [text_of(e) for place in places for tag in ("comments", "comment") for e in place.findall(tag)]
        message = "\n".join(dict.fromkeys(_MARKUP.sub("", _LINE_BREAK.sub("\n", t)) for t in texts if t))
        self._put("message", message, "customer/comments")

    def _vehicles(self) -> None:
        has_wanted = False
        for vehicle in self._element.findall("vehicle"):
            interest = re.sub(r"[\s_]+", "-", vehicle.get("interest", "buy").lower().strip())
            is_own = interest in _CUSTOMERS_OWN
            if wish := _INTEREST_TYPES.get(interest):
                self._add("request_type", wish, interest, "vehicle/interest")
            if is_own:
                self._add("request_type", RequestType.TRADE_IN, interest, "vehicle/interest")
            self._finance(vehicle.find("finance"))
            if is_own or not has_wanted:
                self._vehicle(vehicle, "trade_in" if is_own else "vehicle")
            has_wanted = has_wanted or not is_own

    def _vehicle(self, vehicle: Element, group: str) -> None:
        def text(tag: str) -> str:
            return one_line(text_of(vehicle.find(tag)))

        year = text("year")
        if year.strip("0"):
            self._put(f"{group}.year", year, "vehicle/year")
        make, model = text("make"), text("model")
        self._put(f"{group}.make", make, "vehicle/make")
        written, _ = vehicles.make_and_model(model)
        if make and written and vehicles.is_same_make(written, make) and model.startswith(f"{written} "):
            model = model[len(written) + 1 :]
        if make:
            self._add(f"{group}.model", model, model, "vehicle/model")
        else:
            self._put(f"{group}.model", model, "vehicle/model")
        for tag, name in (("vin", "vin"), ("stock", "internal_number"), ("trim", "variant"), ("id", "ad_id"),
                          ("transmission", "gearbox")):  # fmt: skip
            self._put(f"{group}.{name}", text(tag), f"vehicle/{tag}")
        self._add(
            f"{group}.condition",
            vehicles.condition_of(vehicle.get("status", "")),
            vehicle.get("status", ""),
            "vehicle/status",
        )
        self._odometer(vehicle.find("odometer"), group)
        for price in vehicle.findall("price"):
            self._price(price, group)

    def _odometer(self, odometer: Element | None, group: str) -> None:
        if odometer is None:
            return
        value, units = odometer.find("value"), odometer.find("units")
        written = text_of(value) if value is not None else _own_text(odometer)
        unit = (text_of(units) if units is not None else "") or odometer.get("units", "")
        found = amounts.mileage_in(f"{written} {unit}".strip(), self._locale.region)
        if found:
            self._add(f"{group}.mileage", found[0], written, "vehicle/odometer")
            self._add(f"{group}.mileage_unit", found[1], unit, "vehicle/odometer")

    def _price(self, price: Element, group: str) -> None:
        kind = price.get("type", "").lower()
        currency = price.get("currency", "").upper()[:3] or self._locale.currency
        if group == "trade_in":
            path = "trade_in.price_expectation"
        elif kind == "offer":
            path = "proposed_price"
        elif kind in _ASKING_PRICES:
            path = "vehicle.price"
        else:
            return
        money = amounts.money_in(text_of(price), currency)
        if money and money.amount > 0:
            self._add(path, money, text_of(price), f"vehicle/price {kind}".strip())

    def _finance(self, finance: Element | None) -> None:
        if finance is None:
            return
        method = text_of(finance.find("method")).lower()
        if "lease" in method or "leasing" in method:
            self._add("request_type", RequestType.LEASING, method, "finance/method")
        elif method and "cash" not in method:
            self._add("request_type", RequestType.FINANCING, method, "finance/method")
        for amount in finance.findall("amount"):
            path = {"downpayment": "finance.down_payment", "monthly": "finance.monthly"}.get(
                amount.get("type", "").lower()
            )
            if path:
                self._money(path, amount)
        balance = finance.find("balance")
        if balance is not None and balance.get("type", "residual").lower() in ("residual", "finance"):
            self._money("finance.final_payment", balance)

    def _money(self, path: str, element: Element) -> None:
        money = amounts.money_in(text_of(element), element.get("currency", "").upper()[:3] or self._locale.currency)
        if money and money.amount > 0:
            self._add(path, money, text_of(element), "finance/amount")

    def _provider(self) -> None:
        provider = self._element.find("provider")
        if provider is not None:
            self._put("source_provider", text_of(provider.find("name")), "provider/name")
            service = " ".join(text_of(s) for s in provider.findall("service"))
            if _PHONE_CHANNEL.search(service):
                self._add("channel", "phone", service, "provider/service")
            elif _CHAT_CHANNEL.search(service):
                self._add("channel", "chat", service, "provider/service")
        if not self._findings.has("source_provider"):
            sources = ((i.get("source", ""), text_of(i)) for i in self._element.findall("id"))
            source = next((s for s, text in sources if s and (text or not _HAS_DIGIT.search(s))), "")
            self._put("source_provider", source, "id/source")


def text_of(element: Element | None) -> str:
    """All text in an element, "" without one."""
    return "".join(element.itertext()).strip() if element is not None else ""


def _own_text(element: Element) -> str:
    return (element.text or "").strip()
