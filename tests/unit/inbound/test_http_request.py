from http import HTTPStatus

import pytest

from leadmaild.inbound.http_request import Answer, Request, parse_head


def head(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n"


def test_method_path_and_fields_are_read():
    request = parse_head(head("GET /health?verbose=1 HTTP/1.1\nHost: localhost:8025\nAUTHORIZATION:  Bearer abc "))
    assert request == Request("GET", "/health", {"host": "localhost:8025", "authorization": "Bearer abc"})


def test_of_a_field_that_stands_twice_the_first_counts():
    request = parse_head(head("GET / HTTP/1.0\nAuthorization: Bearer a\nAuthorization: Bearer b"))
    assert request is not None
    assert request.fields["authorization"] == "Bearer a"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GET /health",
        "GET  /health HTTP/1.1",
        "GET /health HTTP/2.0",
        "get /health HTTP/1.1",
        "GET http://elsewhere.example/ HTTP/1.1",
        "GET /\x00 HTTP/1.1",
        "GET / HTTP/1.1\nHost : x",
        "GET / HTTP/1.1\nfolded: a\n b",
        "GET / HTTP/1.1\nno colon",
        "EHLO mx.example",
    ],
)
def test_what_is_no_http_head_is_refused(text):
    assert parse_head(head(text)) is None


def test_an_answer_says_how_long_it_is_and_ends_the_connection():
    answer = Answer(HTTPStatus.OK, "häh\n", fields=(("Allow", "GET"),))
    before, _, body = answer.octets().partition(b"\r\n\r\n")
    lines = before.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 200 OK"
    assert {"Content-Length: 5", "Connection: close", "Cache-Control: no-store", "Allow: GET"} <= set(lines)
    assert body == "häh\n".encode()
    assert answer.octets(with_body=False) == before + b"\r\n\r\n"
