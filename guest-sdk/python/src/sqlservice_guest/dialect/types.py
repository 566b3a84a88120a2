"""Maps SQLAlchemy's types to the contract's kinds and back, with the few that need a conversion of their own."""

from __future__ import annotations

import datetime as dt
import decimal
import re
import uuid
from typing import Any

from sqlalchemy import exc
from sqlalchemy.sql import sqltypes, type_api

from .. import errors
from ..bindings import schema as sc
from ..value import JsonText

Kind = sc.TypeKind

_FLOATS = (Kind.FLOAT32.name, Kind.FLOAT64.name)
"""The names of float types in a cursor's description."""


class Check:
    """A bind processor that refuses values of another type, one value or a column of many at once."""

    exact: type
    """Values of exactly this type, within bounds, are sent unchanged."""

    def __call__(self, value: Any) -> Any:
        """Returns the value to send. Raises `InterfaceError` for one that does not fit."""
        raise NotImplementedError

    def column(self, items: list[Any]) -> list[Any]:
        """Returns the values to send; checks them one by one unless all are of the exact type and within bounds."""
        kinds = set(map(type, items))
        kinds.discard(type(None))
        if kinds <= {self.exact} and self.fits(items):
            return items
        return [self(item) for item in items]

    def fits(self, items: list[Any]) -> bool:
        """Whether values of the exact type are within bounds."""
        return True


class Whole(Check):
    """Integers of a given number of bits."""

    exact = int

    def __init__(self, bits: int) -> None:
        self.bits, self.low, self.high = bits, -(1 << bits - 1), (1 << bits - 1) - 1

    def __call__(self, value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, int):
            raise errors.mismatch("a whole number", value)
        if not self.low <= value <= self.high:
            raise errors.mismatch(f"a whole number of {self.bits} bits", value)
        return int(value)

    def fits(self, items: list[Any]) -> bool:
        present = [item for item in items if item is not None]
        return not present or (min(present) >= self.low and max(present) <= self.high)


class Words(Check):
    """Texts."""

    exact = str

    def __call__(self, value: Any) -> Any:
        if value is not None and not isinstance(value, str):
            raise errors.mismatch("a text", value)
        return value


class Real(Check):
    """Floats, and numbers that are converted to float."""

    exact = float

    def __call__(self, value: Any) -> Any:
        if value is not None and not isinstance(value, (int, float, decimal.Decimal)):
            raise errors.mismatch("a number", value)
        return None if value is None else float(value)


class _Integer(sqltypes.Integer):
    def bind_processor(self, dialect: Any) -> Any:
        return Whole(64)


class _BigInteger(sqltypes.BigInteger):
    def bind_processor(self, dialect: Any) -> Any:
        return Whole(64)


class _SmallInteger(sqltypes.SmallInteger):
    def bind_processor(self, dialect: Any) -> Any:
        return Whole(16)


class _Int32(sqltypes.INTEGER):
    """`INTEGER`, in capitals, has 32 bits; `Integer` has 64."""

    def bind_processor(self, dialect: Any) -> Any:
        return Whole(32)


class _String(sqltypes.String):
    def bind_processor(self, dialect: Any) -> Any:
        return Words()


class _Enum(sqltypes.Enum):
    """Labels as text; without this class, `_String` would be used."""


class _Uuid(sqltypes.Uuid[Any]):
    def bind_processor(self, dialect: Any) -> Any:
        def process(value: Any) -> Any:
            if value is None or isinstance(value, uuid.UUID):
                return value
            try:
                return uuid.UUID(value)
            except (AttributeError, TypeError, ValueError):
                raise errors.mismatch("a UUID", value) from None

        return process

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return None if self.as_uuid else lambda value: None if value is None else str(value)


class _Float(sqltypes.Float[Any]):
    def bind_processor(self, dialect: Any) -> Any:
        return Real()

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        if self.asdecimal:
            scale = self._effective_decimal_return_scale
            return lambda value: None if value is None else decimal.Decimal(f"{value:.{scale}f}")
        # A function may return another type than SQLAlchemy assumes for it.
        return None if coltype in _FLOATS else lambda value: None if value is None else float(value)


class _Numeric(sqltypes.Numeric[Any]):
    def bind_processor(self, dialect: Any) -> Any:
        def process(value: Any) -> Any:
            if value is None or isinstance(value, decimal.Decimal):
                return value
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise errors.mismatch("a number", value)
            return decimal.Decimal(str(value))

        return process

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        if not self.asdecimal:
            return lambda value: None if value is None else float(value)
        return lambda value: decimal.Decimal(str(value)) if isinstance(value, (int, float, str)) else value


def _only(types: type, expected: str) -> Any:
    """Returns a bind processor that accepts only values of some types: not every database checks them."""

    def process(value: Any) -> Any:
        if value is not None and not isinstance(value, types):
            raise errors.mismatch(expected, value)
        return value

    return process


class _Date(sqltypes.Date):
    def bind_processor(self, dialect: Any) -> Any:
        checked = _only(dt.date, "a date")
        return lambda value: value.date() if isinstance(value, dt.datetime) else checked(value)


