"""The one verdict on who sent a mail, from what SPF, DKIM and DMARC came to (AR-14).

authenticated: something aligned with From vouches for it. failed: nothing does, and the owner of the domain says that
something should (a DMARC policy, whatever it asks receivers to do: what is at stake here is a customer's record, not a
delivery). Everything else, a name server that does not answer above all, is unauthenticated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from leadmaild.authentication.dkim_signatures import Candidate, DkimResult
from leadmaild.authentication.dmarc import Policy
from leadmaild.model.authentication import Authentication, Signature
from leadmaild.model.envelope import SenderVerdict
from leadmaild.model.registered_domain import are_aligned

_OPEN = (DkimResult.TEMPERROR, DkimResult.NEUTRAL)


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found out. `spf` is a result of RFC 7208 for `spf_domain`, the envelope sender's domain.

    `is_policy_known` False: the DMARC policy could not be asked for. `came_by_forwarder`: the envelope sender is one of
    the dealer's own forwarders and SPF vouches for it.
    """

    author_domain: str | None
    spf: str = "none"
    spf_domain: str = ""
    dkim: Mapping[Candidate, DkimResult] = field(default_factory=dict)
    policy: Policy | None = None
    is_policy_known: bool = True
    came_by_forwarder: bool = False


def judged(found: Findings) -> Authentication:
    """The verdict with its evidence."""
    author = found.author_domain
    if author is None:
        return Authentication(evidence=(*_evidence(found), "dmarc=none (there is not one From address)"))
    policy = found.policy or Policy("")
    spf_vouches = found.spf == "pass" and are_aligned(found.spf_domain, author, strictly=policy.is_spf_strict)
    passed = [
        candidate
        for candidate, result in found.dkim.items()
        if result is DkimResult.PASS and are_aligned(candidate.domain, author, strictly=policy.is_dkim_strict)
    ]
    verdict, dmarc = _verdict(found, is_vouched_for=spf_vouches or bool(passed))
    signatures = tuple(Signature(candidate.domain, candidate.selector) for candidate in passed)
    return Authentication(verdict, (*_evidence(found), f"dmarc={dmarc} header.from={author}"), signatures)


def _verdict(found: Findings, *, is_vouched_for: bool) -> tuple[SenderVerdict, str]:
    asks = f" (p={found.policy.asks})" if found.policy else ""
    if is_vouched_for:
        return SenderVerdict.AUTHENTICATED, f"pass{asks or ' (aligned; no policy)'}"
    if not found.is_policy_known or _is_open(found):
        return SenderVerdict.UNAUTHENTICATED, "temperror"
    if found.policy is None:
        return SenderVerdict.UNAUTHENTICATED, "none"
    if found.came_by_forwarder:
        return SenderVerdict.UNAUTHENTICATED, f"fail{asks} (forwarded by the dealer's own address)"
    return SenderVerdict.FAILED, f"fail{asks}"


def _is_open(found: Findings) -> bool:
    """Whether an answer that did not come could have vouched for the author."""
    by_spf = found.spf == "temperror" and are_aligned(found.spf_domain, found.author_domain or "")
    return by_spf or any(result in _OPEN for result in found.dkim.values())


def _evidence(found: Findings) -> tuple[str, ...]:
    spf = f"spf={found.spf}" + (f" smtp.mailfrom={found.spf_domain}" if found.spf_domain else "")
    dkim = [f"dkim={result} header.d={one.domain} header.s={one.selector}" for one, result in found.dkim.items()]
    return (spf, *(dkim or ["dkim=none (no signature of the From domain)"]))
