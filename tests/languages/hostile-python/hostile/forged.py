"""Statements, batches, changes and plans that are none, sent below the SDK, which would not make them."""

from __future__ import annotations

from typing import Any

from sqlservice_guest.bindings import rows, sessions, statements, values
from sqlservice_guest.blocking import run

from .tables import (
    NO_OPTIONS,
    begun,
    call,
    closed,
    column,
    execute,
    inserting,
    integers,
    number,
    select,
    selecting,
    strings,
    table,
    text,
)
from .told import attack, outcome

EVIL = 'users"; DROP TABLE users; --'
MOST = (1 << 32) - 1


def binary(left: int, right: int) -> Any:
    """A sum."""
    return statements.Node_Binary(statements.Binary(statements.BinaryOp.ADD, left, right))


def deep(depth: int, *, twice: bool) -> Any:
    """Each node holds the one before, once or twice."""
    nodes = [number(1), *(binary(below, below if twice else 0) for below in range(depth))]
    return selecting(*nodes, select([depth]))


def compound(*parts: int) -> Any:
    """Queries put together."""
    return statements.Node_Compound(statements.Compound([], statements.SetOp.UNION_ALL, list(parts), [], None, None))


def with_itself() -> Any:
    """A common table expression that is the query which has it."""
    cte = statements.Cte("again", [], 2, True)
    return selecting(table("again"), column("id"), select([1], 0, ctes=[cte]))


def arenas() -> dict[str, Any]:
    """Arenas by what is wrong with them."""
    label = statements.Node_Label(statements.Labelled(0, EVIL))
    root = statements.Root_Select
    return {
        "nothing": selecting(),
        "a root that is not there": statements.Statement([number(1)], root(7)),
        "a root that is no query": selecting(number(1)),
        "a node that names itself": selecting(binary(0, 0), select([0])),
        "a node that names a later one": selecting(binary(1, 1), number(1), select([0])),
        "a node that names none": selecting(binary(MOST, 9), select([0])),
        "two nodes that name each other": selecting(binary(1, 1), binary(0, 0), select([1])),
        "a query that is its own source": selecting(
            statements.Node_Subquery(statements.SourceQuery(1, "x", False)), select([0], 0)
        ),
        "a query that is its own part": selecting(compound(0, 0)),
        "an expression that is its own query": with_itself(),
        "no columns": selecting(select([])),
        "a table as a value": selecting(table(), select([0])),
        "a value as a table": selecting(number(1), select([0], 0)),
        "a parameter that is not given": selecting(statements.Node_Parameter(3), select([0])),
        "a parameter far away": selecting(statements.Node_Parameter(MOST), select([0])),
        "a limit that is a column": selecting(table(), column("id"), select([1], 0, 1)),
        "a label in an expression": selecting(number(1), label, binary(1, 1), select([2])),
        "half of what a function takes": selecting(number(1), call("substr"), select([1])),
        "a function that sleeps": selecting(number(1), call("sleep", 0), select([1])),
        "a window of no function": selecting(number(1), statements.Node_Window(statements.Window(0, [], [], None)), select([1])),
        "excluded outside of an upsert": selecting(table(), statements.Node_Excluded("name"), select([1], 0)),
        "an endless depth": deep(100_000, twice=False),
        "a text that doubles": deep(200, twice=True),
        "a hundred thousand columns": selecting(*[number(1)] * 100_000, select(list(range(100_000)))),
        "an insert of nothing": inserting(["id"], [], number(1)),
        "an insert of an unequal row": inserting(["id", "name"], [[0]], number(1)),
        "an insert of one column twice": inserting(["id", "id"], [[0, 0]], number(1)),
        "an insert of a column that is not there": inserting(["id", EVIL], [[0, 0]], number(1)),
        "an insert into a table that is not there": inserting(["id"], [[0]], number(1), of=EVIL),
        "a delete of what is not there": statements.Statement(
            [number(1)], statements.Root_Delete(statements.Delete("users", None, None, 99, []))
        ),
        "an update of nothing": statements.Statement(
            [number(1)], statements.Root_Update(statements.Update("users", None, [], None, None, []))
        ),
    }