class _Time(sqltypes.Time):
    def bind_processor(self, dialect: Any) -> Any:
        return _only(dt.time, "a time of day")


class _DateTime(sqltypes.DateTime):
    def bind_processor(self, dialect: Any) -> Any:
        def process(value: Any) -> Any:
            if value is not None and not isinstance(value, dt.datetime):
                raise errors.mismatch("a date and time", value)
            if value is not None and value.tzinfo is not None and not self.timezone:
                raise errors.mismatch("a date and time without a zone", value)
            return value

        return process


class _Json(sqltypes.JSON):
    def bind_processor(self, dialect: Any) -> Any:
        process = super().bind_processor(dialect)

        def bind(value: Any) -> Any:
            text = process(value) if process else value
            return None if text is None else JsonText(text)

        return bind


class _JsonIndex(sqltypes.JSON.JSONIndexType):
    def bind_processor(self, dialect: Any) -> Any:
        return None


class _JsonPath(sqltypes.JSON.JSONPathType):
    def bind_processor(self, dialect: Any) -> Any:
        return None


class _Array(sqltypes.ARRAY[Any]):
    """An array, whose items are checked and read like values of their type."""

    def bind_processor(self, dialect: Any) -> Any:
        return self._of_items(self.item_type._cached_bind_processor(dialect), list)

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        process = self.item_type._cached_result_processor(dialect, coltype)
        return self._of_items(process, tuple if self.as_tuple else list)

    def _of_items(self, process: Any, made: type) -> Any:
        if process is None and made is list:
            return None

        def each(given: Any) -> Any:
            is_array = isinstance(given, (list, tuple))
            return self._apply_item_processor(given, process, self.dimensions, made) if is_array else given

        return each


class _Interval(type_api.NativeForEmulated, sqltypes._AbstractInterval):
    __visit_name__ = "interval"

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    @classmethod
    def adapt_emulated_to_native(cls, interval: Any, **kw: Any) -> Any:
        return cls()

    @property
    def _type_affinity(self) -> Any:
        return sqltypes.Interval

    @property
    def python_type(self) -> type[dt.timedelta]:
        return dt.timedelta


COLSPECS: dict[Any, Any] = {
    sqltypes.BigInteger: _BigInteger,
    sqltypes.SmallInteger: _SmallInteger,
    sqltypes.INTEGER: _Int32,
    sqltypes.Integer: _Integer,
    sqltypes.Enum: _Enum,
    sqltypes.String: _String,
    sqltypes.Uuid: _Uuid,
    sqltypes.Float: _Float,
    sqltypes.Numeric: _Numeric,
    sqltypes.Date: _Date,
    sqltypes.Time: _Time,
    sqltypes.DateTime: _DateTime,
    sqltypes.JSON: _Json,
    sqltypes.JSON.JSONIndexType: _JsonIndex,
    sqltypes.JSON.JSONPathType: _JsonPath,
    sqltypes.Interval: _Interval,
    sqltypes.ARRAY: _Array,
}

_KINDS: tuple[tuple[type, Kind], ...] = (
    (sqltypes.Boolean, Kind.BOOLEAN),
    (sqltypes.SmallInteger, Kind.INT16),
    (sqltypes.BigInteger, Kind.INT64),
    (sqltypes.INTEGER, Kind.INT32),
    (sqltypes.Integer, Kind.INT64),
    (sqltypes.REAL, Kind.FLOAT32),
    (sqltypes.Float, Kind.FLOAT64),
    (sqltypes.LargeBinary, Kind.BYTES),
    (sqltypes._Binary, Kind.BYTES),
    (sqltypes.Uuid, Kind.UUID),
    (sqltypes.JSON, Kind.JSON),
    (sqltypes.Date, Kind.DATE),
    (sqltypes.Time, Kind.TIME),
    (sqltypes.Interval, Kind.INTERVAL),
    (sqltypes._AbstractInterval, Kind.INTERVAL),
)


_WRITTEN = re.compile(r"(?P<name>[A-Z ]+?)\s*(\(\s*(?P<numbers>\d+(\s*,\s*\d+)?)\s*\))?")
_BY_NAME: dict[str, Any] = {
    "BIGINT": sqltypes.BIGINT, "BLOB": sqltypes.LargeBinary, "BOOLEAN": sqltypes.BOOLEAN, "BYTEA": sqltypes.LargeBinary,
    "CHAR": sqltypes.VARCHAR, "DATE": sqltypes.DATE, "DATETIME": sqltypes.DATETIME, "DECIMAL": sqltypes.NUMERIC,
    "DOUBLE PRECISION": sqltypes.DOUBLE, "FLOAT": sqltypes.FLOAT, "INT": sqltypes.INTEGER,
    "INTEGER": sqltypes.INTEGER, "JSON": sqltypes.JSON, "NUMERIC": sqltypes.NUMERIC, "REAL": sqltypes.REAL,
    "SMALLINT": sqltypes.SMALLINT, "TEXT": sqltypes.TEXT, "TIME": sqltypes.TIME, "TIMESTAMP": sqltypes.TIMESTAMP,
    "UUID": sqltypes.UUID, "VARCHAR": sqltypes.VARCHAR,
}  # fmt: skip
"""Types by their SQL names."""


