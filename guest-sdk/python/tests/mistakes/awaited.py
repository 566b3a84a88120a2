"""Tasks that are cancelled, left behind or fail, and handles of the native API that are used at the wrong time."""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa
from raising import raises
from sqlalchemy import exc

from sqlservice_guest import aio, errors

METADATA = sa.MetaData()
NOTES = sa.Table(
    "notes",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
)


async def count(db: aio.Database) -> int:
    """How many notes there are."""
    async with db.session() as session:
        return int(await session.scalar(sa.select(sa.func.count()).select_from(NOTES)))


async def first(db: aio.Database) -> Any:
    """The first note."""
    async with db.session() as session:
        return (await session.execute(sa.select(NOTES).order_by(NOTES.c.id).limit(1))).one()


async def example() -> tuple[int, str]:
    """What the README shows."""
    db = await aio.open("default", METADATA)
    await db.create_all()
    async with db.begin() as session:
        await session.execute(sa.insert(NOTES), [{"text": "milk"}, {"text": "bread"}])
    number, note = await asyncio.gather(count(db), first(db))
    return number, note.text


async def _empty() -> aio.Database:
    db = await aio.open("default", METADATA)
    await db.drop_all()
    await db.create_all()
    return db


async def mistake_none_at_all() -> None:
    """The example."""
    await _empty()
    assert await example() == (2, "milk")


async def mistake_tasks_left_behind() -> None:
    """One that still runs, one that failed, one that nothing cancels."""
    db = await _empty()

    async def fail() -> None:
        await db.ping()
        message = "nothing waits for this"
        raise ValueError(message)

    async def stubborn() -> None:
        for _ in range(3):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue

    left = [asyncio.create_task(work()) for work in (fail, stubborn, db.ping)]
    await asyncio.wait(left[:1])
    with raises(ValueError):
        await asyncio.gather(fail(), asyncio.sleep(60))


async def mistake_a_timeout_in_a_transaction() -> None:
    """What it wrote is rolled back, and its connection is free again."""
    db = await _empty()
    for _ in range(20):
        with raises(TimeoutError):
            async with asyncio.timeout(0.001), db.begin() as session:
                await session.execute(sa.insert(NOTES), [{"text": "x" * 100}] * 2000)
                await asyncio.sleep(60)
    assert await count(db) == 0


async def mistake_a_cancelled_call_and_a_closed_session() -> None:
    """The session is closed when its call has ended."""
    db = await _empty()
    session = db.session()
    task = asyncio.create_task(session.execute(sa.insert(NOTES), [{"text": "x"}] * 2000))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await session.close()
    await session.close()
    assert await count(db) == 0
    for use in (session.commit, session.rollback, lambda: session.scalar(sa.select(1))):
        with raises(errors.InterfaceError, code="closed"):
            await use()


async def mistake_many_calls_on_one_session() -> None:
    """They run one after the other; one of them fails."""
    db = await _empty()
    async with db.session() as session:
        numbers = await asyncio.gather(*[session.scalar(sa.select(sa.literal(number))) for number in range(20)])
        assert numbers == list(range(20))
        rows = [session.execute(sa.insert(NOTES).values(id=1, text="a")) for _ in range(3)]
        found = await asyncio.gather(*rows, return_exceptions=True)
        assert sum(isinstance(item, errors.Error) for item in found) == 2


async def mistake_a_stream_left_by_a_break() -> None:
    """And a session that was closed below it."""
    db = await _empty()
    async with db.begin() as session:
        await session.execute(sa.insert(NOTES), [{"text": "x"}] * 3000)
    async with db.session() as session:
        async for _ in session.stream(sa.select(NOTES), batch=10):
            break
        assert await session.scalar(sa.select(sa.func.count()).select_from(NOTES)) == 3000
        rest = session.stream(sa.select(NOTES), batch=10)
        await anext(rest)
        with raises(errors.OperationalError, code="busy"):
            await session.scalar(sa.select(1))
    with raises(errors.Error, StopAsyncIteration):
        while True:
            await anext(rest)
    for batch in (0, -1, 2**40, "ten"):
        wrong: Any = batch
        with raises(exc.ArgumentError):
            await anext(db.session().stream(sa.select(NOTES), batch=wrong))


async def mistake_a_transaction_that_took_too_long() -> None:
    """The host ended it: its commit raises."""
    db = await _empty()
    with raises(errors.InternalError, code="transaction-closed"):
        async with db.begin(timeout_ms=50) as session:
            await session.execute(sa.insert(NOTES).values(text="a"))
            await asyncio.sleep(0.3)
    assert await count(db) == 0


async def mistake_ends_and_options_of_a_transaction() -> None:
    """Committed twice, and begun with options that there are not."""
    db = await _empty()
    async with db.begin() as session:
        await session.execute(sa.insert(NOTES).values(text="a"))
        await session.commit()
    assert await count(db) == 1
    wrong: Any
    for wrong in ({"isolation": "CHAOS"}, {"timeout_ms": -1}, {"timeout_ms": 2**40}):
        with raises(ValueError):
            async with db.begin(**wrong):
                pass


async def mistake_what_is_no_statement() -> None:
    """Text, a model, a list, nothing; and a list of no rows."""
    db = await _empty()
    wrong: Any
    async with db.session() as session:
        for wrong in ("select 1", sa.text("select 1"), NOTES, [], None):
            with raises(exc.ArgumentError, exc.CompileError):
                await session.execute(wrong)
        for wrong in ([], [{"nothing": 1}], {"nothing": 1}, [5]):
            with raises():
                await session.execute(sa.insert(NOTES), wrong)


async def mistake_loops_and_threads() -> None:
    """What asyncio has and a sandbox has not."""
    with raises(RuntimeError):
        asyncio.run(example())
    with raises(NotImplementedError, RuntimeError):
        await asyncio.to_thread(print)
