"""Loading modules without looking for garbage meanwhile: a third of a start went into walking, again and again, through
classes and functions that stay as long as the process."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Around imports: what is there at the end of the block is taken for good and never walked through again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()
