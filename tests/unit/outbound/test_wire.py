import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadmaild.model.outgoing import Delivery, OutgoingMail
from leadmaild.outbound.wire import check_envelope, dot_stuffed, with_crlf


def mail_to(*recipients: str, reverse_path: str = "muc@dein.example") -> OutgoingMail:
    return OutgoingMail("<1@dein.example>", reverse_path, recipients, b"Subject: x\r\n\r\nbody\r\n")


@pytest.mark.parametrize(
    "address",
    [
        "c@d.example>\r\nRCPT TO:<v@x.example",
        "c@d.example> SIZE=1",
        "c d@e.example",
        "<c@d.example>",
        '"c>\r\nDATA"@d.example',
        "c\x00@d.example",
        "@relay.example:c@d.example",
        "c@[127.0.0.1]",
        "c",
        "",
    ],
)
@pytest.mark.rule("SP-19")
@pytest.mark.rule("PF61")
def test_what_is_no_address_is_refused_before_it_reaches_the_library(address):
    envelope = check_envelope(mail_to("ok@d.example", address))

    assert envelope.recipients == {"ok@d.example": "ok@d.example"}
    assert [(r.recipient, r.delivery) for r in envelope.refused] == [(address, Delivery.REFUSED)]


@given(st.text(st.sampled_from('ab.@<> \r\n\0\u2028:",')))
def test_nothing_on_the_wire_can_end_a_command(address):
    on_wire = "".join(check_envelope(mail_to(address)).recipients.values())
    assert not set("<> \r\n\0\u2028") & set(on_wire)


@pytest.mark.rule("SP-19")
def test_a_bad_reverse_path_refuses_the_whole_mail():
    envelope = check_envelope(
        mail_to("a@d.example", "b@d.example", reverse_path="muc@dein.example>\r\nRCPT TO:<v@x.de")
    )

    assert not envelope.recipients
    assert [(r.recipient, r.delivery) for r in envelope.refused] == [
        ("a@d.example", Delivery.REFUSED),
        ("b@d.example", Delivery.REFUSED),
    ]


def test_the_null_reverse_path_is_kept():
    assert check_envelope(mail_to("a@d.example", reverse_path="")).reverse_path == ""


def test_domains_go_out_as_a_labels():
    assert check_envelope(mail_to("Jana@Müller.example")).recipients == {
        "Jana@Müller.example": "Jana@xn--mller-kva.example"
    }


_BYTES_OF_LINES = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"..", b"a", b"\xfc", b"\0"])).map(b"".join)


@pytest.mark.rule("SP-09")
@given(_BYTES_OF_LINES)
def test_no_content_has_bare_line_ends_or_ends_early_on_the_wire(content):
    wire = dot_stuffed(with_crlf(content))

    assert wire.endswith(b"\r\n")
    assert wire.count(b"\r") == wire.count(b"\n") == wire.count(b"\r\n")
    assert all(not line.startswith(b".") or line.startswith(b"..") for line in wire.split(b"\r\n"))
    assert (b"\r\n" + wire).replace(b"\r\n..", b"\r\n.")[2:] == with_crlf(content)


@given(_BYTES_OF_LINES)
def test_content_that_is_in_order_is_not_touched(content):
    once = with_crlf(content)
    assert with_crlf(once) is once
    assert once.replace(b"\r\n", b"") == content.replace(b"\r", b"").replace(b"\n", b"")


def test_a_stray_cr_before_the_line_end_makes_no_empty_line():
    assert with_crlf(b"A: 1\r\r\nB: 2\n\nbody") == b"A: 1\r\nB: 2\r\n\r\nbody\r\n"
