"""Checks the sender of a mail that came from anywhere: SPF, DKIM and DMARC on the mail as it came (AR-14).

Asked at intake, never before the 250. DNS is asked from threads of its own, all questions of a mail at once, and what
has not answered by the deadline counts as not known.
"""

import asyncio
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from leadmaild.authentication.dkim_signatures import Candidate, DkimResult, candidates
from leadmaild.authentication.dmarc import Policy, names_of_policy, policy_in
from leadmaild.authentication.head import head_of
from leadmaild.authentication.verdict import Findings, judged
from leadmaild.errors import Unavailable
from leadmaild.inbound.spf_check import check_spf
from leadmaild.model.address import ascii_of
from leadmaild.model.authentication import Authentication
from leadmaild.model.envelope import Envelope
from leadmaild.model.forwarder import is_forwarder
from leadmaild.ports import Reader
from leadmaild.resolver import Resolver

DEADLINE = timedelta(seconds=5)
MOST_THREADS = 16
_SPF = ""  # the key of its answer, among names of DNS

_Answers = dict[str, tuple[str, ...]]


class SenderCheck:
    """The SenderCheck port over a resolver, and a reader that verifies signatures."""

    def __init__(self, resolver: Resolver, reader: Callable[[], Reader], deadline: timedelta = DEADLINE) -> None:
        self._resolver = resolver
        self._reader = reader
        self._deadline = deadline
        self._threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="sender-check")

    async def check(self, envelope: Envelope, raw: bytes, forwarders: Sequence[str]) -> Authentication:
        """The verdict on the sender of a mail that the client at `envelope.peer` handed in.

        A name server that does not answer leaves the sender unauthenticated; it raises nothing.
        """
        head = head_of(raw)
        author = head.author_domain
        signed = candidates(head.all("dkim-signature"), author) if author else ()
        policy_names = names_of_policy(author) if author else ()
        path = envelope.reverse_path.address if envelope.reverse_path else ""
        answers = await self._asked(
            {
                _SPF: lambda: (_spf(self._resolver, envelope.peer, path, envelope.helo),),
                **{c.key_name: partial(self._resolver.ask, c.key_name, "TXT") for c in signed if c.can_be_checked},
                **{name: partial(self._resolver.ask, name, "TXT") for name in policy_names},
            }
        )
        dkim = await self._verified(raw, author, signed, answers) if author and signed else {}
        (spf,) = answers.get(_SPF, ("temperror",))
        policy, is_policy_known = _policy(policy_names, answers)
        return judged(
            Findings(
                author_domain=author,
                spf=spf,
                spf_domain=ascii_of(path.rpartition("@")[2] or envelope.helo) or "",
                dkim=dkim,
                policy=policy,
                is_policy_known=is_policy_known,
                came_by_forwarder=spf == "pass" and is_forwarder(path, forwarders),
            )
        )

    def close(self) -> None:
        """Ask nothing any more; what is being asked is left to its own time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _verified(
        self, raw: bytes, author: str, signed: tuple[Candidate, ...], keys: _Answers
    ) -> Mapping[Candidate, DkimResult]:
        try:
            return await self._reader().verify(raw, author, keys)
        except Unavailable:
            return dict.fromkeys(signed, DkimResult.TEMPERROR)

    async def _asked(self, questions: Mapping[str, Callable[[], tuple[str, ...]]]) -> _Answers:
        """The answers that come within the deadline."""
        loop = asyncio.get_running_loop()
        running = {loop.run_in_executor(self._threads, question): name for name, question in questions.items()}
        answered, late = await asyncio.wait(running, timeout=self._deadline.total_seconds())
        for one in late:
            one.cancel()
        return {running[one]: one.result() for one in answered if not isinstance(one.exception(), Unavailable)}


def _spf(resolver: Resolver, peer: str, path: str, helo: str) -> str:
    """The SPF result; none where there is nothing that could be asked."""
    try:
        client = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return "none"
    # A name that is no host name authorizes nobody, and no address without its domain can be looked up.
    if not ascii_of(path.rpartition("@")[2] or helo) or not (path + helo).isascii():
        return "none"
    return check_spf(resolver, str(client), path, helo)


def _policy(names: Sequence[str], answers: _Answers) -> tuple[Policy | None, bool]:
    """The policy that stands nearest to the author's domain, and whether that could be asked for at all."""
    for name in names:
        if name not in answers:
            return None, False
        if (policy := policy_in(answers[name])) is not None:
            return policy, True
    return None, True
