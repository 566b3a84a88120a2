"""A library: inheritance, natural keys that change, foreign keys in a circle, columns of every type."""

# ruff: noqa: A003 - `id` is what the column is called

from __future__ import annotations

import datetime as dt
import enum
import uuid
from typing import Any

from base import MOMENT, Base
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    Double,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Uuid,
    func,
    select,
    true,
)
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import Mapped, column_property, deferred, mapped_column, relationship


class Shelf(Base):
    """A shelf, whose key is its room and number, both of which change."""

    __tablename__ = "shelves"

    room: Mapped[str] = mapped_column(String(8), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    note: Mapped[str | None] = mapped_column(String(20))
    items: Mapped[list[Item]] = relationship(back_populates="shelf", order_by="Item.id")


class Item(Base):
    """What stands on shelves: the base of tables that are joined to its own."""

    __tablename__ = "items"
    __table_args__ = (ForeignKeyConstraint(["room", "number"], ["shelves.room", "shelves.number"], onupdate="CASCADE"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), server_default="new")
    size: Mapped[int] = mapped_column(Integer, default=func.length("abc"), onupdate=func.length("abcde"))
    room: Mapped[str | None] = mapped_column(String(8))
    number: Mapped[int | None] = mapped_column(Integer)
    shelf: Mapped[Shelf | None] = relationship(back_populates="items")
    loans: Mapped[list[Loan]] = relationship(
        back_populates="item", cascade="all, delete-orphan", order_by="Loan.reader_code"
    )
    events: Mapped[list[Event]] = relationship(back_populates="item", passive_deletes=True, order_by="Event.id")

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "item"}


class Book(Item):
    """A book, in a table of its own, with the one that follows it."""

    __tablename__ = "books"

    id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    pages: Mapped[int | None] = mapped_column(SmallInteger)
    blurb: Mapped[str | None] = deferred(mapped_column(String(40)))
    sequel_id: Mapped[int | None] = mapped_column(ForeignKey("books.id"))
    sequel: Mapped[Book | None] = relationship(remote_side=[id], foreign_keys=[sequel_id], uselist=False)

    __mapper_args__ = {"polymorphic_identity": "book", "inherit_condition": id == Item.id}


class Film(Item):
    """A film, in another table."""

    __tablename__ = "films"

    id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    minutes: Mapped[int] = mapped_column(Integer, server_default="90")

    __mapper_args__ = {"polymorphic_identity": "film", "eager_defaults": True}


class Reader(Base):
    """A reader, whose key is a text that changes."""

    __tablename__ = "readers"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    loans: Mapped[list[Loan]] = relationship(back_populates="reader", cascade="all, delete-orphan")


class Loan(Base):
    """An item that a reader has: a table between two, with a column of its own."""

    __tablename__ = "loans"

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    reader_code: Mapped[str] = mapped_column(ForeignKey("readers.code", onupdate="CASCADE"), primary_key=True)
    weeks: Mapped[int | None] = mapped_column(Integer, default=4)
    item: Mapped[Item] = relationship(back_populates="loans")
    reader: Mapped[Reader] = relationship(back_populates="loans")


class Event(Base):
    """What happened to an item; all kinds lie in one table. The database itself forgets the item."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete="SET NULL"))
    item: Mapped[Item | None] = relationship(back_populates="events")

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "event"}


class Repair(Event):
    """A repair."""

    cost: Mapped[int | None] = mapped_column(Integer)

    __mapper_args__ = {"polymorphic_identity": "repair"}


class Move(Event):
    """A move to another room."""

    place: Mapped[str | None] = mapped_column(String(20))

    __mapper_args__ = {"polymorphic_identity": "move"}


class Album(Base):
    """An album with photos in an order, one of which is its cover: two tables that refer to each other."""

    __tablename__ = "albums"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(Integer)
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("photos.id", name="album_cover", use_alter=True))
    cover: Mapped[Photo | None] = relationship(foreign_keys=[cover_id], post_update=True)
    photos: Mapped[list[Photo]] = relationship(
        back_populates="album",
        foreign_keys="Photo.album_id",
        cascade="all, delete-orphan",
        order_by="Photo.place",
        collection_class=ordering_list("place"),
    )

    __mapper_args__ = {"version_id_col": revision, "version_id_generator": lambda before: (before or 0) + 10}


class Photo(Base):
    """A photo of an album, at a place."""

    __tablename__ = "photos"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    place: Mapped[int | None] = mapped_column(Integer)
    album_id: Mapped[int] = mapped_column(ForeignKey("albums.id", ondelete="CASCADE"))
    album: Mapped[Album] = relationship(back_populates="photos", foreign_keys=[album_id])


Album.size = column_property(
    select(func.count(Photo.id)).where(Photo.album_id == Album.id).correlate_except(Photo).scalar_subquery()
)


class Colour(enum.Enum):
    """A colour of a stamp."""

    RED = "red"
    BLUE = "blue"


class Stamp(Base):
    """A stamp, with a column of each type, and a key that the program makes."""

    __tablename__ = "stamps"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    is_used: Mapped[bool] = mapped_column(Boolean, server_default=true())
    colour: Mapped[Colour | None] = mapped_column(Enum(Colour, name="stamp_colour"))
    weight: Mapped[float | None] = mapped_column(Double)
    price: Mapped[int | None] = mapped_column(BigInteger)
    day: Mapped[dt.date | None] = mapped_column(Date)
    moment: Mapped[dt.datetime | None] = mapped_column(MOMENT)
    picture: Mapped[bytes | None] = mapped_column(LargeBinary)
    about: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
