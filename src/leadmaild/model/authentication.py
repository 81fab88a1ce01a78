"""What is known of who really sent a mail (RFC 8601 in words; security.md AR-14)."""

from dataclasses import dataclass

from leadmaild.model.envelope import SenderVerdict


@dataclass(frozen=True, slots=True)
class Signature:
    """A DKIM signature that verifies and is aligned with the From domain. `selector` is "" where nobody told it."""

    domain: str
    selector: str = ""


@dataclass(frozen=True, slots=True)
class Authentication:
    """The verdict on the sender, and what it rests on.

    `evidence` holds a line a method in the words of RFC 8601, "spf=pass smtp.mailfrom=kunden.example" for instance:
    domains, never a whole address.
    """

    verdict: SenderVerdict = SenderVerdict.UNAUTHENTICATED
    evidence: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()


UNKNOWN = Authentication()
