"""Tables that are created and dropped, and what is told of their relationships."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from fakes import Session
from sqlalchemy import exc, orm, schema

from sqlservice_guest import driver
from sqlservice_guest.bindings import sessions
from sqlservice_guest.dialect import DataDialect, models
from sqlservice_guest.dialect import text as dialect_text

METADATA = sa.MetaData()
ALBUMS = sa.Table(
    "albums",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("cover_id", sa.ForeignKey("photos.id", name="cover", use_alter=True)),
)
PHOTOS = sa.Table(
    "photos",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("album_id", sa.ForeignKey("albums.id"), index=True),
)
TAGS = sa.Table("tags", METADATA, sa.Column("id", sa.Integer, primary_key=True))


class Database:
    """A database of the contract that notes what is created and dropped, with which foreign keys."""

    def __init__(self, calls: list[Any], tables: Any) -> None:
        self.calls = calls
        self.tables = {table.name: table for table in tables}

    def dialect(self) -> str:
        """Its kind."""
        return "sqlite"

    def capabilities(self) -> list[str]:
        """What it can do."""
        return []

    def session(self) -> Session:
        """A session."""
        return Session()

    async def reflect(self, options: Any) -> list[Any]:
        """What is there: as it was declared."""
        return [models.table(table, DataDialect()) for table in (ALBUMS, PHOTOS) if table.name in options.only]

    async def create_all(self, options: Any) -> list[str]:
        """Creates."""
        return self._note("create", options)

    async def drop_all(self, options: Any) -> list[str]:
        """Drops."""
        return self._note("drop", options)

    def _note(self, what: str, options: Any) -> list[str]:
        keys = sum(len(self.tables[name].foreign_keys) for name in options.only)
        self.calls.append((what, sorted(options.only), keys))
        tables = [self.tables[name] for name in options.only]
        return [f"{table.schema}.{table.name}" if table.schema else table.name for table in tables]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the databases were told, of a plugin that has no raw-sql."""
    noted: list[Any] = []

    async def close(_: Any) -> None:
        """Closes."""

    monkeypatch.setattr(driver.Catalog, "opened_with", lambda _, tables: Database(noted, tables))
    monkeypatch.setattr(sessions.Session, "close", close)
    monkeypatch.setattr(driver.Connection, "get_isolation", lambda _: sessions.Isolation.DEFAULT)
    monkeypatch.setattr(dialect_text, "raw_sql", None)
    return noted


@pytest.fixture
def engine() -> sa.Engine:
    """An engine over it."""
    return sa.create_engine("sqlservice://default")


def test_tables_in_a_circle_are_created_and_dropped_together(calls: list[Any], engine: sa.Engine) -> None:
    METADATA.create_all(engine, checkfirst=False)
    assert ("create", ["albums", "photos"], 2) in calls or ("create", ["albums", "photos", "tags"], 2) in calls
    assert sum(len(names) for _, names, _ in calls) == 3
    calls.clear()
    METADATA.drop_all(engine, checkfirst=False)
    assert ("drop", ["albums", "photos"], 2) in calls or ("drop", ["albums", "photos", "tags"], 2) in calls


def test_one_table_of_a_circle_alone_is_asked_for_when_the_connection_commits(
    calls: list[Any], engine: sa.Engine
) -> None:
    with engine.begin() as connection:
        ALBUMS.create(connection, checkfirst=False)
        assert not calls
    assert calls == [("create", ["albums"], 1)]
    calls.clear()
    with engine.connect() as connection:
        ALBUMS.drop(connection, checkfirst=False)
    assert not calls, "what was not committed was not done"


def test_an_index_of_a_table_comes_with_it_and_any_other_is_refused(calls: list[Any], engine: sa.Engine) -> None:
    with engine.begin() as connection:
        METADATA.create_all(connection, checkfirst=False)
        with pytest.raises(exc.CompileError, match="CreateIndex"):
            sa.Index("other", TAGS.c.id).create(connection)
    TAGS.indexes.clear()


def test_relationships_of_classes_that_inherit_begin_and_end_at_tables() -> None:
    class Base(orm.DeclarativeBase):
        """The base."""

    class Item(Base):
        """An item."""

        __tablename__ = "items"
        id = sa.Column(sa.Integer, primary_key=True)

    class Book(Item):
        """A book, in a table that is joined."""

        __tablename__ = "books"
        id = sa.Column(sa.ForeignKey("items.id"), primary_key=True)

    class Page(Base):
        """A page of a book."""

        __tablename__ = "pages"
        id = sa.Column(sa.Integer, primary_key=True)
        book_id = orm.mapped_column(sa.ForeignKey("books.id"))
        book = orm.relationship(Book, backref="pages")

    found = {(item.owner, item.name): item.target for item in models.relationships(Base.metadata)}
    assert found == {("pages", "book"): "books", ("books", "pages"): "pages"}


def test_a_table_without_a_name_is_refused_by_the_host_and_not_by_what_logs_show(calls: list[Any]) -> None:
    nameless = sa.Table("", sa.MetaData(), sa.Column("id", sa.Integer))
    assert str(schema.CreateTable(nameless).compile(dialect=DataDialect())) == "CREATE TABLE "


def test_a_name_that_is_empty_is_no_definition_in_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect_text, "raw_sql", object())
    nameless = sa.Table("", sa.MetaData(), sa.Column("id", sa.Integer))
    index = sa.Index("one", nameless.c.id)
    with pytest.raises(exc.CompileError, match="a name is empty"):
        dialect_text.definition(DataDialect(), schema.CreateIndex(index), None)


def test_a_map_of_schemas_says_where_tables_are_created_and_dropped(
    calls: list[Any], engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[list[Any]] = []

    def open_with(_: Any, tables: Any) -> Database:
        opened.append(list(tables))
        return Database(calls, opened[-1])

    monkeypatch.setattr(driver.Catalog, "opened_with", open_with)
    mapped = engine.execution_options(schema_translate_map={None: "elsewhere"})
    METADATA.create_all(mapped, tables=[PHOTOS, ALBUMS], checkfirst=False)
    created = {(table.schema, table.name, *(key.schema for key in table.foreign_keys)) for table in opened[-1]}
    assert created == {("elsewhere", "albums", "elsewhere"), ("elsewhere", "photos", "elsewhere")}
    METADATA.drop_all(mapped, tables=[TAGS], checkfirst=False)
    assert [(table.schema, table.name) for table in opened[-1]] == [("elsewhere", "tags")]


def test_a_map_of_schemas_names_the_schema_in_what_logs_show() -> None:
    mapped: dict[str, Any] = {"schema_translate_map": {None: "elsewhere"}}
    for definition in (schema.CreateTable(TAGS), schema.DropTable(TAGS)):
        assert "TABLE elsewhere.tags" in str(definition.compile(dialect=DataDialect(), **mapped))


def test_a_map_of_schemas_names_the_schema_in_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect_text, "raw_sql", object())
    index = sa.Index("one", sa.Table("other", sa.MetaData(), sa.Column("id", sa.Integer)).c.id)
    compiled = schema.CreateIndex(index).compile(dialect=DataDialect(), schema_translate_map={None: "elsewhere"})
    assert "INDEX elsewhere.one ON other" in str(compiled)
