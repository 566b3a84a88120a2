"""A guest that does whatever a guest should not. `tests/languages/hostile.json` says what has to come of each attack."""

from __future__ import annotations

import inspect

from sqlservice_guest import plugin

from . import (
    code,
    endings,
    files,
    forged,
    handles,
    injected,
    leaving,
    memory,
    output,
    processor,
    rights,
    surroundings,
    texts,
    waiting,
)
from .tables import Base
from .told import ATTACKS

__all__ = [
    "code", "endings", "files", "forged", "handles", "injected", "leaving", "memory", "output", "processor", "rights",
    "surroundings", "texts", "waiting",
]  # fmt: skip

plugin.declare(Base.metadata)


@plugin.export(raises=Exception)
def attacks() -> list[str]:
    """The names of all attacks."""
    return list(ATTACKS)


@plugin.export(raises=Exception)
async def attack(what: str) -> list[str]:
    """Does an attack, and says what came of it: a line for each thing that was tried."""
    if what not in ATTACKS:
        message = f"there is no attack {what!r}"
        raise LookupError(message)
    lines = ATTACKS[what]()
    return await lines if inspect.isawaitable(lines) else lines
