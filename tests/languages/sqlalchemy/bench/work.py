"""What the benchmark does, on both sides: SQLAlchemy, with nothing of one side in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

ROWS = 10_000
POINTS = 500
OWNERS = 1_000
KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class Base(orm.DeclarativeBase):
    """The base of the models."""


class User(Base):
    """A row that is read and inserted."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    email: Mapped[str | None] = mapped_column(sa.String(128))
    score: Mapped[float] = mapped_column(sa.Double)
    active: Mapped[bool]
    created: Mapped[int] = mapped_column(sa.BigInteger)


class Owner(Base):
    """A parent of the flush."""

    __tablename__ = "owners"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    devices: Mapped[list[Device]] = relationship(back_populates="owner")


class Device(Base):
    """A child of the flush."""

    __tablename__ = "devices"

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("owners.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    owner: Mapped[Owner] = relationship(back_populates="devices")


USERS: sa.Table = Base.metadata.tables["users"]


def rows() -> list[dict[str, Any]]:
    """Rows to insert."""
    return [
        {
            "name": f"user-{number:08}-abcdefgh",
            "email": f"user-{number:08}@example.org" if number % 7 else None,
            "score": number * 0.5,
            "active": number % 2 == 0,
            "created": 1_700_000_000_000_000 + number,
        }
        for number in range(ROWS)
    ]


def fill(engine: sa.Engine) -> None:
    """Leaves the rows that are read, and no others."""
    with engine.begin() as connection:
        connection.execute(sa.delete(Device))
        connection.execute(sa.delete(Owner))
        if connection.scalar(sa.select(sa.func.count()).select_from(USERS)) != ROWS:
            connection.execute(sa.delete(USERS))
            connection.execute(sa.insert(USERS), rows())


def point(engine: sa.Engine) -> Callable[[], None]:
    """Rows by their keys, one query after the other."""
    with engine.connect() as connection:
        first: int = connection.scalar(sa.select(sa.func.min(USERS.c.id)))

    def run() -> None:
        with engine.connect() as connection:
            for number in range(POINTS):
                found = connection.execute(sa.select(USERS).where(USERS.c.id == first + number * 17 % ROWS)).one()
                assert found.created >= 1_700_000_000_000_000

    return run


def read(engine: sa.Engine) -> Callable[[], None]:
    """All rows."""

    def run() -> None:
        with engine.connect() as connection:
            found = connection.execute(sa.select(USERS)).all()
        assert sum(active for *_, active, _ in found) == ROWS // 2

    return run


def insert(engine: sa.Engine) -> Callable[[], None]:
    """As many rows again."""
    new = rows()

    def run() -> None:
        with engine.begin() as connection:
            connection.execute(sa.insert(USERS), new)

    return run


def flush(engine: sa.Engine) -> Callable[[], None]:
    """Parents with two children each, by the unit of work."""

    def run() -> None:
        with orm.Session(engine) as session:
            add_owners(session)
            session.commit()

    return run


def add_owners(session: orm.Session) -> None:
    """Adds the parents with their children."""
    for number in range(OWNERS):
        devices = [Device(name=f"device-{number}-{which}") for which in range(2)]
        session.add(Owner(name=f"owner-{number}", devices=devices))


def objects(engine: sa.Engine) -> Callable[[], None]:
    """The objects of `flush`, which are not written: no database is used."""

    def run() -> None:
        with orm.Session(engine) as session:
            add_owners(session)

    return run


def build(_: sa.Engine) -> Callable[[], None]:
    """The queries of `point`, which are compiled and not run: no database is used."""

    def run() -> None:
        for number in range(POINTS):
            assert sa.select(USERS).where(USERS.c.id == number).compile().params

    return run


WORKS: dict[str, Callable[[sa.Engine], Callable[[], None]]] = {
    "point": point,
    "read": read,
    "insert": insert,
    "flush": flush,
    "objects": objects,
    "build": build,
}


def measure(engine: sa.Engine, work: str, times: int) -> list[float]:
    """Does a work so many times, after one time that is not counted. Returns the milliseconds of each."""
    fill(engine)
    run = WORKS[work](engine)
    taken = []
    for _ in range(times + 1):
        begin = time.perf_counter()
        run()
        taken.append((time.perf_counter() - begin) * 1e3)
        if work in ("insert", "flush"):
            fill(engine)
    return taken[1:]
