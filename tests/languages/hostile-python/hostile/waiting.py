"""What waits for ever, and what is opened until it is refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlservice_guest.bindings import monotonic_clock
from sqlservice_guest.blocking import run

from .tables import NO_OPTIONS, READING, User, begun, column, engine, execute, opened, select, selecting, table, text, user
from .told import attack, code, outcome

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = (1 << 64) - 1


@attack("wait: for ever")
async def for_ever() -> list[str]:
    """Waits as long as there is a number for, in a transaction."""
    with orm.Session(engine) as session:
        session.add(user())
        session.flush()
        await monotonic_clock.wait_for(LONGEST)
        return ["it has waited"]


@attack("wait: blocked")
def blocked() -> list[str]:
    """The same without giving way to other tasks."""
    with orm.Session(engine) as session:
        session.add(user())
        session.flush()
        run(monotonic_clock.wait_for(LONGEST))
        return ["it has waited"]


@attack("wait: for nothing")
async def for_nothing() -> list[str]:
    """Waits for what never comes, in a transaction."""
    with orm.Session(engine) as session:
        session.add(user())
        session.flush()
        await asyncio.get_event_loop().create_future()
        return ["it has waited"]


@attack("wait: for oneself")
def for_oneself() -> list[str]:
    """Waits for a lock that another session of the same instance holds."""
    with orm.Session(engine) as one, orm.Session(engine) as other:
        one.execute(sa.update(User).where(User.id == 1).values(note="one"))
        change = sa.update(User).where(User.id == 1).values(note="other")
        said = outcome(lambda: other.execute(change))
        one.rollback()
        other.rollback()
        return [f"the other one: {said}", f"the other one again: {outcome(lambda: other.execute(change) and 'it')}"]


def until_refused(what: str, make: Callable[[], Any], most: int) -> list[str]:
    """Makes so many, and says how many there were before one was refused."""
    made: list[Any] = []
    while len(made) < most:
        try:
            made.append(make())
        except Exception as failure:
            return [f"{what}: got {len(made)}, then refused {code(failure)}"]
    return [f"{what}: got {len(made)}"]


@attack("open: sessions")
def sessions() -> list[str]:
    """Sessions that take no connection."""
    return until_refused("sessions", opened().session, 10_000)


@attack("open: transactions")
def transactions() -> list[str]:
    """Transactions, each of which has a connection."""
    database = opened()
    return until_refused("transactions", lambda: run(database.begin(READING)), 10_000)


@attack("open: connections")
def connections() -> list[str]:
    """Connections."""
    database = opened()
    return until_refused("connections", lambda: run(database.connect()), 10_000)


@attack("open: savepoints")
def savepoints() -> list[str]:
    """Savepoints in savepoints."""
    session = begun()
    return until_refused("savepoints", lambda: run(session.begin_nested()), 2_000)


@attack("open: statements")
def statements() -> list[str]:
    """Prepared statements, each with a large text."""
    session = begun()
    large = "x" * 1_000_000
    return until_refused("statements", lambda: run(session.prepare(selecting(text(large), select([0])))), 1_000)


@attack("open: cursors")
def cursors() -> list[str]:
    """Unread cursors, each on a session of its own."""
    database = opened()
    query = selecting(table(), column("id"), select([1], 0))
    limits = type(NO_OPTIONS)(None, None, 1)

    def cursor() -> Any:
        session = run(database.begin(READING))
        return session, run(session.execute(query, [], limits))

    return until_refused("cursors", cursor, 10_000)


@attack("open: cursors of one session")
def cursors_of_one() -> list[str]:
    """A second cursor beside an unread one."""
    session = begun()
    query = selecting(table(), column("id"), select([1], 0))
    limits = type(NO_OPTIONS)(None, None, 1)
    kept = run(session.execute(query, [], limits))
    said = [f"beside it: {outcome(lambda: execute(session, query))}"]
    kept.cursor.__exit__(None, None, None)
    return [*said, f"after it: {outcome(lambda: execute(session, query))}"]


@attack("open: handles")
def handles() -> list[str]:
    """Databases, which are only handles."""
    return until_refused("databases", opened, 1_000_000)
