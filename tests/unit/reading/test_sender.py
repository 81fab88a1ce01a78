"""Who wrote the mail, and who only seems to have."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.model.address import parse_address
from leadmaild.model.reading import Sender
from leadmaild.reading.mime import parse
from leadmaild.reading.sender import address_defects, read_mailboxes, reply_to_of, sender_of


def sender(*values: str) -> Sender:
    return sender_of(parse("".join(f"From: {value}\r\n" for value in values).encode() + b"\r\nText"))


@pytest.mark.parametrize(
    ("value", "email", "name"),
    [
        ("max@kunde.example", "max@kunde.example", None),
        ("<max@kunde.example>", "max@kunde.example", None),
        ("Max Muster <max@kunde.example>", "max@kunde.example", "Max Muster"),
        ('"Muster, Max" <max@kunde.example>', "max@kunde.example", "Muster, Max"),
        ("Muster, Max <max@kunde.example>", "max@kunde.example", "Muster, Max"),
        ("max@kunde.example (Max (Junior) Muster)", "max@kunde.example", "Max (Junior) Muster"),
        ("=?utf-8?q?J=C3=B6rg?=\r\n =?utf-8?q?_M=C3=BCller?= <j@kunde.example>", "j@kunde.example", "Jörg Müller"),
        ("Jörg <j@kunde.example>", "j@kunde.example", "Jörg"),
        ("Max <max@MÜLLER.example>", "max@xn--mller-kva.example", "Max"),
        ("Max <@relay.example:max@kunde.example>", "max@kunde.example", "Max"),
        ('"Max \\"Junior\\" Muster" <max@kunde.example>', "max@kunde.example", 'Max "Junior" Muster'),
        ("max@kunde.example <max@kunde.example>", "max@kunde.example", "max@kunde.example"),
    ],
)
def test_an_honest_sender(value: str, email: str, name: str | None) -> None:
    assert sender(value) == Sender(email, name)


@pytest.mark.rule("BI-36")
@pytest.mark.parametrize("value", ["admin@bank.test <evil@x.test>", "<evil@x.test> admin@bank.test",
                                   "=?utf-8?q?admin@bank.test?= <evil@x.test>"])  # fmt: skip
def test_an_address_beside_the_address_is_never_the_sender(value: str) -> None:
    found = sender(value)
    assert found.email in (None, "evil@x.test")
    assert found.is_ambiguous or found.email is None


@pytest.mark.rule("BI-37")
def test_an_address_in_the_name_gets_a_banner() -> None:
    assert sender('"admin@bank.test" <evil@x.test>') == Sender(
        "evil@x.test", "admin@bank.test", is_ambiguous=False, name_shows_other_address=True
    )


@pytest.mark.rule("BI-38")
@pytest.mark.parametrize(
    ("name", "shown"),
    [("=?utf-8?q?Max=0D=0ABcc:_v@x.test?=", "Max Bcc: v@x.test"), ("Formular: Max", "Formular: Max"),
         ("=?utf-8?q?Max=00?=", "Max"),     ("=?utf-8?q?Max=3E=2C?=", "Max>,"), ("=?utf-8?b?TWF44oCuZ25w?=", "Maxgnp")]
)  # fmt: skip
def test_controls_in_an_encoded_name_are_cleaned_and_the_address_is_kept(name: str, shown: str) -> None:
    found = sender(f"{name} <max@kunde.example>")
    assert (found.email, found.name) == ("max@kunde.example", shown)


@pytest.mark.rule("BI-39")
def test_a_lookalike_domain_is_another_domain_and_gets_a_banner() -> None:
    found = sender("Max <max@\u0430pple.test>")  # Cyrillic a
    assert found.email == "max@xn--pple-43d.test"
    assert found.name_shows_other_address
    assert not sender("Max <max@müller.test>").name_shows_other_address


@pytest.mark.rule("PF12")
@pytest.mark.rule("BI-35")
@pytest.mark.parametrize(
    "value",
    ["", "x:;", "undisclosed-recipients:;", "a@b.example, c@d.example", "grp: a@b.example;", "(" * 10_000,
     '"a" ' * 5_000, "Max Muster", "max@localhost", "max@[192.0.2.1]", "a..b@c.example", "a@b@c.example",
     '"a b"@c.example',
     "ma\u202ex@kunde.example", "ma\u200bx@kunde.example", "a" * 65 + "@b.example",
     "<max@kunde.example> Max", "<a@b.example> <c@d.example>"]
)  # fmt: skip
def test_without_one_good_address_the_sender_is_unknown(value: str) -> None:
    assert sender(value).email is None


@pytest.mark.rule("BI-35")
def test_two_from_fields_are_one_sender_only_if_they_agree() -> None:
    assert sender("Max <a@b.example>", "a@B.example").email == "a@b.example"
    assert sender("Max <a@b.example>", "c@d.example") == Sender(is_ambiguous=True)
    assert sender_of(parse(b"To: a@b.example\r\n\r\nText")) == Sender()


@pytest.mark.rule("AR-22")
def test_where_mail_parser_sees_another_address_the_sender_is_ambiguous() -> None:
    message = parse(b"From: Max <max@kunde.example>\r\n\r\nText")
    assert message.sender_by_parser == ("max@kunde.example",)
    # mail-parser 4.8 takes the second half of this for the sender; we see two.
    assert sender("a@b.example; c@d.example").is_ambiguous


@pytest.mark.rule("BI-53")
@pytest.mark.parametrize(
    ("value", "address"),
    [("Max <max@kunde.example>", "max@kunde.example"), ("a@b.example, c@d.example", None), ("g: a@b.example;", None),
     ("=?utf-8?q?Max=0ABcc:?= <max@kunde.example>", None), ("Max", None), ("", None)]
)  # fmt: skip
def test_a_reply_to_is_one_good_address_or_left_out(value: str, address: str | None) -> None:
    assert reply_to_of(parse(f"Reply-To: {value}\r\n\r\nText".encode())) == address


def test_two_reply_to_fields_are_left_out() -> None:
    assert reply_to_of(parse(b"Reply-To: a@b.example\r\nReply-To: a@b.example\r\n\r\n")) is None


@pytest.mark.rule("AR-26")
@pytest.mark.parametrize(
    ("value", "defects"),
    [
        (b"Max <max@kunde.example>", ()),
        ("Jörg <j@kunde.example>".encode(), ()),  # RFC 6532
        ("Jörg <j@kunde.example>".encode("cp1252"), ("from: 8-bit text that is not UTF-8",)),
        (b"=?utf-8?q?Max=00?= <max@kunde.example>", ("from: control character",)),
        (b"Max <max@kunde.example", ("from: bracket without end",)),
        (b"Max", ("from: no address",)),
    ],
)
def test_defects_of_an_address_field_are_told(value: bytes, defects: tuple[str, ...]) -> None:
    assert address_defects(parse(b"From: " + value + b"\r\nSubject: \xff\r\n\r\nText"), "from", "reply-to") == defects


@pytest.mark.rule("BI-35")
@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([b"<", b">", b'"', b"(", b")", b",", b";", b":", b"\\", b"@", b"a@b.example", b" ",
                                 b"\xff", b"=?utf-8?q?", b"?=", b"=0A", b"Max", b"\0"]), max_size=30))  # fmt: skip
def test_no_heap_of_signs_raises_or_makes_a_control_character(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    for mailbox in read_mailboxes(raw).mailboxes:
        assert mailbox.name.isprintable()
    found = sender_of(parse(b"From: " + raw + b"\n\nText"))
    assert found.email is None or parse_address(found.email) is not None
