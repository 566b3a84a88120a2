"""Statements of SQLAlchemy as data, and what has no node."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects.postgresql import insert as upsert

from sqlservice_guest.bindings import schema as sc
from sqlservice_guest.bindings import statements as st
from sqlservice_guest.dialect import DataDialect
from sqlservice_guest.dialect import text as dialect_text
from sqlservice_guest.dialect.arena import Schemas
from sqlservice_guest.dialect.compiler import DataCompiler
from sqlservice_guest.dialect.types import column_type, written_type

METADATA = sa.MetaData()
THINGS = sa.Table(
    "things",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("j", sa.JSON),
)
NAME, ID = THINGS.c.name, THINGS.c.id


@pytest.fixture(autouse=True)
def without_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that did not ask for raw SQL: what has no node is an error."""
    monkeypatch.setattr(dialect_text, "raw_sql", None)


def compiled(statement: Any) -> DataCompiler:
    """A statement, compiled for a database that can do everything but raw SQL."""
    found = statement.compile(dialect=DataDialect())
    assert isinstance(found, DataCompiler)
    return found


def sent(statement: Any) -> tuple[st.Statement, list[Any]]:
    """The statement as it is sent, and its arguments."""
    found = compiled(statement)
    parameters = found.construct_params()
    variant = found.variant(parameters)
    return variant.statement, found.arguments(variant, [parameters])


def kinds(statement: Any) -> set[str]:
    """The names of the nodes."""
    return {type(node).__name__.removeprefix("Node_") for node in sent(statement)[0].nodes}


def test_a_select_is_nodes() -> None:
    statement, arguments = sent(sa.select(ID, NAME).where(NAME == "a").order_by(ID.desc()).limit(3))
    assert isinstance(statement.root, st.Root_Select)
    select = statement.nodes[statement.root.value]
    assert isinstance(select, st.Node_Select)
    assert sorted(arguments, key=str) == [3, "a"]
    assert select.value.order_by[0].descending


SAID: list[tuple[Any, set[str]]] = [
    (sa.select(sa.case((ID > 1, "a"), else_="b")), {"Case"}),
    (sa.select(sa.cast(ID, sa.Text)), {"Cast"}),
    (sa.select(sa.func.count(ID).filter(ID > 1)), {"Call"}),
    (sa.select(sa.func.row_number().over(order_by=ID)), {"Window"}),
    (sa.select(ID).where(sa.exists().where(ID == 1)), {"Exists"}),
    (sa.select(ID).where(ID.in_(sa.select(ID))), {"Membership"}),
    (sa.select(NAME).where(NAME.like("a%", escape="!")), {"Matching"}),
    (sa.union(sa.select(ID), sa.select(ID)), {"Compound"}),
    (sa.select(THINGS.join(THINGS.alias("b"), sa.true())), {"Join"}),
]


@pytest.mark.parametrize(("statement", "expected"), SAID)
def test_what_the_contract_says_is_said(statement: Any, expected: set[str]) -> None:
    assert expected <= kinds(statement)


UNSAID: list[tuple[Any, str]] = [
    (sa.select(NAME.regexp_match("a")), "regexp_match"),
    (sa.select(sa.func.percentile_cont(0.5).within_group(ID)), "within group"),
    (sa.select(THINGS.tablesample(5)), "tablesample"),
    (sa.select(sa.values(sa.column("a", sa.Integer), name="v").data([(1,)])), "values"),
    (sa.select(NAME.op("~~~")("a")), "~~~"),
    (sa.select(sa.text("now()")), "now"),
    (sa.select(ID).prefix_with("HIGH"), "words before"),
    (sa.select(sa.func.coalesce(ID, 1).over()), "window"),
]


@pytest.mark.parametrize(("statement", "named"), UNSAID)
def test_what_has_no_node_is_named(statement: Any, named: str) -> None:
    with pytest.raises(exc.CompileError, match=named):
        sent(statement)


def test_a_longer_list_is_another_arena_and_one_of_its_power_of_two_the_same() -> None:
    found = compiled(sa.select(ID).where(ID.in_(sa.bindparam("ids", expanding=True))))
    shapes = [found.variant({"ids": list(range(length))}) for length in (3, 4, 5)]
    assert shapes[0] is shapes[1] is not shapes[2]
    assert found.arguments(shapes[0], [{"ids": [7, 8, 9]}]) == [7, 8, 9, 9]


