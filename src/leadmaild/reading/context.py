"""What reading may know beside the bytes of the mail: the envelope, and what the receiving location says of itself."""

from dataclasses import dataclass

from leadmaild.model.address import ReversePath
from leadmaild.model.authentication import UNKNOWN, Authentication
from leadmaild.model.envelope import Channel


@dataclass(frozen=True, slots=True)
class ReadingContext:
    """The surroundings of one mail. Defaults are those of `leadmaild parse`: nothing but the mail itself is known.

    `reverse_path` None = unknown; then the Return-Path header field, if present, is taken (AR-01).
    `recipient` is the mailbox that received the mail ("" = unknown: AR-13 is not asked).
    `own_domains`: domains of our mailboxes, in A-labels, for our Message-IDs and tokens in threads.
    `form_domains`: `from_domains` of the location's web-form source (a mail from there is class B, R112).
    `region`: ISO 3166-1 alpha-2, for national phone numbers. `language`: the location's.
    `authentication`: what is known of who really sent the mail (AR-14).
    """

    reverse_path: ReversePath | None = None
    recipient: str = ""
    aliases: tuple[str, ...] = ()
    channel: Channel = Channel.PIPE
    own_domains: tuple[str, ...] = ()
    forwarders: tuple[str, ...] = ()
    form_domains: tuple[str, ...] = ()
    loop_mark: str = ""  # the value our own X-Leadmaild-Loop carries; another value is another installation's
    region: str = "DE"
    language: str = "de"
    authentication: Authentication = UNKNOWN
    trusts_spam_marks: bool = True
    disabled_sources: frozenset[str] = frozenset()
