"""What we send is signed once and for all: any receiver who asks DNS finds our signature right (SP-20)."""

import base64
import subprocess
from email import message_from_bytes
from email.policy import default

import dkim
import pytest

from leadmaild.authentication.head import head_of
from leadmaild.authentication.signing import read_key, signed
from leadmaild.model.decision import MailKind
from leadmaild.outbound.signing_composer import Signer, SigningComposer
from leadmaild.settings_files import load_settings
from leadmaild.writing.compose import MailComposer
from tests.components import require_component
from tests.dealership import write_settings
from tests.integration.dkim_keys import make_dkim_key
from tests.unit.writing.people import LOCATION, ORIGINAL, facts

SENDER_DOMAIN = LOCATION.mailbox.partition("@")[2]
pytestmark = pytest.mark.rule("SP-20")


@pytest.fixture(scope="module")
def key(dkim_key):
    return read_key(dkim_key.path.read_text())


@pytest.fixture
def composer(key, tmp_path):
    settings = load_settings(write_settings(tmp_path))
    return SigningComposer(MailComposer(), settings, {"default": Signer("k1", key)})


def verifies(raw: bytes, key) -> bool:
    """Whether a receiver takes the topmost signature for good, and it is aligned with From."""
    signature = message_from_bytes(raw, policy=default)["DKIM-Signature"]
    assert f"d={head_of(raw).author_domain};" in signature
    return dkim.verify(raw, dnsfunc=lambda *_, **__: key.record.encode())


@pytest.mark.parametrize("form", [[], ["-traditional"]], ids=["PKCS#8", "PKCS#1"])
def test_a_key_of_openssl_is_read_and_its_record_is_openssls(tmp_path, form):
    openssl, path = require_component("openssl"), tmp_path / "key.pem"
    subprocess.run([openssl, "genrsa", *form, "-out", path, "2048"], check=True, capture_output=True)
    public = subprocess.run(
        [openssl, "rsa", "-in", path, "-pubout", "-outform", "DER"], check=True, capture_output=True
    )
    found = read_key(path.read_text().replace("\n", "\r\n"))
    assert found.record == f"v=DKIM1; k=rsa; p={base64.b64encode(public.stdout).decode()}"
    assert found.bits == 2048
    assert "PRIVATE" not in repr(found)


@pytest.mark.rule("BI-80")
@pytest.mark.parametrize("text", ["", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_with_what_would_be_right(text):
    with pytest.raises(ValueError, match="openssl genrsa"):
        read_key(text)


def test_a_key_nobody_would_accept_is_refused(tmp_path):
    with pytest.raises(ValueError, match="512 bits"):
        read_key(make_dkim_key(tmp_path, bits=512).path.read_text())


@pytest.mark.parametrize("kind", [k for k in MailKind if k not in (MailKind.ANSWER, MailKind.DIGEST, MailKind.ALARM)])
def test_every_kind_of_mail_is_signed_for_its_from(composer, key, kind):
    mail = composer.compose(facts(kind, original=ORIGINAL))
    assert verifies(mail.raw, key)


def test_a_further_from_or_subject_breaks_the_signature(composer, key):
    raw = composer.compose(facts(MailKind.NEW_LEAD)).raw
    for name in (b"From: x@evil.example", b"Subject: x", b"To: x@evil.example", b"Reply-To: x@evil.example"):
        assert not dkim.verify(name + b"\r\n" + raw, dnsfunc=lambda *_, **__: key.record.encode())
    assert dkim.verify(b"Received: by x\r\n" + raw, dnsfunc=lambda *_, **__: key.record.encode())


def test_every_mail_of_the_corpus_is_aligned_when_it_is_redirected(composer, key, shared_folder):
    paths = sorted((shared_folder / "corpus").rglob("*.eml"))
    assert paths
    for path in paths:
        mail = composer.compose(facts(MailKind.REDIRECT, original=path.read_bytes(), original_reading=None))
        assert head_of(mail.raw).author_domain == SENDER_DOMAIN, path.name
        assert verifies(mail.raw, key), path.name


@pytest.mark.parametrize(
    "field", [b"Subject : x", b"X\x80: y", b"no field at all", b"X-Empty:", b": x", b"X-Long: " + b"a" * 5_000]
)
def test_a_header_made_by_hand_can_be_signed_when_it_is_redirected(composer, key, field):
    original = ORIGINAL.replace(b"To:", field + b"\r\nTo:", 1)
    assert verifies(composer.compose(facts(MailKind.REDIRECT, original=original, original_reading=None)).raw, key)


def test_a_mail_nobody_could_check_is_not_signed(key):
    with pytest.raises(ValueError, match="cannot be signed"):
        signed(b"no header\r\nFrom: a@b.example\r\n\r\nx", key, "k1", "b.example")
