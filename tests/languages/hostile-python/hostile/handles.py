"""Handles and values of the wrong kind below the SDK: each of these ends the instance, or is refused by the bindings."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlservice_guest.bindings import databases, rows, schema, sessions, statements
from sqlservice_guest.blocking import run

from .tables import (
    DEFAULT,
    NO_OPTIONS,
    adding,
    begun,
    column,
    execute,
    inserted,
    integers,
    number,
    opened,
    select,
    selecting,
    strings,
    table,
    text,
)
from .told import attack, awaited, lines, outcome

QUERY = selecting(table(), column("id"), select([1], 0))
UNDER = selecting(
    table(),
    column("id"),
    number(901),
    statements.Node_Binary(statements.Binary(statements.BinaryOp.EQUAL, 1, 2)),
    select([1], 0, where=3),
)
"""The row of a flush."""


@attack("handles: a session that was closed")
def closed_twice() -> list[str]:
    """Closes it, and closes it again."""
    session = begun()
    run(sessions.Session.close(session))
    run(sessions.Session.close(session))
    return ["it is closed twice"]


@attack("handles: a session that was dropped")
def dropped_twice() -> list[str]:
    """Drops it and runs a statement on it."""
    session = begun()
    session.__exit__(None, None, None)
    execute(session, QUERY)
    return ["it has run"]


@attack("handles: a number")
def forged_number() -> list[str]:
    """Gives a session another number."""
    session = begun()
    names = [name for name in dir(session) if "handle" in name.lower()]
    for name in names:
        setattr(session, name, 4096)
    execute(session, QUERY)
    return [f"it has run, by {len(names)} names"]


@attack("handles: another kind")
def other_kind() -> list[str]:
    """Calls what belongs to a session with a database."""
    run(sessions.Session.execute(opened(), QUERY, [], NO_OPTIONS))
    return ["it has run"]


@attack("handles: made by hand")
def by_hand() -> list[str]:
    """A session that no call has given."""
    session = sessions.Session.__new__(sessions.Session)
    run(session.execute(QUERY, [], NO_OPTIONS))
    return ["it has run"]


@attack("handles: a session that is closed under its statement")
async def closed_under() -> list[str]:
    """Closes a session while a statement of it runs."""
    session = await opened().begin(DEFAULT)
    running = asyncio.ensure_future(session.execute(QUERY, [], NO_OPTIONS))
    await asyncio.sleep(0)
    await sessions.Session.close(session)
    await running
    return ["it is closed"]


@attack("handles: a session of another database")
def prepared_elsewhere() -> list[str]:
    """Runs in one database what was prepared for another opening of it."""
    one, other = begun(), begun(opened())
    prepared = run(one.prepare(QUERY))
    return [f"run: {outcome(lambda: run(other.run(prepared, [], NO_OPTIONS)).first_batch.rows > 0)}"]


@attack("handles: a savepoint that was dropped")
def dropped_savepoint() -> list[str]:
    """It undoes what came after it, and the transaction goes on."""
    session = inserted()
    savepoint = run(session.begin_nested())
    execute(session, adding(901))
    savepoint.__exit__(None, None, None)
    return lines(
        {
            "another row": lambda: execute(session, adding(902)),
            "the same row": lambda: execute(session, adding(901)),
            "all rows": lambda: execute(session, QUERY),
        }
    )


@attack("handles: a parent that was dropped")
def dropped_parent() -> list[str]:
    """A savepoint outlives its session, which outlives its database."""
    database = opened()
    session = run(database.begin(DEFAULT))
    database.__exit__(None, None, None)
    savepoint = run(session.begin_nested())
    session.__exit__(None, None, None)
    return [f"release: {outcome(lambda: run(sessions.Savepoint.release(savepoint))).split()[0]}"]


ROUNDS = 50


@attack("handles: a savepoint that is dropped under its flush")
async def dropped_under_flush() -> list[str]:
    """Drops it while a unit of work is written: that is written whole, or nothing of it is there."""
    refused = torn = closed = 0
    for _ in range(ROUNDS):
        session = opened().session()
        await session.execute(adding(900), [], NO_OPTIONS)
        savepoint = await session.begin_nested()
        row = rows.Batch(1, [integers(901), strings([0, 5], "under")])
        change = sessions.Change_Inserts(sessions.Inserts("users", ["id", "name"], row, [], []))
        flushing = asyncio.ensure_future(awaited(session.flush([change])))
        await asyncio.sleep(0)
        savepoint.__exit__(None, None, None)
        was_refused = (await flushing).startswith("refused")
        found = (await session.execute(UNDER, [], NO_OPTIONS)).first_batch.rows
        refused, torn, closed = refused + was_refused, torn + (was_refused and found > 0), closed + (not session.in_transaction())
        await sessions.Session.close(session)
    return [f"refused: {refused}", f"refused and written: {torn}", f"transactions that ended: {closed}"]


@attack("types: a text for a number")
def text_for_number() -> list[str]:
    """A row of text in a batch of integers."""
    batch = rows.Batch(1, [rows.ColumnData(None, rows.Vector_Integers(["x"]))])  # type: ignore[list-item]
    run(begun().insert_many("users", ["id"], batch, [], NO_OPTIONS))
    return ["it is inserted"]


@attack("types: a number out of range")
def out_of_range() -> list[str]:
    """A position past 32 bits."""
    execute(begun(), selecting(number(1), select([1 << 40])))
    return ["it has run"]


@attack("types: a case that is not there")
def unknown_case() -> list[str]:
    """A node of another class."""
    execute(begun(), selecting({"tag": "drop-everything", "val": 1}, select([0])))
    return ["it has run"]


@attack("types: an enumeration's other value")
def unknown_value() -> list[str]:
    """An operator that the contract does not have."""
    evil: Any = 99
    execute(begun(), selecting(number(1), statements.Node_Binary(statements.Binary(evil, 0, 0)), select([1])))
    return ["it has run"]


@attack("types: half a character")
def surrogate() -> list[str]:
    """A text that has no UTF-8."""
    execute(begun(), selecting(text("\ud800"), select([0])))
    return ["it has run"]


@attack("types: nothing for something")
def nothing() -> list[str]:
    """None where a record is expected."""
    evil: Any = None
    run(databases.Database.open("default", evil))
    return ["it is opened"]


@attack("types: a list that holds itself")
def endless_list() -> list[str]:
    """Relationships of relationships of relationships."""
    tables: list[Any] = []
    tables.append(tables)
    run(databases.Database.open("default", schema.Models(tables, tables)))
    return ["it is opened"]


@attack("types: more than a call may hand over")
def too_much() -> list[str]:
    """A hundred megabytes of text in one statement."""
    execute(begun(), selecting(text("x" * 100_000_000), select([0])))
    return ["it has run"]


@attack("types: a million names")
def many_names() -> list[str]:
    """A list of names for a table with two columns."""
    names = ["id"] * 1_000_000
    batch = rows.Batch(0, [])
    return lines({"a million": lambda: run(begun().insert_many("users", names, batch, [], NO_OPTIONS)).affected})
