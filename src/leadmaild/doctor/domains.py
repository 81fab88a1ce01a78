"""What DNS says of the domains we send for, and of our own host name (SP-20, security.md "sender rules"). Blocks."""

import ipaddress
from collections.abc import Callable, Sequence
from functools import wraps

from leadmaild.authentication.dkim_signatures import tags_of
from leadmaild.authentication.dmarc import names_of_policy, policy_in
from leadmaild.authentication.signing import GOOD_KEY, SigningKey
from leadmaild.doctor.finding import Finding, failed, ok, warning
from leadmaild.errors import Unavailable
from leadmaild.inbound.spf_check import check_spf
from leadmaild.resolver import Resolver

_ASK_DNS = "see that the name servers in /etc/resolv.conf answer, then ask again"


def _asked(check: str) -> Callable[[Callable[..., Finding]], Callable[..., Finding]]:
    """Names the check, and turns a name server that does not answer into a finding about the first argument."""

    def named(look: Callable[..., Finding]) -> Callable[..., Finding]:
        @wraps(look)
        def guarded(resolver: Resolver, about: str, *more: object) -> Finding:
            try:
                return look(resolver, about, *more)
            except Unavailable as silent:
                return failed(check, about, str(silent), _ASK_DNS)

        return guarded

    return named


@_asked("spf")
def spf(resolver: Resolver, domain: str, relay: str, helo: str) -> Finding:
    """Whether the domain lets the relay (a host name or address; "" = not known) send for it."""
    records = [r for r in resolver.ask(domain, "TXT") if r.lower() == "v=spf1" or r.lower().startswith("v=spf1 ")]
    here = f"TXT at {domain}"
    if not records:
        return failed("spf", domain, "publishes no SPF record", f"publish {here}: v=spf1 {_mechanism(relay)} -all")
    if len(records) > 1:
        return failed("spf", domain, f"publishes {len(records)} SPF records: none counts", f"leave one {here}")
    if {"all", "+all"} & set(records[0].lower().split()):
        return failed("spf", domain, "lets everybody send for it", f"end the record of {domain} in -all")
    results = [check_spf(resolver, address, f"postmaster@{domain}", helo) for address in addresses(resolver, relay)]
    if not results or "pass" in results:
        return ok("spf", domain, f"names {relay}" if results else "there is a record")
    if "temperror" in results:
        raise Unavailable("DNS does not answer all that the record asks")
    if "permerror" in results:
        advice = "check its syntax, and that it needs at most 10 questions"
        return failed("spf", domain, "the record cannot be evaluated", advice)
    advice = f"unless mail leaves from others that it names, add the include: of its provider, or {_mechanism(relay)}"
    return warning("spf", domain, f"does not name the addresses of {relay}", advice)


def _mechanism(relay: str) -> str:
    try:
        address = ipaddress.ip_address(relay)
    except ValueError:
        return f"a:{relay}" if relay else "mx"
    return f"ip{address.version}:{address}"


@_asked("dkim")
def dkim(resolver: Resolver, domain: str, selector: str, key: SigningKey) -> Finding:
    """Whether DNS has the public half of the key that signs for the domain."""
    name = f"{selector}._domainkey.{domain}"
    publish = f"publish TXT at {name}: {key.record}"
    records = resolver.ask(name, "TXT")
    if not records:
        return failed("dkim", domain, f"there is no key at {name}", publish)
    if key.public not in [tags_of(record).get("p", "") for record in records]:
        return failed("dkim", domain, f"the key at {name} is another one", publish)
    if key.bits < GOOD_KEY:
        advice = "make a new one: openssl genrsa -out dkim.pem 2048"
        return warning("dkim", domain, f"the key has {key.bits} bits only", advice)
    return ok("dkim", domain, f"the key is published at {name}")


@_asked("dmarc")
def dmarc(resolver: Resolver, domain: str) -> Finding:
    """Whether the domain, or the one it belongs to, publishes a policy."""
    for name in names_of_policy(domain):
        if (policy := policy_in(resolver.ask(name, "TXT"))) is not None:
            return ok("dmarc", domain, f"p={policy.asks} at {name}")
    advice = f"publish TXT at _dmarc.{domain}: v=DMARC1; p=none; rua=mailto:postmaster@{domain}"
    return warning("dmarc", domain, "publishes no DMARC policy", advice)


@_asked("ptr")
def ptr(resolver: Resolver, hostname: str) -> Finding:
    """Whether our host name leads to addresses that lead back to it."""
    found = addresses(resolver, hostname)
    if not found:
        advice = f"publish A or AAAA at {hostname}, or set gateway.hostname to a name that has one"
        return failed("ptr", hostname, "has no address", advice)
    public = [address for address in found if ipaddress.ip_address(address).is_global]
    if not public:
        advice = "set gateway.hostname to the name that other mail servers can look up"
        return warning("ptr", hostname, f"leads to {found[0]}, which nobody outside can reach", advice)
    for address in public:
        names = [name.lower() for name in resolver.names_of(address)]
        if hostname.lower() not in names:
            advice = f"have whoever gave you {address} set its PTR to {hostname}"
            return warning("ptr", hostname, f"{address} leads back to {', '.join(names) or 'no name'}", advice)
    return ok("ptr", hostname, f"{', '.join(public)} and back")


def addresses(resolver: Resolver, host: str) -> Sequence[str]:
    """The addresses of a host; an address is its own. Raises Unavailable."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return [*resolver.ask(host, "A"), *resolver.ask(host, "AAAA")] if host else []
