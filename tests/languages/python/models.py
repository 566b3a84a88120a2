"""The models of the list, as SQLAlchemy's."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import Any

from sqlalchemy import (
    INTEGER,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    true,
)  # fmt: skip
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The base of the models."""


device_tags = Table(
    "device_tags", Base.metadata,
    Column("device_id", BigInteger, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", BigInteger, ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
)  # fmt: skip


class User(Base):
    """A user."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    email: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(Boolean, server_default=true())
    born: Mapped[dt.date | None] = mapped_column(Date)
    devices: Mapped[list[Device]] = relationship(
        back_populates="user", cascade="all, delete-orphan", order_by="Device.id"
    )


class Device(Base):
    """A device of a user."""

    __tablename__ = "devices"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))
    seen: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    user: Mapped[User] = relationship(back_populates="devices")
    tags: Mapped[list[Tag]] = relationship(secondary=device_tags, order_by="Tag.id")


class Tag(Base):
    """A tag of devices."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("label"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    label: Mapped[str] = mapped_column(String(32))


class Account(Base):
    """An account, whose row counts its versions."""

    __tablename__ = "accounts"
    __table_args__ = {"info": {"version_column": "version"}}

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    owner: Mapped[str] = mapped_column(String(64))
    balance: Mapped[decimal.Decimal] = mapped_column(Numeric(20, 4))
    version: Mapped[int] = mapped_column(BigInteger)
    __mapper_args__ = {"version_id_col": version}


class Kind(Base):
    """A column of each kind."""

    __tablename__ = "kinds"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    b: Mapped[bool | None] = mapped_column(Boolean)
    i16: Mapped[int | None] = mapped_column(SmallInteger)
    i32: Mapped[int | None] = mapped_column(INTEGER)
    i64: Mapped[int | None] = mapped_column(BigInteger)
    f64: Mapped[float | None] = mapped_column(Double)
    dec: Mapped[decimal.Decimal | None] = mapped_column(Numeric(20, 4))
    t: Mapped[str | None] = mapped_column(Text)
    v: Mapped[str | None] = mapped_column(String(20))
    by: Mapped[bytes | None] = mapped_column(LargeBinary)
    u: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    j: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    d: Mapped[dt.date | None] = mapped_column(Date)
    ti: Mapped[dt.time | None] = mapped_column(Time)
    ts: Mapped[dt.datetime | None] = mapped_column(DateTime)
    tz: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
