"""A table with a column of each kind that Python has a type for."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm


class Base(orm.DeclarativeBase):
    """The base of the models."""


class Thing(Base):
    """A row of anything."""

    __tablename__ = "things"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    i16: orm.Mapped[int | None] = orm.mapped_column(sa.SmallInteger)
    i32: orm.Mapped[int | None] = orm.mapped_column(sa.INTEGER)
    i64: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    f: orm.Mapped[float | None] = orm.mapped_column(sa.Double)
    dec: orm.Mapped[decimal.Decimal | None] = orm.mapped_column(sa.Numeric(20, 4))
    t: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    v: orm.Mapped[str | None] = orm.mapped_column(sa.String(8))
    by: orm.Mapped[bytes | None] = orm.mapped_column(sa.LargeBinary)
    b: orm.Mapped[bool | None] = orm.mapped_column(sa.Boolean)
    u: orm.Mapped[uuid.UUID | None] = orm.mapped_column(sa.Uuid)
    j: orm.Mapped[Any | None] = orm.mapped_column(sa.JSON(none_as_null=True))
    d: orm.Mapped[dt.date | None] = orm.mapped_column(sa.Date)
    ti: orm.Mapped[dt.time | None] = orm.mapped_column(sa.Time)
    ts: orm.Mapped[dt.datetime | None] = orm.mapped_column(sa.DateTime)
    tz: orm.Mapped[dt.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))


engine = sa.create_engine("sqlservice://default")
COLUMNS = [column.name for column in Thing.__table__.columns if column.name != "id"]
