"""One HTTP request as far as we need it: method, path and the header fields; and the answer as bytes (RFC 9112)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

LONGEST_HEAD = 8 * 1024

_REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) (/[!-~]*) HTTP/1\.[01]")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*")


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. The query and any body are not looked at: nothing we answer depends on them."""

    method: str
    path: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What we answer; every connection ends with its one answer."""

    status: HTTPStatus
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"
    fields: tuple[tuple[str, str], ...] = ()

    def octets(self, *, with_body: bool = True) -> bytes:
        """The answer for the wire; to HEAD it goes without its body."""
        body = self.body.encode()
        lines = [
            f"HTTP/1.1 {self.status.value} {self.status.phrase}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Connection: close",
            *(f"{name}: {value}" for name, value in self.fields),
        ]
        return "\r\n".join([*lines, "", ""]).encode("ascii") + (body if with_body else b"")


def plain(status: HTTPStatus, *fields: tuple[str, str]) -> Answer:
    """An answer that says its status in words."""
    return Answer(status, f"{status.phrase}\n", fields=fields)


def parse_head(head: bytes) -> Request | None:
    """Read a head of at most LONGEST_HEAD octets, the empty line at its end included; None if it is no HTTP/1 head.

    A field that stands twice counts with its first value: none of ours may.
    """
    first, *rest = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    asked = _REQUEST_LINE.fullmatch(first)
    if asked is None:
        return None
    fields: dict[str, str] = {}
    for line in rest:
        found = _FIELD.fullmatch(line)
        if found is None:
            return None
        fields.setdefault(found[1].decode("ascii").lower(), found[2].decode("latin-1"))
    return Request(asked[1].decode("ascii"), asked[2].decode("ascii").partition("?")[0], fields)
