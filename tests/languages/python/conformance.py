"""The guest of the list: does each step by SQLAlchemy's Core and ORM, and tells what came of it."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from models import Account, Base, Device, Kind, Tag, User
from queries import Scope
from sqlalchemy import exc, inspect, orm
from sqlalchemy.dialects.sqlite import insert as upsert
from values import read, show

from sqlservice_guest import errors, plugin

CLASSES: dict[str, Any] = {cls.__tablename__: cls for cls in (User, Device, Tag, Account, Kind)}


def read_json(text: str) -> Any:
    """A JSON document; its null stays apart from SQL's, which SQLAlchemy reads as None too."""
    return sa.JSON.NULL if text == "null" else json.loads(text)


engine = sa.create_engine("sqlservice://default", json_deserializer=read_json)
dialect: Any = engine.dialect
orm.configure_mappers()
plugin.declare(Base.metadata)


@plugin.export
def run_case(steps: str) -> str:
    """Does the steps of a case, as JSON, and returns their outcomes, as JSON."""
    case = Case()
    try:
        return json.dumps([case.outcome(step) for step in json.loads(steps)])
    finally:
        case.close_all()


class Case:
    """The sessions of one case."""

    def __init__(self) -> None:
        self.sessions: dict[str, orm.Session] = {}
        self.savepoints: dict[str, Any] = {}

    def outcome(self, step: dict[str, Any]) -> dict[str, Any]:
        """What came of a step, or its error."""
        try:
            return getattr(self, "do_" + step["do"].replace(" ", "_"))(step) or {}
        except (exc.SQLAlchemyError, errors.Error) as failure:
            return {"error": told(failure)}

    def session(self, step: dict[str, Any]) -> orm.Session:
        """The session of a step, opened at its first use."""
        name = step.get("session", "a")
        if name not in self.sessions:
            self.sessions[name] = orm.Session(engine, autoflush=False)
        return self.sessions[name]

    def close_all(self) -> None:
        """Closes what is open."""
        for session in self.sessions.values():
            session.close()

    # Tables

    def do_create_all(self, step: dict[str, Any]) -> dict[str, Any]:
        before = set(inspect(engine).get_table_names())
        Base.metadata.create_all(engine)
        return {"tables": [table.name for table in Base.metadata.sorted_tables if table.name not in before]}

    def do_drop_all(self, step: dict[str, Any]) -> dict[str, Any]:
        before = set(inspect(engine).get_table_names())
        Base.metadata.drop_all(engine)
        return {"tables": [table.name for table in reversed(Base.metadata.sorted_tables) if table.name in before]}

    def do_reflect(self, step: dict[str, Any]) -> dict[str, Any]:
        seen = inspect(engine)
        return {"tables": {name: shape(seen, name) for name in step.get("only") or seen.get_table_names()}}

    # Queries

    def do_select(self, step: dict[str, Any]) -> dict[str, Any]:
        result = self.session(step).execute(Scope().query(step["query"]))
        types = [column.type for column in Scope().query(step["query"]).selected_columns]
        rows = result.all()
        if "max rows" in step and len(rows) > step["max rows"]:
            raise errors.OperationalError("more rows than were allowed", code="limit")
        return {
            "columns": list(result.keys()),
            "rows": [[show(*pair) for pair in zip(row, types, strict=True)] for row in rows],
        }

    def do_stream(self, step: dict[str, Any]) -> dict[str, Any]:
        query = Scope().query(step["query"])
        types = [column.type for column in query.selected_columns]
        with self.session(step).execute(query, execution_options={"yield_per": step["batch"]}) as result:
            rows: list[Any] = []
            while len(rows) < step.get("take", 1 << 62) and (row := result.fetchone()) is not None:
                rows.append([show(*pair) for pair in zip(row, types, strict=True)])
        return {"rows": rows}

    # Changes

    def changed(self, step: dict[str, Any], statement: Any, rows: Any = None) -> dict[str, Any]:
        """Runs a change: with the rows that it returns, or how many it changed."""
        table = Base.metadata.tables[step["table"]]
        returning = [table.c[name] for name in step.get("returning", ())]
        if returning:
            statement = statement.returning(*returning, **({"sort_by_parameter_order": True} if rows else {}))
        connection = self.session(step).connection()
        result = connection.execute(statement, rows) if rows else connection.execute(statement)
        if returning:
            return {
                "rows": [
                    [show(item, column.type) for item, column in zip(row, returning, strict=True)]
                    for row in result.all()
                ]
            }
        return {"affected": len(rows) if rows else result.rowcount}

    def do_insert(self, step: dict[str, Any]) -> dict[str, Any]:
        table = Base.metadata.tables[step["table"]]
        if "query" in step:
            return self.changed(
                step,
                sa.insert(table).from_select(step["columns"], Scope().query(step["query"]), include_defaults=False),
            )
        rows = [{name: read(value) for name, value in row.items()} for row in step["rows"]]
        if len(rows) == 1 or not rows[0]:
            return self.changed(step, sa.insert(table).values(rows[0] if len(rows) == 1 else rows))
        return self.changed(step, sa.insert(table), rows)

    def do_insert_many(self, step: dict[str, Any]) -> dict[str, Any]:
        table = Base.metadata.tables[step["table"]]
        rows = [{name: read(value) for name, value in zip(step["columns"], row, strict=True)} for row in step["rows"]]
        return self.changed(step, sa.insert(table), rows)

    def do_upsert(self, step: dict[str, Any]) -> None:
        table = Base.metadata.tables[step["table"]]
        statement = upsert(table).values({name: read(value) for name, value in step["row"].items()})
        scope = Scope({step["table"]: table}, excluded=statement.excluded)
        key = step.get("key") or None
        if "set" not in step:
            statement = statement.on_conflict_do_nothing(index_elements=key)
        else:
            changes = {name: scope.operand(value) for name, value in step["set"].items()}
            where = scope.expression(step["where"]) if "where" in step else None
            statement = statement.on_conflict_do_update(index_elements=key, set_=changes, where=where)
        self.session(step).connection().execute(statement)

    def do_update(self, step: dict[str, Any]) -> dict[str, Any]:
        table = Base.metadata.tables[step["table"]]
        scope = Scope({step["table"]: table})
        changes = {name: scope.operand(value) for name, value in step["set"].items()}
        statement = sa.update(table).values(changes)
        return self.changed(step, statement.where(scope.expression(step["where"])) if "where" in step else statement)

    def do_delete(self, step: dict[str, Any]) -> dict[str, Any]:
        table = Base.metadata.tables[step["table"]]
        statement = sa.delete(table)
        scope = Scope({step["table"]: table})
        return self.changed(step, statement.where(scope.expression(step["where"])) if "where" in step else statement)

    def do_raw(self, step: dict[str, Any]) -> dict[str, Any]:
        session = self.session(step)
        session.connection()
        text = step["sql"][dialect.database_kind]
        result = session.connection().exec_driver_sql(text, tuple(map(read, step.get("parameters", ()))))
        return {"rows": [list(map(show, row)) for row in result.all()]}

    # Transactions

    def do_begin(self, step: dict[str, Any]) -> None:
        session = self.session(step)
        options = {"isolation_level": step["isolation"].replace("-", " ").upper()} if "isolation" in step else {}
        if step.get("read only"):
            options["read_only"] = True
        if session.in_transaction():
            raise errors.InternalError("a transaction has already begun", code="already-begun")
        session.connection(execution_options=options)

    def do_commit(self, step: dict[str, Any]) -> None:
        self.session(step).commit()

    def do_rollback(self, step: dict[str, Any]) -> None:
        self.session(step).rollback()

    def do_close(self, step: dict[str, Any]) -> None:
        self.session(step).close()
        self.sessions.pop(step.get("session", "a"))

    def do_savepoint(self, step: dict[str, Any]) -> None:
        self.savepoints[step["name"]] = self.session(step).begin_nested()

    def do_release(self, step: dict[str, Any]) -> None:
        self.savepoints.pop(step["name"]).commit()

    def do_rollback_to(self, step: dict[str, Any]) -> None:
        self.savepoints.pop(step["name"]).rollback()

    def do_ping(self, step: dict[str, Any]) -> None:
        with engine.connect() as connection:
            dialect.do_ping(connection.connection.dbapi_connection)

    # Objects

    def do_save(self, step: dict[str, Any]) -> dict[str, Any]:
        session, saved = self.session(step), made(step["model"], step["object"])
        session.add(saved)
        session.flush()
        return {"object": graph(saved, [], step["object"])}

    def do_load(self, step: dict[str, Any]) -> dict[str, Any]:
        cls, paths = CLASSES[step["model"]], [path.split(".") for path in step.get("with", ())]
        scope = Scope({step["model"]: cls.__table__})
        query = (
            sa.select(cls).order_by(*scope.orders(step.get("order by", ()))).execution_options(populate_existing=True)
        )
        if "where" in step:
            query = query.where(scope.expression(step["where"]))
        query = query.options(*[loader(cls, path) for path in paths])
        return {"objects": [graph(item, paths) for item in self.session(step).scalars(query)]}

    def found(self, step: dict[str, Any]) -> Any:
        """The object of a step's key."""
        found = self.session(step).get(CLASSES[step["model"]], read(step["key"]))
        if found is None:
            raise errors.ProgrammingError("there is no such row", code="no-result")
        return found

    def do_change(self, step: dict[str, Any]) -> None:
        changed = self.found(step)
        for name, value in step.get("set", {}).items():
            setattr(changed, name, read(value))
        for name, added in step.get("add", {}).items():
            target = inspect(type(changed)).relationships[name].mapper.local_table.name
            getattr(changed, name).extend(made(target, item) for item in added)
        for name, keys in step.get("remove", {}).items():
            for item in [item for item in getattr(changed, name) if item.id in map(read, keys)]:
                getattr(changed, name).remove(item)
        self.session(step).flush()

    def do_remove(self, step: dict[str, Any]) -> None:
        self.session(step).delete(self.found(step))
        self.session(step).flush()


