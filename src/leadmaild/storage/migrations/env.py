"""Alembic's entry: runs the migrations on the connection that migrate.py hands over."""

from typing import Any, Literal

from alembic import context

from leadmaild.storage.schema import metadata
from leadmaild.storage.types import Id, Instant, Json

_OUR_TYPES = {"Id": Id, "Instant": Instant(), "Json": Json}


def _render(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    for name, ours in _OUR_TYPES.items():
        if kind == "type" and isinstance(item, type(ours)) and repr(item) == repr(ours):
            autogen.imports.add(f"from leadmaild.storage.types import {name}")
            return name
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_render,
)
with context.begin_transaction():
    context.run_migrations()
