"""Converts single Python values to the contract's and back. A value that does not fit raises before it is sent."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import json
import math
import uuid
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from . import errors
from .bindings import values as wit

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

EPOCH = dt.datetime(1970, 1, 1)
EPOCH_UTC = EPOCH.replace(tzinfo=dt.UTC)
EPOCH_DAY = EPOCH.toordinal()
MICROSECOND = dt.timedelta(microseconds=1)
MAX_DIGITS = 150_000
"""More digits than any database has in a decimal."""
MAX_DIMENSIONS = 16
"""More dimensions than any database has in an array."""


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON document. `Json(None)` is JSON's null; SQL's is None."""

    value: Any
    """The document's content: dicts, lists, strings, numbers, booleans, None."""

    def text(self) -> str:
        """Returns the document as text. Raises `InterfaceError` for a value that JSON cannot represent."""
        try:
            text = json.dumps(self.value, ensure_ascii=False, allow_nan=False)
        except (RecursionError, TypeError, ValueError) as cause:
            raise errors.InterfaceError(f"no JSON document: {cause}", code="type-mismatch") from None
        return checked_text(text)


@dataclass(frozen=True, slots=True)
class JsonText:
    """A JSON document that is already text; SQLAlchemy's own serializers produce it."""

    text: str
    """The document."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval with months, which `timedelta` cannot represent."""

    months: int = 0
    days: int = 0
    microseconds: int = 0


@dataclass(frozen=True, slots=True)
class Native:
    """A value of a database-specific type, in the database's text form."""

    native_type: str
    text: str


def days(value: dt.date) -> int:
    """Returns a date as days since 1970-01-01."""
    return value.toordinal() - EPOCH_DAY


def microseconds_of_day(value: dt.time) -> int:
    """Returns a time of day as microseconds since midnight."""
    if value.tzinfo is not None:
        raise errors.mismatch("a time of day without a zone", value)
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


def microseconds(value: dt.datetime) -> int:
    """Returns a date and time as microseconds since 1970: in UTC where it has a zone."""
    return (value - (EPOCH if value.tzinfo is None else EPOCH_UTC)) // MICROSECOND


def decimal_text(value: decimal.Decimal) -> str:
    """Returns a decimal as text without an exponent."""
    if not value.is_finite():
        raise errors.mismatch("a finite decimal", value)
    if value and abs(value.adjusted()) > MAX_DIGITS:
        raise errors.mismatch(f"a decimal of at most {MAX_DIGITS} digits on either side of its point", value)
    return format(value, "f")


def _integer(value: int) -> Any:
    if -(1 << 63) <= value < 1 << 63:
        return wit.Scalar_Integer(value)
    if 0 <= value < 1 << 64:
        return wit.Scalar_Unsigned(value)
    raise errors.InterfaceError(f"the integer {value} has more than 64 bits; use a Decimal", code="type-mismatch")