@attack("forged: nodes")
def nodes() -> list[str]:
    """What is said of arenas that are none."""
    said = []
    for case, statement in arenas().items():
        session = begun()
        said.append(f"{case}: {outcome(lambda session=session, statement=statement: execute(session, statement))}")
        closed(session)
    return said


def batch(count: int, *columns: Any) -> Any:
    """A batch that says how many rows it has."""
    return rows.Batch(count, list(columns))


def batches() -> dict[str, tuple[list[str], Any]]:
    """Batches by what is wrong with them."""
    both, ids, names = ["id", "name"], integers(950, 951), strings([0, 1, 2], "ab")
    short = rows.ColumnData(b"\xff", rows.Vector_Integers([0] * 9))
    mixed = rows.ColumnData(None, rows.Vector_Mixed([values.Value_Array(values.ArrayValue([9, 9], []))] * 2))
    return {
        "fewer values than rows": (both, batch(2, integers(950), names)),
        "more values than rows": (both, batch(2, integers(950, 951, 952), names)),
        "fewer columns than names": (both, batch(2, ids)),
        "more columns than names": (["id"], batch(2, ids, names)),
        "too few offsets": (both, batch(2, ids, strings([0, 1], "ab"))),
        "no offsets": (both, batch(2, ids, strings([], "ab"))),
        "offsets past the end": (both, batch(2, ids, strings([0, 1, 9], "ab"))),
        "offsets that go back": (both, batch(2, ids, strings([0, 2, 1], "ab"))),
        "offsets in a character": (both, batch(2, ids, strings([0, 1, 2], "ä"))),
        "a huge offset": (both, batch(2, ids, strings([0, MOST, MOST], "ab"))),
        "too little validity": (both, batch(9, short, short)),
        "rows without columns": ([], batch(MOST)),
        "rows that there is no room for": (both, batch(MOST, integers(), strings([0], ""))),
        "a column that is not there": (["id", EVIL], batch(2, ids, names)),
        "a column twice": (["id", "id"], batch(2, ids, ids)),
        "arrays without items": (both, batch(2, ids, mixed)),
        "truths that are none": (both, batch(2, ids, rows.ColumnData(None, rows.Vector_Booleans(b"\x02\xff")))),
        "texts for numbers": (both, batch(2, names, names)),
    }


@attack("forged: batches")
def all_batches() -> list[str]:
    """What is said of batches that are none."""
    said = []
    for case, (columns, given) in batches().items():
        session = begun()
        told = outcome(lambda s=session, c=columns, b=given: run(s.insert_many("users", c, b, [], NO_OPTIONS)).affected)
        said.append(f"{case}: {told}")
        closed(session)
    return said


def changes() -> dict[str, list[Any]]:
    """Units of work by what is wrong with them."""
    good = batch(1, integers(950), strings([0, 1], "a"))

    def insert(table_: str = "users", *links: Any, given: Any = good, returning: tuple[str, ...] = ()) -> Any:
        return sessions.Change_Inserts(sessions.Inserts(table_, ["id", "name"], given, list(links), list(returning)))

    def delete(keys: Any, **more: Any) -> Any:
        parts: dict[str, Any] = {"versions": None, "stored": None, "strict": False, **more}
        return sessions.Change_Deletes(sessions.Deletes("users", keys, **parts))

    link = sessions.KeyReference
    return {
        "a table that is not there": [insert(EVIL)],
        "a link to a change that is not there": [insert("users", link(0, 0, 9, 0))],
        "a link to itself": [insert("users", link(0, 0, 0, 0))],
        "a link of a row that is not there": [insert("users", link(MOST, 0, 0, 0))],
        "a link of a column that is not there": [insert("users", link(0, 65535, 0, 0))],
        "a circle": [insert("users", link(0, 0, 1, 0)), insert("users", link(0, 0, 0, 0))],
        "returning what is not there": [insert(returning=(EVIL,))],
        "a batch that lies": [insert(given=batch(MOST, integers(1), strings([0], "")))],
        "keys of no column": [delete(batch(5))],
        "keys of too many columns": [delete(batch(1, integers(1), integers(1)))],
        "keys of another type": [delete(batch(1, strings([0, 1], "a")))],
        "versions of what has none": [delete(batch(1, integers(950)), versions=batch(1, integers(1)))],
        "stored columns that are not there": [
            delete(batch(1, integers(950)), stored=sessions.KnownRows([EVIL], batch(1, integers(1))))
        ],
        "a row that is not there": [delete(batch(1, integers(950)), strict=True)],
        "nothing": [],
    }


