"""A real name server on loopback, over UDP, with the records a test gives it."""

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from leadmaild.resolver import Resolver

SILENT = "(silent)"
BROKEN = "(servfail)"

# name -> kind -> records as in a zone file; TXT without quotes. Instead of records: SILENT or BROKEN.
Zone = Mapping[str, Mapping[str, list[str] | str]]


class NameServer:
    """Answers from `zone`, which a test may change while it runs; `asked` holds the questions it got."""

    def __init__(self, zone: Zone) -> None:
        self.zone = dict(zone)
        self.asked: list[tuple[str, str]] = []
        server = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                question, socket = self.request
                if (answer := server.answer(dns.message.from_wire(question))) is not None:
                    socket.sendto(answer.to_wire(), self.client_address)

        self._udp = socketserver.UDPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._udp.server_address[1]

    def answer(self, query: dns.message.Message) -> dns.message.Message | None:
        (question,) = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        here = self.zone.get(name)
        found = (here or {}).get(kind, (here or {}).get("ANY"))
        if found == SILENT:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if found == BROKEN:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif here is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif found:
            texts = [_written(kind, text) for text in found]
            response.answer.append(dns.rrset.from_text_list(question.name, 300, "IN", kind, texts))
        return response

    def serve(self) -> None:
        self._udp.serve_forever(poll_interval=0.02)

    def close(self) -> None:
        self._udp.shutdown()
        self._udp.server_close()


def _written(kind: str, text: str) -> str:
    if kind in ("MX", "PTR", "CNAME"):
        return text if text.endswith(".") else f"{text}."
    if kind != "TXT":
        return text
    pieces = [text[i : i + 250] for i in range(0, len(text), 250)] or [""]
    return " ".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces)


@contextmanager
def name_server(zone: Zone) -> Iterator[NameServer]:
    server = NameServer(zone)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()


def resolver_of(server: NameServer, **more) -> Resolver:
    return Resolver(["127.0.0.1"], server.port, **more)