def plain(
    kind: Kind, *, length: int | None = None, precision: int | None = None, scale: int | None = None,
    element: Kind | None = None, labels: list[str] | None = None, native: str | None = None,
) -> Any:  # fmt: skip
    """Returns a column type of the contract."""
    for number in (length, precision, scale):
        if number is not None and (not isinstance(number, int) or not 0 <= number < 1 << 32):
            message = f"a length, precision or scale is a whole number of 32 bits, not {number!r}"
            raise exc.CompileError(message)
    return sc.ColumnType(kind, length, precision, scale, element, labels or [], native)


def column_type(type_: Any, dialect: Any) -> Any:
    """Returns the contract's type for one of SQLAlchemy's. `Integer` has 64 bits, `Numeric` by default 38 digits."""
    if isinstance(type_, sqltypes.Interval):
        return plain(Kind.INTERVAL if type_.native else Kind.TIMESTAMP)
    if isinstance(type_, sqltypes.TypeDecorator):
        return column_type(type_.load_dialect_impl(dialect), dialect)
    if isinstance(type_, type_api.UserDefinedType):
        return written_type(type_.get_col_spec(), dialect)
    if isinstance(type_, sqltypes.Enum):
        is_checked = type_.native_enum or type_.create_constraint
        labels = [str(label) for label in type_.enums]
        return plain(Kind.ENUMERATION, labels=labels) if is_checked else plain(Kind.VARCHAR, length=type_.length)
    if isinstance(type_, sqltypes.DateTime):
        return plain(Kind.TIMESTAMP_TZ if type_.timezone else Kind.TIMESTAMP)
    if isinstance(type_, sqltypes.ARRAY):
        return plain(Kind.ARRAY, element=column_type(type_.item_type, dialect).kind)
    if isinstance(type_, sqltypes.Numeric) and not isinstance(type_, sqltypes.Float):
        precision = type_.precision or 38
        return plain(
            Kind.DECIMAL,
            precision=precision,
            scale=10 if type_.scale is None and not type_.precision else type_.scale or 0,
        )
    if isinstance(type_, sqltypes.String):
        if type_.length is None or isinstance(type_, sqltypes.Text):
            return plain(Kind.TEXT)
        return plain(Kind.VARCHAR, length=type_.length)
    for known, kind in _KINDS:
        if isinstance(type_, known):
            return plain(kind, length=getattr(type_, "length", None) if kind is Kind.BYTES else None)
    message = f"the contract has no type for {type_!r}"
    raise exc.CompileError(message)


def written_type(text: str, dialect: Any) -> Any:
    """Returns the contract's type for a SQL type's text, as in a `UserDefinedType`; a database's own by its name."""
    found = _WRITTEN.fullmatch(text.strip().upper())
    known = None if found is None else _BY_NAME.get(found["name"])
    if found is None or known is None:
        return plain(Kind.OTHER, native=text)
    numbers = [int(part) for part in (found["numbers"] or "").split(",") if part.strip()]
    return column_type(known(*numbers) if issubclass(known, (sqltypes.String, sqltypes.Numeric)) else known(), dialect)


def reflected_type(ty: Any) -> Any:
    """Returns SQLAlchemy's type for one that was read from a database."""
    simple = {
        Kind.BOOLEAN: sqltypes.BOOLEAN, Kind.INT16: sqltypes.SMALLINT, Kind.INT32: sqltypes.INTEGER,
        Kind.INT64: sqltypes.BIGINT, Kind.UINT64: sqltypes.BIGINT, Kind.FLOAT32: sqltypes.REAL,
        Kind.FLOAT64: sqltypes.DOUBLE, Kind.TEXT: sqltypes.TEXT, Kind.UUID: sqltypes.UUID, Kind.JSON: sqltypes.JSON,
        Kind.DATE: sqltypes.DATE, Kind.TIME: sqltypes.TIME, Kind.TIMESTAMP: sqltypes.TIMESTAMP,
        Kind.INTERVAL: sqltypes.Interval,
    }  # fmt: skip
    if ty.kind in simple:
        return simple[ty.kind]()
    match ty.kind:
        case Kind.DECIMAL:
            return sqltypes.NUMERIC(ty.precision, ty.scale)
        case Kind.VARCHAR:
            return sqltypes.VARCHAR(ty.length)
        case Kind.BYTES:
            return sqltypes.LargeBinary(ty.length)
        case Kind.TIMESTAMP_TZ:
            return sqltypes.TIMESTAMP(timezone=True)
        case Kind.ENUMERATION:
            return sqltypes.Enum(*ty.labels) if ty.labels else sqltypes.String(ty.length)
        case Kind.ARRAY if ty.element is not None:
            return sqltypes.ARRAY(reflected_type(plain(ty.element)))
        case _:
            return sqltypes.NullType()
