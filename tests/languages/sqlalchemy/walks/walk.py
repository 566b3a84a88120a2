"""Random walks through a session of SQLAlchemy's ORM: the same seed takes the same steps, wherever it is walked.

What each step gave, or the class of its error, is noted, and so are the rows at the end. It knows nothing of the
sandbox.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Iterable
from typing import Any

import order
import sqlalchemy as sa
from base import Base
from library import Album, Event, Item, Photo
from library_steps import LibrarySteps
from people import Person, Tag, Task, Team
from people_steps import PeopleSteps
from session_steps import SessionSteps
from sqlalchemy import orm

STEPS = 50

order.install()


def walks(engine: sa.Engine, seeds: Iterable[int]) -> dict[str, Any]:
    """Makes the tables anew and walks with each seed. Returns what was seen on the way, and all rows at the end."""
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    return {str(seed): walk(engine, seed) for seed in seeds}


def walk(engine: sa.Engine, seed: int) -> dict[str, Any]:
    """Walks on empty tables: with people, in the library, or with both."""
    clear(engine)
    first_keys = probe(engine)
    kind = (People, Library, Both)[seed % 3]
    taken = kind(engine, seed, first_keys)
    with order.collected_between(), taken.session:
        seen = [taken.step() for _ in range(STEPS)]
    with engine.connect() as connection:
        return {"seen": seen, "rows": {table.name: taken.rows(connection, table) for table in TABLES}}


def clear(engine: sa.Engine) -> None:
    """Removes all rows. References within a table and in circles go first."""
    with engine.begin() as connection:
        for table in TABLES:
            nulls = {column.name: None for column in table.c if column.foreign_keys and column.nullable}
            if nulls:
                connection.execute(sa.update(table).values(nulls))
        for table in reversed(TABLES):
            connection.execute(sa.delete(table))


def probe(engine: sa.Engine) -> dict[str, int]:
    """The keys that the database makes next: some go on with those of the walk before."""
    task = Task(title="probe", person=Person(name="probe"))
    photo = Photo(album=Album(title="probe"))
    probes: list[Any] = [task.person, task, Team(name="probe"), Tag(text="probe"), Item(title="probe"), Event()]
    with orm.Session(engine) as session:
        session.add_all([*probes, photo.album, photo])
        session.flush()
        return {type(item).__tablename__: item.id for item in (*probes, photo.album, photo)}


def origin(column: sa.Column[Any]) -> str | None:
    """The table whose database makes the values of a column, where it is a key or refers to one."""
    for key in column.foreign_keys:
        return origin(key.column)
    return column.table.name if column.table._autoincrement_column is column else None


TABLES = [table for table in Base.metadata.sorted_tables if table.name != "photos"]
TABLES.insert(TABLES.index(Base.metadata.tables["albums"]) + 1, Base.metadata.tables["photos"])
ORIGINS = {column: origin(column) for table in TABLES for column in table.c}


class Walk(SessionSteps):
    """One walk: its session, the objects that it has met, its savepoints."""

    def step(self) -> Any:
        """Takes a step. After an error it goes back, sometimes to a savepoint only, sometimes not at all.

        After an error of the database it always goes back: with the contract, as with PostgreSQL, a transaction in
        which a statement failed does nothing else.
        """
        move = self.random.choice(MOVES[type(self)])
        try:
            return [move, self.shown(getattr(self, move)())]
        except Exception as error:
            back = self.random.randrange(4) or int(isinstance(error, sa.exc.DBAPIError))
            if back > 1 or (back and not self.savepoints):
                self.session.rollback()
                self.savepoints.clear()
            elif back:
                self.do_savepoint_back()
            return [move, named(error), back]

    # What is noted

    def shown(self, value: Any) -> Any:
        """A value that is equal where the values are, whatever driver read it."""
        if isinstance(value, (tuple, list, sa.Row)):
            return [self.shown(item) for item in value]
        if isinstance(value, Base):
            keys = zip(sa.inspect(type(value)).primary_key, sa.inspect(value).identity or (), strict=False)
            return [type(value).__name__, *(self.relative(column, key) for column, key in keys)]
        if isinstance(value, dict):
            return {key: self.shown(item) for key, item in value.items()}
        return text(value)

    def relative(self, column: Any, value: Any) -> Any:
        """A column's value; a key that the database made is counted from the walk's first one."""
        table = ORIGINS[column]
        return self.shown(value) if table is None or value is None else value - self.first_keys[table]

    def rows(self, connection: sa.Connection, table: sa.Table) -> list[Any]:
        """All rows of a table."""
        found = connection.execute(sa.select(table).order_by(*table.primary_key))
        return [[self.relative(column, value) for column, value in zip(table.c, row, strict=True)] for row in found]


def text(value: Any) -> Any:
    """A single value as JSON has it, and with its type."""
    match value:
        case decimal.Decimal():
            return f"decimal {value.normalize():f}"
        case dt.datetime() | dt.date():
            return f"{type(value).__name__} {value.isoformat()}"
        case bytes():
            return f"bytes {value.hex()}"
        case uuid.UUID() | enum.Enum():
            return f"{type(value).__name__} {value}"
    return value if isinstance(value, (str, int, float, type(None))) else type(value).__name__


def named(error: Exception) -> str:
    """The class of an error.

    MariaDB's drivers have one of their own for a missing value, and SQLite's for a name that is not there.
    """
    if isinstance(error, sa.exc.OperationalError) and "doesn't have a default value" in str(error.orig):
        return "IntegrityError"
    if isinstance(error, sa.exc.OperationalError) and "no such column" in str(error.orig):
        return "ProgrammingError"
    return type(error).__name__


class People(Walk, PeopleSteps):
    """A walk with people."""


class Library(Walk, LibrarySteps):
    """A walk in the library."""


class Both(People, Library):
    """A walk with both."""


MOVES: dict[type[Walk], list[str]] = {
    kind: sorted(name for name in dir(kind) if name.startswith("do_")) for kind in (People, Library, Both)
}
