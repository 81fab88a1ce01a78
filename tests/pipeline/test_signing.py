"""A mail is signed once: what is sent again is what was stored (SP-20)."""

import dkim
import pytest

from leadmaild.errors import ConfigError
from leadmaild.model.outgoing import Delivery, RecipientResult
from leadmaild.settings_files import load_settings
from tests.dealership import enquiry, write_settings

pytestmark = pytest.mark.rule("SP-20")
OUTBOUND = 'transport = "files"\nfiles = "outgoing"\ndkim_selector = "k1"\ndkim_key = "file:{path}"'


@pytest.mark.asyncio
async def test_every_mail_leaves_signed_and_a_second_try_sends_the_same_bytes(open_dealership, dkim_key):
    bench = await open_dealership(outbound=OUTBOUND.format(path=dkim_key.path))
    bench.transport.answer = lambda _mail, address: RecipientResult(address, Delivery.DEFERRED, "451 4.3.0 later")
    await bench.take(enquiry(1))
    await bench.run()
    first = {mail.recipients: mail.raw for mail in bench.transport.sent}
    bench.transport.answer = lambda _mail, address: RecipientResult(address, Delivery.DELIVERED, "250 2.0.0 ok")
    bench.transport.sent.clear()
    waiting = [line.not_before for line in await bench.queue()]
    await bench.run_until(max(waiting))

    assert {mail.recipients: mail.raw for mail in bench.transport.sent} == first
    assert len(first) == 2
    for raw in first.values():
        assert raw.startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=dein.auto;")
        assert dkim.verify(raw, dnsfunc=lambda *_, **__: dkim_key.record.encode())


@pytest.mark.rule("BI-80")
def test_a_key_that_cannot_sign_is_named_before_anything_starts(tmp_path):
    key = tmp_path / "key.pem"
    key.write_text("not a key\n")
    key.chmod(0o600)
    with pytest.raises(ConfigError, match=r"outbound.*dkim_key.*no RSA private key.*openssl genrsa"):
        load_settings(write_settings(tmp_path, outbound=OUTBOUND.format(path=key)))
