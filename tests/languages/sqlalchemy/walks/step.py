"""What every step has at hand: the session, the objects that were met, and chance."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

if TYPE_CHECKING:
    from base import Base

T = TypeVar("T")

NAMES = ("ann", "bob", "cyd", "dan", "eve", "fay")


class Steps:
    """A walk's state. Each method of a subclass that begins with `do_` is a step."""

    def __init__(self, engine: sa.Engine, seed: int, first_keys: dict[str, int]) -> None:
        self.random = random.Random(seed)
        self.session = orm.Session(engine, autoflush=seed % 3 > 0, expire_on_commit=seed % 2 > 0)
        self.objects: list[Base] = []
        self.savepoints: list[orm.SessionTransaction] = []
        self.first_keys = first_keys

    def name(self) -> str:
        """A name; some of them collide where they have to be unique."""
        return self.random.choice(NAMES)

    def maybe(self, item: T) -> T | None:
        """Three times of four what is given."""
        return item if self.random.randrange(4) else None

    def key(self, kind: type[Base], below: int = 8) -> int:
        """A key that a row of this walk may have."""
        return self.first_keys[kind.__tablename__] + self.random.randrange(below)

    def one(self, kind: type[T]) -> T | None:
        """An object that was met before, or nothing."""
        known = [item for item in self.objects if isinstance(item, kind)]
        return self.random.choice(known) if known else None

    def lasting(self, kind: type[T]) -> T | None:
        """An object with a row, as far as the session knows, or nothing."""
        item = self.one(kind)
        state: orm.InstanceState[T] | None = sa.inspect(item) if item is not None else None
        return item if state is not None and state.persistent else None

    def met(self, item: T) -> T:
        """Keeps an object."""
        self.objects.append(item)  # type: ignore[arg-type]
        return item
