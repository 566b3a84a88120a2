"""The statement compiler: SQLAlchemy's own, with visit methods that write nodes instead of text."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from sqlalchemy import exc
from sqlalchemy.sql import compiler

from ..bindings import statements as st
from ..value import checked
from .arena import Arena, Piece, Schemas, Slot, unsupported
from .change import ChangeCompiler, ManyRows
from .types import Check

_SHAPES = 64
_AS_WRITTEN: Schemas = {}


class StatementText(str):
    """The SQL text of a statement that was sent as data, for logs and errors: generated on demand."""

    show: Callable[[], str]
    compiled: DataCompiler
    """The compiled statement, which is sent."""

    def __str__(self) -> str:
        try:
            return self.show()
        except exc.SQLAlchemyError:
            return str.__str__(self)

    __repr__ = __str__


def _of_the_text(name: str) -> Callable[..., Any]:
    """Returns a method of `str` that works on the SQL text of the statement."""
    method = getattr(str, name)

    def read(statement: StatementText, *arguments: Any, **options: Any) -> Any:
        return method(str(statement), *(str(item) if isinstance(item, str) else item for item in arguments), **options)

    return functools.wraps(method)(read)


for _name in (
    "__add__", "__contains__", "__eq__", "__format__", "__getitem__", "__hash__", "__iter__", "__len__", "__ne__",
    "casefold", "count", "encode", "endswith", "find", "index", "lower", "lstrip", "partition", "replace", "rstrip",
    "split", "splitlines", "startswith", "strip", "upper",
):  # fmt: skip
    setattr(StatementText, _name, _of_the_text(_name))


class Variant:
    """A statement for one shape of its lists and one schema translate map, with the slots of its parameters."""

    def __init__(self, statement: st.Statement, slots: list[Slot], schemas: Schemas) -> None:
        self.statement = statement
        self.slots = slots
        self.schemas = schemas
        self.runs = 0
        self.prepared: Any = None
        """The prepared statement with its columns and database, from the second run on."""


class DataCompiler(ChangeCompiler):
    """Compiles a statement to data. `variant` returns the arena for the parameters of one execution."""

    learned: tuple[Any, int, Schemas] | None = None
    """The catalog, its version, and the schema translate map with which the statement's tables were made known."""

    def __init__(self, dialect: Any, statement: Any, *args: Any, **kw: Any) -> None:
        kw["linting"] = compiler.Linting.NO_LINTING
        super().__init__(dialect, statement, *args, **kw)
        self._variants: dict[Any, Variant] = {}
        if statement is None:
            return
        found = self.pieces.all(self.string)
        self._root = found[-1] if found else None
        if self._root is not None and self._root.kind == "stars":
            raise unsupported("a select of *")
        self._text = StatementText(f"<{type(statement).__name__} sent as data>")
        self._text.compiled = self
        self._text.show = functools.partial(dialect.shown, statement, kw.get("compile_kwargs"))
        self.string = self._text

    def __str__(self) -> str:
        text = StatementText(str(self._text))
        text.compiled, text.show = self, self._text.show
        return text

    @property
    def preparer(self) -> Any:
        """The identifier preparer of the contract, without quotes."""
        return self.dialect.plain_names

    @preparer.setter
    def preparer(self, given: Any) -> None:
        """Ignores the preparer of SQL text, which the base class sets."""

    # Parameters

    @property
    def processors(self) -> Any:
        """The bind processors of the parameters, by name."""
        cached = self.__dict__.get("_processors")
        if cached is None:
            cached = {}
            for bindparam, name in self.bind_names.items():
                process = self._processor(bindparam)
                if process is not None:
                    cached[name] = process
            self.__dict__["_processors"] = cached
        return cached

    @functools.cached_property
    def checks(self) -> dict[str, Check]:
        """The processors of an insert of many rows that can check a column at once; SQLAlchemy does not see them."""
        if self.many_rows is None:
            return {}
        return {name: process for name, process in self.processors.items() if isinstance(process, Check)}

    @property
    def _bind_processors(self) -> Any:
        if not self.checks:
            return self.processors
        return {name: process for name, process in self.processors.items() if name not in self.checks}

    def checked(self, parameters: Any) -> Any:
        """Returns the parameters of one execution, with `checks` applied."""
        if not self.checks:
            return parameters
        named = {self.final(name): check for name, check in self.checks.items()}
        return {name: named[name](item) if name in named else item for name, item in parameters.items()}

    def columns(self, many: ManyRows, rows: list[Any]) -> list[list[Any]]:
        """Returns the columns of many rows of parameters, checked."""
        found = []
        for name in many.names:
            items = list(map(operator.itemgetter(self.final(name)), rows))
            check = self.checks.get(name)
            found.append(items if check is None else check.column(items))
        return found

    def construct_params(
        self, params: Any = None, extracted_parameters: Any = None, escape_names: bool = True, **kw: Any
    ) -> Any:
        """As SQLAlchemy does, but only copies parameters that are exactly those of the statement."""
        if params and not extracted_parameters and params.keys() == self._plain_names:
            return dict(params)
        return super().construct_params(params, extracted_parameters, escape_names, **kw)

    @functools.cached_property
    def _plain_names(self) -> Any:
        """The names of all parameters, or None where one has another name or is a list."""
        is_plain = not self.escaped_bind_names and not self._render_postcompile
        names = [name for item, name in self.bind_names.items() if item.key == name and not item.expanding]
        return frozenset(names) if is_plain and len(names) == len(self.bind_names) else None

    def _processor(self, bindparam: Any) -> Any:
        type_ = bindparam.type
        if type_._is_tuple_type:
            each = [item._cached_bind_processor(self.dialect) for item in type_.types]
            return lambda rows: [
                tuple(process(item) if process else item for process, item in zip(each, row, strict=True))
                for row in rows
            ]
        process = type_._cached_bind_processor(self.dialect)
        if not bindparam.expanding or process is None:
            return process
        return lambda items: [process(item) for item in items]

    # Arenas

    def variant(self, parameters: Any, rows: int = 1, schemas: Schemas = _AS_WRITTEN) -> Variant:
        """Returns the arena for these parameters: another one where lists are longer, up to the next power of two."""
        if self._root is None:
            raise exc.CompileError("this expression is no statement")
        shape: dict[str, Any] = {"": rows} if rows != 1 else {}
        for name, kind in self.shaping.items():
            given = parameters[self.final(name)]
            shape[name] = _list_shape(given) if kind == "list" else tuple(isinstance(part, int) for part in given)
        key = (tuple(shape.items()), tuple(schemas.items())) if schemas else tuple(shape.items())
        variant = self._variants.get(key)
        if variant is None:
            if len(self._variants) >= _SHAPES:
                self._variants.pop(next(iter(self._variants)))
            variant = self._variants[key] = self._write(self._root, shape, schemas)
        return variant

    def _write(self, whole: Piece, shape: dict[str, Any], schemas: Schemas) -> Variant:
        arena = Arena(shape, schemas=schemas)
        root: st.Root
        if whole.kind == "query":
            root = st.Root_Select(whole.emit(arena))
        elif whole.kind == "root":
            root = whole.data(arena)
        else:
            message = "an expression cannot be executed; select it"
            raise exc.CompileError(message)
        return Variant(checked(st.Statement(arena.nodes, root)), list(arena.slots), schemas)

    def arguments(self, variant: Variant, rows: list[Any]) -> list[Any]:
        """Returns the values of a variant's parameters, in their order. Lists are filled up with their last item."""
        values = []
        for row, name, part in variant.slots:
            value = rows[row][name]
            if isinstance(part, tuple):
                value = value[min(part[0], len(value) - 1)][part[1]]
            elif part is not None:
                value = value[min(part, len(value) - 1)]
            values.append(value)
        return values


def _list_shape(items: Any) -> tuple[int, int | None]:
    length = len(items)
    bucket = 1 << (length - 1).bit_length() if length else 0
    width = len(items[0]) if length and isinstance(items[0], (tuple, list)) else None
    return bucket, width


class PlainNames(compiler.IdentifierPreparer):
    """Identifiers without quotes: the host quotes them."""

    def quote(self, ident: str, force: Any = None) -> str:
        return str(ident)

    def quote_identifier(self, value: str) -> str:
        return str(value)

    def quote_schema(self, schema: str, force: Any = None) -> str:
        return str(schema)

    def _requires_quotes(self, value: str) -> bool:
        return False

    def _render_schema_translates(self, statement: str, schema_translate_map: Any) -> str:
        """Returns the statement unchanged: a statement that is data gets its schemas when the arena is written."""
        return statement
