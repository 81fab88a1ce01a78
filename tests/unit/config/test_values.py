from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from leadmaild.config import values
from leadmaild.config.endpoints import Endpoint, Network, parse_endpoint
from leadmaild.config.values import anchored, parse_window
from leadmaild.model.location import Window


def fails(kind, value):
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return True
    return False


@pytest.mark.rule("R8")
@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("09:00-18:00", Window(540, 1080)),
        ("9:00 - 18:00", Window(540, 1080)),
        ("00:00-24:00", Window(0, 1440)),
        ("23:59-24:00", Window(1439, 1440)),
        ("13:30–19:00", Window(810, 1140)),
    ],
)
def test_a_window_is_two_local_times(text, window):
    assert parse_window(text) == window


@pytest.mark.rule("PF42")
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("09:00-09:00", "has no length"),
        ("22:00-06:00", "over midnight"),
        ("24:00-24:00", "not a time of the day"),
        ("09:00-24:01", "not a time of the day"),
        ("09:60-10:00", "not a time of the day"),
        ("25:00-26:00", "not a time of the day"),
        ("09:00", "is not a window"),
        ("9-18", "is not a window"),
        ("09:00-18:00-19:00", "is not a window"),
        (900, "is not a window"),
    ],
)
def test_what_is_no_window_says_what_is_right(text, why):
    with pytest.raises(ValueError, match=why):
        parse_window(text)


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("127.0.0.1:2525", Endpoint("127.0.0.1", 2525)),
        ("[::]:25", Endpoint("::", 25)),
        ("localhost:0", Endpoint("localhost", 0)),
        ("unix:/run/leadmaild/lmtp.sock", Endpoint(path="/run/leadmaild/lmtp.sock")),
    ],
)
def test_an_endpoint_is_host_and_port_or_a_socket_and_prints_as_written(text, endpoint):
    assert parse_endpoint(text) == endpoint
    assert str(endpoint) == text


@pytest.mark.parametrize("text", ["", "25", "127.0.0.1", ":25", "127.0.0.1:99999", "::1:25", "[127.0.0.1", "unix:", 25])
def test_what_is_no_endpoint_is_refused(text):
    with pytest.raises(ValueError, match="not an address to listen on"):
        parse_endpoint(text)


def test_addresses_are_taken_strictly_with_the_domain_in_a_labels():
    assert TypeAdapter(values.AddressText).validate_python("Info@Müller.example") == "Info@xn--mller-kva.example"
    for wrong in ("", "info", "info@", "a b@haus.example", "<a@haus.example>", "a@haus", "a@b@haus.example"):
        assert fails(values.AddressText, wrong), wrong


@pytest.mark.rule("BI-80")
def test_a_network_that_is_the_whole_internet_is_not_trusted():
    assert fails(Network, "0.0.0.0/0")
    assert fails(Network, "::/0")
    assert fails(Network, "192.0.2.1/24")
    assert not fails(Network, "192.0.2.0/24")


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (values.Timezone, ["Europe/Berlin", "UTC"], ["Berlin", "", "../etc/passwd", "Europe/berlin2"]),
        (values.Language, ["de", "en"], ["deu", "DE", "xx", "german", ""]),
        (values.HolidayRegion, ["", "DE", "DE-BY", "AT"], ["BAYERN", "DE-XX", "XX"]),
        (
            values.OptionalUrl,
            ["", "https://a.example", "http://x:80/y"],
            ["a.example", "ftp://x", "https://", "https://a b"],
        ),
        (values.OwnHostname, ["", "mx.dein.example"], ["localhost", "x.localdomain", "a b", "-"]),
        (values.OptionalHost, ["", "mx.example", "192.0.2.1", "2001:db8::1", "localhost"], ["a b", "http://x", "x:25"]),
        (values.DatabaseUrl, ["sqlite:///a.db", "postgresql://u@h/d"], ["", "sqlite://", "sqlite:///", "mysql://x/y"]),
        (values.Code, ["MUC", "muc-1", "m.müller"], ["", "a b", "-x", "a/b", "a\n"]),
        (values.Name, ["Neu & gebraucht"], ["", " ", "a\nb"]),
        (values.Port, [1, 65535], [0, 65536, "25", 2.5, True]),
        (values.Flag, [True, False], ["yes", 1, "true"]),
    ],
)
def test_each_kind_of_value_takes_what_is_right_and_nothing_else(kind, right, wrong):
    assert [value for value in right if fails(kind, value)] == []
    assert [value for value in wrong if not fails(kind, value)] == []


def test_a_pattern_may_use_its_own_names_only():
    check = values.pattern_with("first_name", "last_name")
    assert check("{last_name}, {first_name}") == "{last_name}, {first_name}"
    for wrong in ("{email}", "{first_name.__class__}", "{first_name!r}", "{first_name:>9}", "{", "{}", "{0}"):
        with pytest.raises(ValueError, match=r"knows no|brace"):
            check(wrong)


@pytest.mark.parametrize(
    ("text", "kind", "absolute"),
    [
        ("var/outgoing", "path", "/etc/leadmaild/var/outgoing"),
        ("/srv/x", "path", "/srv/x"),
        ("", "path", ""),
        ("sqlite:///var/x.db", "database", "sqlite:////etc/leadmaild/var/x.db"),
        ("sqlite:////srv/x.db", "database", "sqlite:////srv/x.db"),
        ("postgresql://h/d", "database", "postgresql://h/d"),
        ("file:key.pem", "reference", "file:/etc/leadmaild/key.pem"),
        ("env:NAME", "reference", "env:NAME"),
        ("https://haus.example/x.png", "reference", "https://haus.example/x.png"),
    ],
)
def test_relative_paths_count_from_the_folder_of_their_file(text, kind, absolute):
    assert anchored(text, kind, Path("/etc/leadmaild")) == absolute
