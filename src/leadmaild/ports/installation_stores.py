"""The database as the installation itself sees it; storage/ meets these Protocols and says what each method
promises."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from leadmaild.model.balance import Counts
from leadmaild.model.health import MailboxStanding, Standing


class InstallationStore(Protocol):
    """storage.installation_store"""

    async def secret(self, name: str, make: Callable[[], bytes], now: datetime) -> bytes: ...
    async def value(self, name: str) -> bytes | None: ...
    async def keep(self, name: str, value: bytes, now: datetime) -> None: ...
    async def log_setting(
        self, who: str, location: str, key: str, old: str | None, new: str | None, at: datetime
    ) -> None: ...


class NodeLeaseStore(Protocol):
    """storage.node_lease_store"""

    async def take(self, name: str, owner: str, now: datetime) -> bool: ...
    async def give_back(self, name: str, owner: str) -> None: ...


class FutureStore(Protocol):
    """storage.future_store"""

    async def bring_back(self, now: datetime) -> int: ...


class BalanceStore(Protocol):
    """storage.balance_store"""

    async def counts(self) -> Counts: ...


class StandingStore(Protocol):
    """storage.standing_store"""

    async def standing(self) -> Standing: ...
    async def mailboxes(self) -> dict[str, MailboxStanding]: ...
