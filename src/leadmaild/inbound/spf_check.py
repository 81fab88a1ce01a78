"""SPF (RFC 7208): whether the domain of the envelope sender lets this client send for it. Asks DNS; blocks."""

from datetime import timedelta
from functools import cache
from time import monotonic
from typing import Any

from leadmaild.errors import Unavailable
from leadmaild.resolver import Resolver

# RFC 7208 4.6.4 wants at least 20 s; here a lead waits.
BUDGET = timedelta(seconds=4)


def check_spf(resolver: Resolver, client: str, reverse_path: str, helo: str) -> str:
    """The result for an IP address, the envelope sender's address and the HELO name: pass, fail, softfail, neutral,
    none, temperror or permerror. Never raises."""
    evaluation = _query()
    try:
        result: str = evaluation(resolver, client, reverse_path, helo).check()[0]
    except Exception:  # noqa: BLE001  # records are a stranger's text: what the library breaks on is an error in them
        return "permerror"
    return result


@cache
def _query() -> Any:
    """The library's evaluation with our questions to DNS under it; loaded when the first mail needs it."""
    import spf

    class Query(spf.query):  # type: ignore[misc]
        """One evaluation."""

        def __init__(self, resolver: Resolver, client: str, reverse_path: str, helo: str) -> None:
            super().__init__(i=client, s=reverse_path, h=helo)
            self._resolver = resolver
            self._ends_at = monotonic() + BUDGET.total_seconds()

        def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:  # noqa: ARG002
            """Answer as the library expects; DNS servers and our resolver follow CNAMEs."""
            name = str(name).rstrip(".").lower()
            if not name or any(not 0 < len(label) < 64 for label in name.split(".")):
                return []
            if (name, qtype) not in self.cache:
                self.cache[name, qtype] = self._asked(name, qtype)
            found: list[Any] = self.cache[name, qtype]
            if not found and not ignore_void:
                self.void_lookups += 1
                if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                    raise spf.PermError("too many questions without an answer")
            return found

        def _asked(self, name: str, qtype: Any) -> list[Any]:
            left = self._ends_at - monotonic()
            if left <= 0:
                raise spf.TempError("DNS took too long")
            try:
                answers = self._resolver.ask(name, qtype, timedelta(seconds=left))
            except Unavailable as failure:
                raise spf.TempError(str(failure)) from failure
            if qtype == "TXT":
                return [(text.encode("latin-1"),) for text in answers]
            if qtype == "MX":
                return [(int(preference), host) for preference, _, host in (a.partition(" ") for a in answers)]
            return list(answers)

    return Query