@attack("forged: changes")
def all_changes() -> list[str]:
    """What is said of units of work that lie."""
    said = []
    for case, given in changes().items():
        session = begun()
        said.append(f"{case}: {outcome(lambda session=session, given=given: len(run(session.flush(given))))}")
        closed(session)
    return said


def plans() -> dict[str, Any]:
    """Plans by what is wrong with them."""
    one = sessions.LoadRoot_Keys(batch(1, integers(1)))
    load = sessions.Load
    query = sessions.RootQuery(selecting(number(1), select([0])), [])
    change = sessions.RootQuery(inserting(["id", "name"], [[0, 1]], number(950), text("planned")), [])
    return {
        "a table that is not there": sessions.Plan(EVIL, one, [], []),
        "a relationship that is not there": sessions.Plan("users", one, [load(EVIL, [], False)], [0]),
        "a load that is not there": sessions.Plan("users", one, [], [MOST]),
        "a load that holds itself": sessions.Plan("users", one, [load("x", [0], False)], [0]),
        "keys of another type": sessions.Plan("users", sessions.LoadRoot_Keys(batch(1, strings([0, 1], "a"))), [], []),
        "a batch that lies": sessions.Plan("users", sessions.LoadRoot_Keys(batch(MOST, integers(1))), [], []),
        "a query of other columns": sessions.Plan("users", sessions.LoadRoot_Query(query), [], []),
        "a query that changes": sessions.Plan("users", sessions.LoadRoot_Query(change), [], []),
        "known rows that are not known": sessions.Plan(
            "users", sessions.LoadRoot_Known(sessions.KnownRows([EVIL], batch(1, integers(1)))), [], []
        ),
    }


@attack("forged: plans")
def all_plans() -> list[str]:
    """What is said of plans that make no sense."""
    said = []
    for case, plan in plans().items():
        session = begun()
        said.append(f"{case}: {outcome(lambda session=session, plan=plan: len(run(session.load(plan, NO_OPTIONS))))}")
        closed(session)
    return said


@attack("forged: values")
def all_values() -> list[str]:
    """Values past every edge, as parameters of a query of users whose name is that."""
    scalar = values
    cases = {
        "NUL": scalar.Scalar_Text("a\0b"),
        "a decimal that is none": scalar.Scalar_Decimal("1); DROP TABLE users; --"),
        "a huge decimal": scalar.Scalar_Decimal("9" * 200_000),
        "a decimal with an exponent": scalar.Scalar_Decimal("1e1000000"),
        "a document that is none": scalar.Scalar_Json("{"),
        "a document that is nested": scalar.Scalar_Json("[" * 100_000 + "]" * 100_000),
        "a date past the end": scalar.Scalar_Date((1 << 31) - 1),
        "a time past midnight": scalar.Scalar_Time((1 << 63) - 1),
        "a moment before all time": scalar.Scalar_TimestampTz(-(1 << 63)),
        "a type of its own": scalar.Scalar_Other(scalar.NativeValue('text"; DROP TABLE users; --', "x")),
        "a number past the end": scalar.Scalar_Unsigned((1 << 64) - 1),
    }
    said = []
    for case, given in cases.items():
        session = begun()
        bound = [values.Value_Scalar(given)]
        insert = inserting(["id", "name"], [[0, 1]], number(950), statements.Node_Parameter(0))
        told = outcome(lambda s=session, i=insert, b=bound: run(s.execute(i, b, NO_OPTIONS)).affected)
        said.append(f"{case}: {told}")
        closed(session)
    return said
