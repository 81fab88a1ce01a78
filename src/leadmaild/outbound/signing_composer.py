"""Signs what is composed: the Composer that wiring gives to deliver.

A mail is signed once, before its bytes are stored; what is sent again is what was stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from leadmaild.authentication.head import head_of
from leadmaild.authentication.signing import SigningKey, read_key, signed
from leadmaild.config.model import Settings
from leadmaild.config.process import OutboundSettings
from leadmaild.errors import ConfigError, Problem
from leadmaild.maillog import Event, log
from leadmaild.model.address import parse_address
from leadmaild.model.outgoing import ComposedMail, MailFacts
from leadmaild.ports import Composer


@dataclass(frozen=True, slots=True)
class Signer:
    """The key of one mail server's mail, and the selector under which DNS has it."""

    selector: str
    key: SigningKey


class SigningComposer:
    """The Composer port: `composer`'s mails with the signature of the mail server they leave over, if it has one.

    `signers` are by the name of the mail server.
    """

    def __init__(self, composer: Composer, settings: Settings, signers: Mapping[str, Signer]) -> None:
        self._composer = composer
        self._settings = settings
        self._signers = signers

    def compose(self, facts: MailFacts) -> ComposedMail:
        """Return the mail as bytes, signed where its From is ours. Raises errors.Refused as the composer does."""
        mail = self._composer.compose(facts)
        server = self._settings.mail_server(facts.location.mailserver)
        signer = self._signers.get(server.name) if server else None
        ours = parse_address(facts.sender_mailbox)
        # A redirect that keeps its author carries the author's own signature; ours would not be aligned.
        if signer is None or ours is None or head_of(mail.raw).author_domain != ours.domain:
            return mail
        try:
            raw = signed(mail.raw, signer.key, signer.selector, ours.domain)
        except ValueError as failure:  # what we compose can be signed; if it cannot, it leaves all the same
            log(Event.BUG, where="sign", kind=str(facts.kind), exc=failure)
            return mail
        return replace(mail, raw=raw)


def signing(composer: Composer, settings: Settings) -> Composer:
    """The composer whose mails are signed as the settings say. Raises ConfigError, and Unavailable for a key that
    cannot be had now."""
    signers = {server.name: _signer(server, at) for at, server in enumerate(settings.outbound) if server.dkim_key}
    return SigningComposer(composer, settings, signers) if signers else composer


def _signer(server: OutboundSettings, at: int) -> Signer:
    try:
        return Signer(server.dkim_selector, read_key(server.dkim_key.reveal()))
    except ValueError as wrong:
        raise ConfigError((Problem(f"outbound[{at}].dkim_key", str(wrong)),)) from None