def told(failure: BaseException) -> dict[str, Any]:
    """An error in the contract's words."""
    if isinstance(failure, orm.exc.StaleDataError):
        return {"code": "stale-data"}
    cause: Any = getattr(failure, "orig", None) or failure
    if isinstance(cause, errors.Error):
        found = {
            "code": cause.code,
            "table": cause.table,
            "columns": list(cause.columns) or None,
            "position": cause.position,
        }
        return {name: value for name, value in found.items() if value is not None}
    if isinstance(failure, exc.PendingRollbackError):
        return {"code": "pending-rollback", "message": str(failure)}
    known = {
        exc.NoResultFound: "no-result",
        exc.MultipleResultsFound: "multiple-results",
        exc.StatementError: "type-mismatch",
    }
    code = next((code for cls, code in known.items() if isinstance(failure, cls)), "invalid")
    if isinstance(failure, exc.NoSuchTableError):
        return {"code": "no-such-table", "table": str(failure)}
    if isinstance(failure, exc.CompileError) and "Unconsumed column" in str(failure):
        code = "no-such-column"
    return {"code": code, "message": str(failure)}


def shape(seen: Any, name: str) -> dict[str, Any]:
    """What inspection tells of a table."""
    keys = seen.get_foreign_keys(name)
    return {
        "columns": [column["name"] for column in seen.get_columns(name)],
        "primary key": seen.get_pk_constraint(name)["constrained_columns"],
        "foreign keys": [[key["constrained_columns"], key["referred_table"], key["referred_columns"]] for key in keys],
        "uniques": [unique["column_names"] for unique in seen.get_unique_constraints(name)],
    }


