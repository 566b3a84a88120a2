"""Notes: one table, two exports."""

from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from sqlservice_guest import plugin


class Base(DeclarativeBase):
    """The base of the models."""


class Note(Base):
    """A note."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


engine = create_engine("sqlservice://default")


@plugin.export
def add_note(text: str) -> int:
    """Adds a note and returns its key."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        note = Note(text=text)
        session.add(note)
        session.commit()
        return note.id


@plugin.export
def notes() -> list[str]:
    """Every note, in the order in which they were added."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        return list(session.scalars(select(Note.text).order_by(Note.id)))
