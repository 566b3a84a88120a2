"""People: every kind of relationship, a version, a key of two columns, defaults of the database."""

# ruff: noqa: A003 - `id` is what the column is called

from __future__ import annotations

import datetime as dt
import decimal

from base import MOMENT, Base
from sqlalchemy import Column, ForeignKey, Integer, Numeric, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

labels = Table(
    "labels",
    Base.metadata,
    Column("task_id", ForeignKey("tasks.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Team(Base):
    """A team of people."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    members: Mapped[list[Person]] = relationship(back_populates="team", order_by="Person.id")


class Person(Base):
    """A person with a boss, a mentor, a version, and tasks that go with the person."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    pay: Mapped[decimal.Decimal | None] = mapped_column(Numeric(10, 2))
    version: Mapped[int] = mapped_column(Integer)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    team: Mapped[Team | None] = relationship(back_populates="members")
    boss: Mapped[Person | None] = relationship(back_populates="reports", remote_side=[id], foreign_keys=[boss_id])
    reports: Mapped[list[Person]] = relationship(back_populates="boss", foreign_keys=[boss_id], order_by="Person.id")
    mentor: Mapped[Person | None] = relationship(remote_side=[id], foreign_keys=[mentor_id], post_update=True)
    tasks: Mapped[list[Task]] = relationship(back_populates="person", cascade="all, delete-orphan", order_by="Task.id")
    skills: Mapped[list[Skill]] = relationship(
        back_populates="person", cascade="all, delete-orphan", order_by="Skill.name"
    )

    __mapper_args__ = {"version_id_col": version}


class Skill(Base):
    """A skill: its key is its person's and its name."""

    __tablename__ = "skills"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    level: Mapped[int] = mapped_column(Integer, server_default="1")
    person: Mapped[Person] = relationship(back_populates="skills")


class Task(Base):
    """A task with tags."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    title: Mapped[str] = mapped_column(String(20))
    due: Mapped[dt.datetime | None] = mapped_column(MOMENT)
    person: Mapped[Person] = relationship(back_populates="tasks")
    tags: Mapped[list[Tag]] = relationship(secondary=labels, back_populates="tasks", order_by="Tag.id")


class Tag(Base):
    """A tag of tasks."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    text: Mapped[str] = mapped_column(String(20), unique=True)
    tasks: Mapped[list[Task]] = relationship(secondary=labels, back_populates="tags", order_by="Task.id")
