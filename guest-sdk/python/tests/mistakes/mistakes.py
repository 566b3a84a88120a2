"""What a Python programmer does by mistake: it raises, no instance ends, and the database answers after it."""

from __future__ import annotations

import inspect
import traceback

import awaited
import chances
import handles
import random_values
import statements
import texts
import transactions
from models import Base, engine
from sqlalchemy import text

from sqlservice_guest import plugin

MODULES = (random_values, handles, transactions, statements, texts, awaited, chances)

plugin.declare(Base.metadata)


@plugin.export
async def check(only: str, seed: int) -> list[str]:
    """Makes the mistakes whose name has `only` in it. Returns a line for each: `ok NAME`, or `FAILED NAME` and why."""
    Base.metadata.create_all(engine)
    random_values.SEED = seed
    told = []
    for module in MODULES:
        for name, function in list(vars(module).items()):
            if name.startswith("mistake_") and only in name:
                told.append(await outcome(name.removeprefix("mistake_"), function))
    return told


@plugin.export
def chance() -> list[str]:
    """Random numbers: two instances have none in common."""
    return chances.drawn()


async def outcome(name: str, function: object) -> str:
    """What came of one."""
    print(f"… {name}", flush=True)
    try:
        assert callable(function)
        running = function()
        if inspect.isawaitable(running):
            await running
        with engine.connect() as connection:
            assert connection.execute(text("select 1")).scalar() == 1, "the database does not answer"
    except Exception:
        return f"FAILED {name}\n{traceback.format_exc()}"
    return f"ok {name}"
