"""The SQLAlchemy dialect `sqlservice://NAME`: sends statements as data to the host's database of that name."""

from __future__ import annotations

import contextlib
import weakref
from typing import Any

from sqlalchemy import exc, pool, util
from sqlalchemy.engine import characteristics, default
from sqlalchemy.sql import compiler
from sqlalchemy.sql.compiler import _InsertManyValuesBatch

from .. import driver, errors, plugin
from ..bindings import databases, raw_sql, sessions
from . import execution, models, text
from .compiler import DataCompiler, PlainNames
from .ddl import DataDDLCompiler
from .reflection import Reflection
from .types import COLSPECS

_LEVELS = {level.name.replace("_", " "): level for level in sessions.Isolation}


class ReadOnly(characteristics.ConnectionCharacteristic):
    """The execution option `read_only` of a connection: its transactions refuse changes."""

    transactional = True

    def reset_characteristic(self, dialect: Any, dbapi_conn: Any) -> None:
        dbapi_conn.read_only = False

    def set_characteristic(self, dialect: Any, dbapi_conn: Any, value: Any) -> None:
        dbapi_conn.read_only = bool(value)

    def get_characteristic(self, dialect: Any, dbapi_conn: Any) -> Any:
        return dbapi_conn.read_only


class DataDialect(Reflection, default.DefaultDialect):
    """One dialect for every database of the host, whose capabilities are read when the first connection is made."""

    name = "sqlservice"
    driver = "data"
    database_kind = "sqlite"
    """The kind of the database: `sqlite`, `postgresql`, `mysql`, `mariadb`."""
    capabilities: frozenset[str] = frozenset()
    """The capabilities of the database, by the contract's names."""

    statement_compiler = staticmethod(text.compile_statement)  # type: ignore[assignment]
    ddl_compiler = DataDDLCompiler
    type_compiler_cls = compiler.GenericTypeCompiler
    execution_ctx_cls = execution.DataExecutionContext
    colspecs = COLSPECS
    connection_characteristics = util.immutabledict(
        {**default.DefaultDialect.connection_characteristics, "read_only": ReadOnly()}
    )
    default_paramstyle = "named"
    supports_statement_cache = True
    supports_native_boolean = True
    supports_native_decimal = True
    supports_native_uuid = True
    supports_native_enum = False
    supports_sane_rowcount = True
    supports_sane_multi_rowcount = True
    supports_default_values = True
    supports_empty_insert = True
    supports_multivalues_insert = True
    supports_comments = True
    inline_comments = True
    supports_alter = False
    supports_server_side_cursors = True
    insert_returning = update_returning = delete_returning = True
    insert_executemany_returning = True
    insert_executemany_returning_sort_by_parameter_order = True
    update_returning_multifrom = delete_returning_multifrom = True
    use_insertmanyvalues = True
    use_insertmanyvalues_wo_returning = True
    favor_returning_over_lastrowid = True
    postfetch_lastrowid = True
    supports_sequences = False
    tuple_in_values = True
    div_is_floordiv = True
    max_identifier_length = 63
    default_schema_name = None

    def __init__(
        self, metadata: Any = None, json_serializer: Any = None, json_deserializer: Any = None, **kw: Any
    ) -> None:
        kw.pop("paramstyle", None)
        super().__init__(paramstyle="named", **kw)
        self._json_serializer, self._json_deserializer = json_serializer, json_deserializer
        self.metadata = metadata
        self.models: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        """Tables in the contract's form."""
        self.plain_names = PlainNames(self)
        """The identifier preparer of the contract, without quotes."""
        self._catalogs: dict[str, driver.Catalog] = {}

    @classmethod
    def import_dbapi(cls) -> Any:
        return driver

    @classmethod
    def get_pool_class(cls, url: Any) -> Any:
        """Returns no pool, as the host pools connections."""
        return pool.NullPool

    def create_connect_args(self, url: Any) -> Any:
        return (url.database or url.host or "default",), {}

    def connect(self, *args: Any, **kw: Any) -> Any:
        name = args[0]
        if name not in self._catalogs:
            declared = [self.metadata] if self.metadata is not None else plugin.declared()
            known = [table for metadata in declared for table in models.models(metadata, self)]
            self._catalogs[name] = driver.Catalog(name, known)
        return driver.Connection(self._catalogs[name], json_as_text=True)

    def initialize(self, connection: Any) -> None:
        self.look_at(connection.connection.dbapi_connection.database)
        super().initialize(connection)

    def look_at(self, database: databases.Database) -> None:
        """Reads the kind and the capabilities of a database."""
        self.database_kind = database.dialect()
        self.capabilities = frozenset(database.capabilities())
        for change in ("insert", "update", "delete"):
            setattr(self, f"{change}_returning", f"{change}-returning" in self.capabilities)
        self.supports_comments = "comments" in self.capabilities
        self.identifier_preparer = text.names_of(self)
        self.insert_executemany_returning = self.insert_returning
        self.insert_executemany_returning_sort_by_parameter_order = self.insert_returning

    def _get_server_version_info(self, connection: Any) -> Any:
        return None

    def _get_default_schema_name(self, connection: Any) -> Any:
        """Returns the current schema, which the contract does not have, where SQL text can query it."""
        if raw_sql is None or "schemas" not in self.capabilities:
            return None
        with contextlib.suppress(errors.Error):
            return connection.connection.dbapi_connection.execute("SELECT current_schema()").fetchone()[0]
        return None

    def _check_max_identifier_length(self, connection: Any) -> Any:
        return None

    def shown(self, statement: Any, options: Any = None) -> str:
        """Returns the SQL text of a statement, for display."""
        return text.shown(self, statement, options or {})

    # Transactions

    def do_begin(self, dbapi_connection: Any) -> None:
        """Does nothing: the first statement begins a transaction."""

    def do_savepoint(self, connection: Any, name: str) -> None:
        _at_savepoint(connection, "savepoint", "SAVEPOINT", name)

    def do_rollback_to_savepoint(self, connection: Any, name: str) -> None:
        _at_savepoint(connection, "rollback_to", "ROLLBACK TO SAVEPOINT", name)

    def do_release_savepoint(self, connection: Any, name: str) -> None:
        _at_savepoint(connection, "release", "RELEASE SAVEPOINT", name)

    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        return dbapi_connection.get_isolation().name.replace("_", " ")

    def get_default_isolation_level(self, dbapi_conn: Any) -> Any:
        return self.get_isolation_level(dbapi_conn)

    def get_isolation_level_values(self, dbapi_connection: Any) -> Any:
        if "isolation-levels" in dbapi_connection.database.capabilities():
            return [level for level in _LEVELS if level != "DEFAULT"]
        return ["SERIALIZABLE", "AUTOCOMMIT"]

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        if level not in _LEVELS:
            message = f"there is no isolation level {level}; there are {', '.join(_LEVELS)}"
            raise exc.ArgumentError(message)
        dbapi_connection.set_isolation(_LEVELS[level])

    def reset_isolation_level(self, dbapi_conn: Any) -> None:
        """Restores the isolation level of the engine, or of the database where the engine has none."""
        if self._on_connect_isolation_level is None:
            dbapi_conn.set_isolation(sessions.Isolation.DEFAULT)
        else:
            self._assert_and_set_isolation_level(dbapi_conn, self._on_connect_isolation_level)

    def detect_autocommit_setting(self, dbapi_conn: Any) -> bool:
        return bool(dbapi_conn.level is sessions.Isolation.AUTOCOMMIT)

    def do_ping(self, dbapi_connection: Any) -> bool:
        from ..blocking import run

        run(dbapi_connection.database.ping())
        return True

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        return getattr(e, "code", "") in ("disconnected", "closed")

    # Execution

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        execution.execute(cursor, statement, parameters, context)

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        execution.execute(cursor, statement, {}, context)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        execution.execute_many(cursor, statement, parameters, context)

    def _deliver_insertmanyvalues_batches(
        self, connection: Any, cursor: Any, statement: Any, parameters: Any, generic_setinputsizes: Any, context: Any
    ) -> Any:
        """Yields all rows as one batch, for one host call, which events and logs see as any statement."""
        if not isinstance(context.compiled, DataCompiler):
            yield from super()._deliver_insertmanyvalues_batches(
                connection, cursor, statement, parameters, generic_setinputsizes, context
            )
            return
        many = context.compiled._insertmanyvalues
        ordered = many is not None and many.sort_by_parameter_order
        yield _InsertManyValuesBatch(
            statement, parameters, None, parameters, (), len(parameters), 1, 1, ordered, is_downgraded=False
        )
        context._rowcount = len(parameters)


def _at_savepoint(connection: Any, action: str, shown: str, name: str) -> None:
    """Runs a savepoint action of the connection; raises its errors as SQLAlchemy's exceptions."""
    try:
        getattr(connection.connection.dbapi_connection, action)(name)
    except errors.Error as failure:
        connection._handle_dbapi_exception(failure, f"{shown} {name}", {}, None, None)


class AsyncDataDialect(DataDialect):
    """The dialect of `create_async_engine("sqlservice+asyncio://NAME")`."""

    driver = "asyncio"
    is_async = True
    supports_statement_cache = True
