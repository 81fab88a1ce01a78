"""DMARC policies (RFC 7489): where they are published, and what a record says."""

from collections.abc import Iterable
from dataclasses import dataclass

from leadmaild.authentication.dkim_signatures import tags_of
from leadmaild.model.registered_domain import registered_domain


@dataclass(frozen=True, slots=True)
class Policy:
    """What the owner publishes: `asks` is none, quarantine or reject; alignment is relaxed unless strict."""

    asks: str
    is_dkim_strict: bool = False
    is_spf_strict: bool = False


def names_of_policy(author_domain: str) -> tuple[str, ...]:
    """Where the policy for mail of this domain may stand: at the domain, else at the one it belongs to (6.6.3)."""
    owner = registered_domain(author_domain)
    return tuple(f"_dmarc.{domain}" for domain in dict.fromkeys((author_domain, owner)) if domain)


def policy_in(records: Iterable[str]) -> Policy | None:
    """The policy among the TXT records of one name; None if there is none, or more than one (6.6.3)."""
    found = [tags for record in records if (tags := _tags(record)) is not None]
    if len(found) != 1:
        return None
    asks = found[0].get("p", "").lower()
    if asks not in ("none", "quarantine", "reject"):
        if not found[0].get("rua"):
            return None
        asks = "none"
    return Policy(asks, found[0].get("adkim", "").lower() == "s", found[0].get("aspf", "").lower() == "s")


def _tags(record: str) -> dict[str, str] | None:
    version, _, _ = record.partition(";")
    return tags_of(record) if "".join(version.split()) == "v=DMARC1" else None
