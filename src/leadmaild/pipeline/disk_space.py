"""The room there is for mail."""

from collections.abc import Callable
from dataclasses import dataclass

# Below this much free space mail is refused with 452 instead of filling the disk (SP-15).
MIN_FREE_SPACE = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """Asks for the octets free where the mails are kept; None: it is not our disk to watch."""

    free: Callable[[], int | None]
    least: int = MIN_FREE_SPACE

    def has_room(self) -> bool:
        """Whether another mail may come in. Raises OSError if the folder is gone."""
        free = self.free()
        return free is None or free >= self.least
