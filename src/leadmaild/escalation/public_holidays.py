"""The public holidays of a region, as days off (R10)."""

from functools import lru_cache

from leadmaild.errors import NotFound
from leadmaild.model.location import DayOff

# The years for which holidays are computed: what the library knows of Germany, and one calendar for all questions.
YEARS = range(2000, 2101)

# Regions where a holiday that the library lists for Catholic communities only is one nearly everywhere: Assumption Day
# in Bavaria. Elsewhere (Corpus Christi in parts of Saxony and Thuringia) it is an exception for the dealer to enter.
_MOSTLY_CATHOLIC = frozenset({"DE-BY"})


@lru_cache(maxsize=64)
def public_holidays(region: str, language: str = "de") -> tuple[DayOff, ...]:
    """The public holidays of a region such as "DE-BY", "DE" or "AT-9" in YEARS, in order, a day each.

    Names are in `language` where the library has it, else in the country's own. Raises errors.NotFound if the region is
    not known, saying which are.
    """
    import holidays  # here, because it takes a while to load and few locations need it

    country, _, subdivision = region.partition("-")
    countries = holidays.list_supported_countries()
    if country not in countries:
        raise NotFound(f'no public holidays are known for "{region}"; write the region like "DE" or "DE-BY"')
    if subdivision and subdivision not in countries[country]:
        known = ", ".join(f"{country}-{code}" for code in countries[country]) or "none"
        raise NotFound(f'no public holidays are known for "{region}"; regions of {country}: {known}')
    calendar = getattr(holidays, country)
    named = calendar(
        subdiv=subdivision or None,
        years=YEARS,
        language=language if language in calendar.supported_languages else calendar.default_language,
        categories=("public", "catholic") if region in _MOSTLY_CATHOLIC else None,
    )
    return tuple(DayOff(day, day, name) for day, name in sorted(named.items()))
