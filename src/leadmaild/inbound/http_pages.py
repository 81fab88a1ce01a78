"""What is answered by HTTP: `/health` for load balancers and people, `/metrics` for Prometheus.

Anybody may ask for the one word of `/health`. Everything else is for whoever shows the token or, where none is set, for
programs on this machine. Nothing here names a person (R182).
"""

import hmac
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from leadmaild.errors import Unavailable
from leadmaild.inbound.http_request import Answer, Request, plain
from leadmaild.model.health import Health, HealthStatus

_READS = ("GET", "HEAD")
_METRICS = "text/plain; version=0.0.4; charset=utf-8"


class HttpPages:
    """Answers requests. `token` gives the one that is set, and raises Unavailable if it cannot be had now."""

    def __init__(
        self,
        look: Callable[[], Awaitable[Health]],
        metrics: Callable[[Health], str],
        token: Callable[[], str],
        is_local: Callable[[], bool],
    ) -> None:
        self._look = look
        self._metrics = metrics
        self._token = token
        self._is_local = is_local

    async def answer(self, request: Request) -> Answer:
        """The answer to one request."""
        if request.path not in ("/health", "/metrics"):
            return plain(HTTPStatus.NOT_FOUND)
        if request.method not in _READS:
            return plain(HTTPStatus.METHOD_NOT_ALLOWED, ("Allow", ", ".join(_READS)))
        refusal = self._refusal(request)
        if request.path == "/health":
            return _health(await self._look(), in_detail=refusal is None)
        return refusal or Answer(HTTPStatus.OK, self._metrics(await self._look()), _METRICS)

    def _refusal(self, request: Request) -> Answer | None:
        try:
            token = self._token()
        except Unavailable:  # not there yet: shut until it is, as `check-config` says
            return plain(HTTPStatus.FORBIDDEN)
        if not token:
            return None if self._is_local() else plain(HTTPStatus.FORBIDDEN)
        scheme, _, shown = request.fields.get("authorization", "").partition(" ")
        is_right = hmac.compare_digest(shown.strip().encode("latin-1"), token.encode())
        if scheme.lower() == "bearer" and is_right:
            return None
        return plain(HTTPStatus.UNAUTHORIZED, ("WWW-Authenticate", "Bearer"))


def _health(health: Health, *, in_detail: bool) -> Answer:
    """Only a gateway that cannot take mail is out of service for a load balancer; one that is behind goes on."""
    shown: dict[str, object] = {"status": str(health.status)}
    if in_detail:
        shown["checks"] = [
            {"name": check.name, "status": str(check.status)}
            | ({"about": check.about} if check.about else {})
            | ({"why": check.why} if check.why else {})
            for check in health.checks
        ]
    is_out = health.status is HealthStatus.FAILING
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_out else HTTPStatus.OK
    return Answer(status, json.dumps(shown) + "\n", "application/json")