def made(model: str, given: dict[str, Any]) -> Any:
    """A new object with those related to it."""
    cls = CLASSES[model]
    related = inspect(cls).relationships
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in related:
            values[name] = read(value)
        elif related[name].uselist:
            values[name] = [made(related[name].mapper.local_table.name, item) for item in value]
        else:
            values[name] = None if value is None else made(related[name].mapper.local_table.name, value)
    return cls(**values)


def loader(cls: Any, path: list[str]) -> Any:
    """How a relationship is loaded, and those from it."""
    option, here = None, cls
    for name in path:
        attribute = getattr(here, name)
        option = orm.selectinload(attribute) if option is None else option.selectinload(attribute)
        here = attribute.property.mapper.class_
    return option


def graph(item: Any, paths: list[list[str]], like: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with the relationships that were asked for, or with those of the graph that it was made of."""
    mapper = inspect(type(item))
    shown = {
        attribute.key: show(getattr(item, attribute.key), attribute.columns[0].type)
        for attribute in mapper.column_attrs
    }
    for name in mapper.relationships.keys():  # noqa: SIM118 - no dict
        if name not in {path[0] for path in paths} and name not in (like or {}):
            continue
        nested, related = [path[1:] for path in paths if path[0] == name and path[1:]], getattr(item, name)
        inner = (like or {}).get(name)
        if isinstance(related, list):
            parts = inner if inner else [None] * len(related)
            shown[name] = [graph(part, nested, part_like) for part, part_like in zip(related, parts, strict=True)]
        else:
            shown[name] = None if related is None else graph(related, nested, inner)
    return shown