def checked_text(value: object) -> str:
    """Returns a text that the contract can carry. Raises `InterfaceError` for any other value."""
    if not isinstance(value, str):
        raise errors.mismatch("a text", value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise errors.mismatch("text without lone surrogates", value) from None
    return str(value)


def _datetime(value: dt.datetime) -> Any:
    kind = wit.Scalar_Timestamp if value.tzinfo is None else wit.Scalar_TimestampTz
    return kind(microseconds(value))


def _timedelta(value: dt.timedelta) -> Any:
    return wit.Scalar_Interval(wit.Interval(0, value.days, value.seconds * 1_000_000 + value.microseconds))


def _bounded(value: Interval) -> Any:
    parts = ((value.months, 32), (value.days, 32), (value.microseconds, 64))
    if not all(isinstance(part, int) and -(1 << bits - 1) <= part < 1 << bits - 1 for part, bits in parts):
        raise errors.mismatch("an interval of whole numbers of 32, 32 and 64 bits", value)
    return wit.Scalar_Interval(wit.Interval(value.months, value.days, value.microseconds))


_SCALARS: dict[type, Callable[[Any], Any]] = {
    type(None): lambda _: wit.Scalar_Null(),
    bool: wit.Scalar_Boolean,
    int: _integer,
    float: wit.Scalar_Float,
    str: lambda value: wit.Scalar_Text(checked_text(value)),
    bytes: wit.Scalar_Bytes,
    bytearray: lambda value: wit.Scalar_Bytes(bytes(value)),
    memoryview: lambda value: wit.Scalar_Bytes(value.tobytes()),
    decimal.Decimal: lambda value: wit.Scalar_Decimal(decimal_text(value)),
    uuid.UUID: lambda value: wit.Scalar_Uuid((value.int >> 64, value.int & 0xFFFF_FFFF_FFFF_FFFF)),
    dt.datetime: _datetime,
    dt.date: lambda value: wit.Scalar_Date(days(value)),
    dt.time: lambda value: wit.Scalar_Time(microseconds_of_day(value)),
    dt.timedelta: _timedelta,
    Interval: _bounded,
    Json: lambda value: wit.Scalar_Json(value.text()),
    JsonText: lambda value: wit.Scalar_Json(checked_text(value.text)),
    dict: lambda value: wit.Scalar_Json(Json(value).text()),
    Native: lambda value: wit.Scalar_Other(wit.NativeValue(checked_text(value.native_type), checked_text(value.text))),
}


def scalar(value: object) -> Any:
    """Returns one value as the contract's scalar. Raises `InterfaceError` for a value that it cannot represent."""
    convert = _SCALARS.get(type(value))
    if convert is None:
        convert = next((known for base, known in _SCALARS.items() if isinstance(value, base)), None)
        if isinstance(value, enum.Enum) or convert is None:
            raise errors.mismatch("None, bool, int, float, str, bytes, Decimal, UUID, a date or time, or JSON", value)
    return convert(value)


def checked(node: T) -> T:
    """Checks the texts of a record of the contract, and returns it: an invalid text would end the instance."""
    waiting: list[Any] = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            checked_text(item)
        elif isinstance(item, (list, tuple)):
            waiting += item
        elif is_dataclass(item):
            waiting += (getattr(item, part.name) for part in fields(item))
    return node


def bind(value: object) -> Any:
    """Returns a parameter: a scalar, or for a list or tuple an array, whose items are all of one type or None."""
    if type(value) in (list, tuple):
        return wit.Value_Array(_array(list(value)))  # type: ignore[call-overload]
    return wit.Value_Scalar(scalar(value))


def _array(items: list[Any]) -> Any:
    dimensions: list[int] = []
    while items:
        dimensions.append(len(items) // math.prod(dimensions))
        if not isinstance(items[0], (list, tuple)):
            break
        if any(not isinstance(item, (list, tuple)) or len(item) != len(items[0]) for item in items):
            raise errors.mismatch("an array whose parts have one length", items)
        if len(dimensions) >= MAX_DIMENSIONS:
            raise errors.mismatch(f"an array of at most {MAX_DIMENSIONS} dimensions", items)
        items = [part for item in items for part in item]
    return wit.ArrayValue(dimensions, [scalar(item) for item in items])


def unbind(value: Any) -> object:
    """Returns a value of the contract as Python's: JSON as `Json`, an interval without months as `timedelta`."""
    if isinstance(value, wit.Value_Array):
        return _nested(value.value.dimensions, [unscalar(item) for item in value.value.items])
    return unscalar(value.value if isinstance(value, wit.Value_Scalar) else value)


def unscalar(value: Any) -> object:
    """Returns a scalar of the contract as Python's value."""
    if isinstance(value, wit.Scalar_Null):
        return None
    convert = _FROM.get(type(value))
    return convert(value.value) if convert else value.value


def _nested(dimensions: list[int], items: list[object]) -> list[object]:
    for length in reversed(dimensions[1:]):
        items = [items[start : start + length] for start in range(0, len(items), length)]
    return items


def from_interval(value: Any) -> dt.timedelta | Interval:
    """Returns an interval: a `timedelta`, or an `Interval` where it has months or exceeds the range of `timedelta`."""
    if value.months == 0:
        try:
            return dt.timedelta(days=value.days, microseconds=value.microseconds)
        except OverflowError:
            pass
    return Interval(value.months, value.days, value.microseconds)


def from_microseconds_of_day(value: int) -> dt.time:
    """Returns a time of day from microseconds since midnight."""
    seconds, micro = divmod(value, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return dt.time(hour % 24, minute, second, micro)


_FROM: dict[type, Callable[[Any], object]] = {
    wit.Scalar_Decimal: decimal.Decimal,
    wit.Scalar_Uuid: lambda value: uuid.UUID(int=value[0] << 64 | value[1]),
    wit.Scalar_Json: lambda value: Json(json.loads(value)),
    wit.Scalar_Date: lambda value: dt.date.fromordinal(value + EPOCH_DAY),
    wit.Scalar_Time: from_microseconds_of_day,
    wit.Scalar_Timestamp: lambda value: EPOCH + dt.timedelta(microseconds=value),
    wit.Scalar_TimestampTz: lambda value: EPOCH_UTC + dt.timedelta(microseconds=value),
    wit.Scalar_Interval: from_interval,
    wit.Scalar_Other: lambda value: Native(value.native_type, value.text),
}