def test_a_plain_insert_takes_many_rows() -> None:
    many = compiled(sa.insert(THINGS).values(name=sa.bindparam("name"), id=sa.bindparam("id"))).many_rows
    assert many is not None
    assert (many.table, many.columns) == ("things", ["id", "name"])
    assert compiled(sa.insert(THINGS).values(name=sa.func.lower("A"))).many_rows is None


def test_an_upsert_is_a_conflict() -> None:
    insert = upsert(THINGS).values(id=1, name="a")
    statement, _ = sent(insert.on_conflict_do_update(index_elements=["id"], set_={"name": insert.excluded.name}))
    assert isinstance(statement.root, st.Root_Insert)
    conflict = statement.root.value.conflict
    assert conflict is not None
    assert conflict.columns == ["id"]
    with pytest.raises(exc.CompileError, match="constraint by its name"):
        sent(insert.on_conflict_do_nothing(constraint="pk"))


def test_texts_that_cannot_cross_are_refused() -> None:
    with pytest.raises(Exception, match="surrogates"):
        sent(sa.select(sa.column("\ud800")))


def test_a_list_in_an_order_or_a_group_is_its_items() -> None:
    both: Any = sa.sql.expression.ClauseList(NAME, ID)
    statement, _ = sent(sa.select(sa.func.count()).select_from(THINGS).group_by(both).order_by(both))
    assert isinstance(statement.root, st.Root_Select)
    select = statement.nodes[statement.root.value]
    assert isinstance(select, st.Node_Select)
    assert (len(select.value.group_by), len(select.value.order_by)) == (2, 2)


def test_a_compound_of_one_query_is_the_query() -> None:
    assert "Compound" not in kinds(sa.union(sa.select(ID)))


def test_all_columns_are_not_returned_by_a_star() -> None:
    with pytest.raises(exc.CompileError, match=r"returning of \*"):
        compiled(sa.delete(THINGS).returning(sa.literal_column("*")))


def test_columns_of_other_tables_are_not_returned() -> None:
    other = sa.Table("other", sa.MetaData(), sa.Column("id", sa.Integer))
    with pytest.raises(exc.CompileError, match="another table"):
        compiled(sa.update(THINGS).values(name="a").where(other.c.id == ID).returning(ID, other.c.id))


def test_a_statement_reads_as_the_text_that_it_would_be() -> None:
    found = compiled(sa.select(ID))
    for text in (found.string, str(found)):
        assert text.startswith("SELECT things.id")
        assert text.split()[0] == f"{text}".split(maxsplit=1)[0] == "SELECT"
        assert text == str(text)


def test_types_that_are_written_as_text_are_the_contracts() -> None:
    class Code(sa.types.UserDefinedType[str]):
        cache_ok = True

        def get_col_spec(self, **_: object) -> str:
            return "VARCHAR(8)"

    known = column_type(Code(), DataDialect())
    assert (known.kind, known.length) == (sc.TypeKind.VARCHAR, 8)
    assert written_type("geometry(point)", DataDialect()).native == "geometry(point)"
    assert column_type(sa.Enum("a", native_enum=False), DataDialect()).kind is sc.TypeKind.VARCHAR
    assert column_type(sa.Interval(native=False), DataDialect()).kind is sc.TypeKind.TIMESTAMP


def test_a_map_of_schemas_says_where_tables_are() -> None:
    schemas: Schemas = {None: "elsewhere"}
    found = sa.select(ID).compile(dialect=DataDialect(), schema_translate_map=schemas)
    assert isinstance(found, DataCompiler)
    maps: list[Schemas] = [{}, schemas, {None: "there"}, {}]
    tables = [
        node.value.schema
        for given in maps
        for node in found.variant({}, schemas=given).statement.nodes
        if isinstance(node, st.Node_Table)
    ]
    assert tables == [None, "elsewhere", "there", None]


def test_a_map_of_schemas_holds_for_changes() -> None:
    schemas = {None: "elsewhere"}
    for statement in (sa.insert(THINGS).values(name="a"), sa.update(THINGS).values(name="a"), sa.delete(THINGS)):
        found: Any = statement.compile(dialect=DataDialect(), schema_translate_map=schemas)
        assert found.many_rows is None
        assert found.variant(found.construct_params(), schemas=schemas).statement.root.value.schema == "elsewhere"
