"""What is left behind when a call ends, and what the next call of the same instance finds of it.

`leave: X` is called first and `left: X` after it. `left: X` of a new instance finds nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlservice_guest.bindings import monotonic_clock, sessions, statements
from sqlservice_guest.blocking import run

from .tables import (
    NO_OPTIONS,
    ROW,
    begun,
    column,
    engine,
    execute,
    inserted,
    inserting,
    is_there,
    number,
    opened,
    select,
    selecting,
    table,
    text,
    user,
)
from .told import attack, awaited, outcome, truth

LEFT: dict[str, Any] = {}
"""What outlives a call."""

MILLISECOND = 1_000_000


@attack("leave: a global")
def leave_global() -> list[str]:
    """A value."""
    LEFT["secret"] = "of the call before"
    return ["left: got 1"]


@attack("left: a global")
def left_global() -> list[str]:
    """What is there of it."""
    return [f"found: {LEFT.get('secret', 'nothing')}"]


@attack("leave: a transaction")
def leave_transaction() -> list[str]:
    """A transaction with a row, neither ended nor dropped."""
    LEFT["session"] = session = inserted()
    return [f"in it: {truth(session.in_transaction())}"]


@attack("left: a transaction")
def left_transaction() -> list[str]:
    """Goes on in it."""
    session = LEFT.get("session")
    if session is None:
        return ["found: nothing"]
    query = selecting(table(), column("id"), select([1], 0))
    return [
        f"in it: {truth(session.in_transaction())}",
        f"read: {outcome(lambda: execute(session, query))}",
        f"commit: {outcome(lambda: run(session.commit()))}",
        f"the row is there: {is_there()}",
    ]


@attack("leave: an ORM session")
def leave_orm() -> list[str]:
    """A session of SQLAlchemy with a row that was flushed, and one that was not."""
    LEFT["orm"] = session = orm.Session(engine)
    session.add(user())
    session.flush()
    session.add(user(ROW + 1))
    return [f"in it: {truth(session.in_transaction())}"]


@attack("left: an ORM session")
def left_orm() -> list[str]:
    """Commits both."""
    session = LEFT.get("orm")
    if session is None:
        return ["found: nothing"]
    said = outcome(session.commit)
    session.close()
    return [f"commit: {said}", f"the row is there: {is_there()}"]


@attack("leave: a cursor")
def leave_cursor() -> list[str]:
    """A result that was begun."""
    session = begun()
    query = selecting(table(), column("id"), select([1], 0))
    LEFT["cursor"] = session, run(session.execute(query, [], sessions.Options(None, None, 1))).cursor
    return ["left: got 1"]


@attack("left: a cursor")
def left_cursor() -> list[str]:
    """Reads on."""
    if "cursor" not in LEFT:
        return ["found: nothing"]
    _, cursor = LEFT["cursor"]
    return [f"read: {outcome(lambda: run(cursor.next_batch(1, 1 << 20)).rows)}"]


@attack("leave: a task")
async def leave_task() -> list[str]:
    """A task that counts, and writes and commits after 50 milliseconds."""
    LEFT["counted"] = 0

    async def count() -> None:
        while True:
            await monotonic_clock.wait_for(10 * MILLISECOND)
            LEFT["counted"] += 1

    async def write() -> None:
        session = await opened().begin(sessions.TransactionOptions(sessions.Isolation.DEFAULT, False, None))
        await session.execute(inserting(["id", "name"], [[0, 1]], number(ROW), text("late")), [], NO_OPTIONS)
        LEFT["wrote"] = True
        await monotonic_clock.wait_for(50 * MILLISECOND)
        LEFT["committed"] = await awaited(session.commit())

    LEFT["tasks"] = [asyncio.create_task(count()), asyncio.create_task(write())]
    return ["left: got 2"]


@attack("left: a task")
async def left_task() -> list[str]:
    """Waits for it to do what it did not do before."""
    before = LEFT.get("counted")
    await monotonic_clock.wait_for(300 * MILLISECOND)
    if before is None:
        return ["found: nothing"]
    return [
        f"it counts on: {truth(LEFT['counted'] > before)}",
        f"commit: {LEFT.get('committed', 'refused')}",
        f"the row is there: {is_there()}",
    ]


@attack("leave: what nothing waits for")
async def leave_unawaited() -> list[str]:
    """A coroutine that never begins, and a call of the host that is begun and left."""
    session = inserted()
    never = session.commit()
    begun_ = asyncio.ensure_future(session.rollback())
    LEFT["never"], LEFT["begun"], LEFT["of"] = never, begun_, session
    return ["left: got 2"]


@attack("left: what nothing waits for")
async def left_unawaited() -> list[str]:
    """Waits for them now."""
    if "never" not in LEFT:
        return ["found: nothing"]
    said = await awaited(LEFT["never"])
    return [f"commit: {'refused' if said.startswith('refused') else said}", f"the row is there: {is_there()}"]


@attack("leave: a loop")
async def leave_loop() -> list[str]:
    """A task that never gives way, once it begins."""

    async def spin() -> None:
        await monotonic_clock.wait_for(MILLISECOND)
        while True:
            pass

    LEFT["spin"] = asyncio.create_task(spin())
    return ["left: got 1"]


@attack("left: a loop")
async def left_loop() -> list[str]:
    """Lets it begin."""
    await monotonic_clock.wait_for(100 * MILLISECOND)
    return ["found: " + ("a loop" if "spin" in LEFT else "nothing")]


@attack("leave: a broken SDK")
def leave_broken() -> list[str]:
    """The calls of the SDK say what they like from now on; the host's do not."""
    orm.Session.commit = lambda self: None  # type: ignore[method-assign]
    sa.engine.Connection.execute = lambda *_args, **_kw: None  # type: ignore[method-assign, assignment]
    LEFT["broken"] = True
    return ["left: got 1"]


@attack("left: a broken SDK")
def left_broken() -> list[str]:
    """Writes by it: nothing is written."""
    if "broken" not in LEFT:
        return ["found: nothing"]
    session = orm.Session(engine)
    session.add(user())
    return [f"commit: {outcome(session.commit).split()[0]}", f"the row is there: {left_row()}"]


def left_row() -> str:
    """Whether the row is there, asked below the SDK."""
    condition = statements.Node_Binary(statements.Binary(statements.BinaryOp.EQUAL, 1, 2))
    query = selecting(table(), column("id"), number(ROW), condition, select([1], 0, where=3))
    return truth(execute(begun(), query))


@attack("cancel: in the middle")
async def cancelled() -> list[str]:
    """Tasks that are cancelled while the host works for them."""
    session = inserted()
    query = selecting(table(), column("id"), select([1], 0))
    stopped = 0
    for _ in range(20):
        task = asyncio.ensure_future(session.execute(query, [], NO_OPTIONS))
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            stopped += 1
    then = await awaited(session.rollback())
    return [f"then: {then.split()[0]}", f"it has ended: {truth(stopped <= 20)}"]


@attack("cancel: at once")
async def all_at_once() -> list[str]:
    """A hundred calls of one session at the same time: some are done, the others are told that it is busy."""
    session = inserted()
    query = selecting(table(), column("id"), select([1], 0))
    said = await asyncio.gather(*(awaited(session.execute(query, [], NO_OPTIONS)) for _ in range(100)))
    busy = sum(line == "refused busy" for line in said)
    done = sum(line.startswith("got") for line in said)
    return [f"some are done: {truth(done)}", f"neither done nor busy: {100 - done - busy}"]
