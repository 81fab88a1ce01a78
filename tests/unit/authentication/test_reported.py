"""What the dealer's own server says of a sender is believed, what anybody else says is not (RFC 8601)."""

import pytest

from leadmaild.authentication.head import head_of
from leadmaild.authentication.reported import reported
from leadmaild.model.authentication import Signature
from leadmaild.model.envelope import SenderVerdict

OURS = "mx.dein.example"
AUTHENTICATED, UNAUTHENTICATED, FAILED = SenderVerdict


def said(*fields: str, sender: str = "Anna <anna@auto-haus.example>", authserv_id: str = OURS):
    header = "".join(f"Authentication-Results: {field}\r\n" for field in fields)
    return reported(head_of(f"{header}From: {sender}\r\n\r\nx\r\n".encode()), authserv_id)


@pytest.mark.rule("AR-14")
@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ("dmarc=pass (p=reject) header.from=auto-haus.example", AUTHENTICATED),
        ("spf=fail smtp.mailfrom=x@auto-haus.example; dmarc=fail (p=none) header.from=auto-haus.example", FAILED),
        ("dmarc=temperror header.from=auto-haus.example", UNAUTHENTICATED),
        ("dmarc=none; dkim=pass header.d=mail.auto-haus.example header.s=k1 header.b=abc=", AUTHENTICATED),
        ("dkim=pass header.b=abcd= header.i=@auto-haus.example", AUTHENTICATED),
        ("dkim=pass header.d=haus.example", UNAUTHENTICATED),
        ("dkim=fail header.d=auto-haus.example; spf=pass smtp.mailfrom=b@auto-haus.example", AUTHENTICATED),
        ("spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=bounce.other.example", UNAUTHENTICATED),
        ("dmarc=pass header.from=other.example", UNAUTHENTICATED),
        ("dkim=none; spf=softfail", UNAUTHENTICATED),
        ("none", UNAUTHENTICATED),
        ("", UNAUTHENTICATED),
    ],
)
def test_our_servers_results_make_the_verdict(results, verdict):
    assert said(f"{OURS}; {results}").verdict is verdict


def test_the_signature_it_verified_is_kept():
    found = said(
        f"{OURS} 1;\r\n\tdkim=pass (2048-bit key) header.d=auto-haus.example header.s=k1; dkim=pass header.d=x.example"
    )
    assert found.signatures == (Signature("auto-haus.example", "k1"),)
    assert found.evidence == (
        "dkim=pass header.d=auto-haus.example header.s=k1",
        "dkim=pass header.d=x.example",
    )


@pytest.mark.rule("BI-65")
@pytest.mark.parametrize(
    "fields",
    [
        ["evil.example; dmarc=pass"],
        [f"{OURS}; dmarc=fail", f"{OURS}; dmarc=pass"],
        [f"{OURS}; spf=none", f"{OURS}; dmarc=pass"],
        [f"{OURS}.evil.example; dmarc=pass"],
        [f"evil.example ({OURS}; dmarc=pass)"],
        [f"({OURS}; dmarc=pass) evil.example; dkim=none"],
        [f'{OURS}; spf=none smtp.mailfrom="x; dmarc=pass "@evil.example'],
        [f"{OURS}; spf=none (said by (evil); dmarc=pass) smtp.mailfrom=evil.example"],
        [f"{OURS}; x-dmarc=pass; reason=dmarc=pass"],
        [f"evil.example; dmarc=pass; {OURS}; dmarc=pass"],
    ],
)
def test_what_others_wrote_into_the_mail_vouches_for_nobody(fields):
    assert said(*fields).verdict is not AUTHENTICATED


@pytest.mark.rule("BI-65")
def test_without_a_name_of_ours_nobody_is_believed():
    assert said("; dmarc=pass", authserv_id="").verdict is UNAUTHENTICATED


@pytest.mark.parametrize(
    "sender",
    [
        "a@auto-haus.example, b@auto-haus.example",
        "nobody",
        '"b@other.example" <>',
        "x;" * 9_000 + "a@auto-haus.example",
    ],
)
def test_a_mail_without_one_author_is_nobodys(sender):
    assert said(f"{OURS}; dmarc=pass; dkim=pass header.d=auto-haus.example", sender=sender).verdict is UNAUTHENTICATED


def test_the_name_of_the_server_compares_without_case_and_quotes():
    assert said('"MX.Dein.Example" 1; dmarc = pass').verdict is AUTHENTICATED
