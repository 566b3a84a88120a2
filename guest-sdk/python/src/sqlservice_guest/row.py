"""Converts many rows at once: the contract's column batches to tuples, and columns of values to batches."""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
import json
import uuid
from typing import TYPE_CHECKING, Any

from . import errors, value
from .bindings import rows as wit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


_BITS = [tuple(byte >> bit & 1 for bit in range(8)) for byte in range(256)]
"""The bits of each byte, least significant first."""


def tuples(batch: Any, *, json_as_text: bool = False) -> list[tuple[Any, ...]]:
    """Returns the rows of a batch. JSON documents are parsed, or left as text where the caller parses them itself."""
    if not batch.columns:
        return [()] * batch.rows
    return list(zip(*(column(data, batch.rows, json_as_text=json_as_text) for data in batch.columns), strict=True))


def column(data: Any, count: int, *, json_as_text: bool = False) -> list[Any]:
    """Returns the values of one column."""
    vector = data.values
    convert = _READERS.get(type(vector))
    if json_as_text and convert is not None:
        convert = _WITH_TEXTS.get(convert, convert)
    items = convert(vector.value, count) if convert else list(vector.value)
    if data.validity:
        present = itertools.chain.from_iterable(map(_BITS.__getitem__, data.validity))
        items = [item if is_there else None for item, is_there in zip(items, present, strict=False)]
    return items


def _cut(strings: Any, _count: int) -> list[Any]:
    data, offsets = strings.data, strings.offsets
    if isinstance(data, str) and not data.isascii():
        encoded = data.encode()
        return [encoded[start:end].decode() for start, end in itertools.pairwise(offsets)]
    return [data[start:end] for start, end in itertools.pairwise(offsets)]


def _documents(strings: Any, count: int) -> list[Any]:
    return [json.loads(text) if text else None for text in _cut(strings, count)]


def _timestamps(epoch: dt.datetime) -> Callable[[Any, int], list[Any]]:
    def read(vector: Any, _count: int) -> list[Any]:
        return [epoch + dt.timedelta(microseconds=item) for item in vector]

    return read


def _mixed(vector: Any, _count: int) -> list[Any]:
    return [_read_documents(value.unbind(item), lambda document: document.value) for item in vector]


def _mixed_with_texts(vector: Any, _count: int) -> list[Any]:
    return [_read_documents(value.unbind(item), value.Json.text) for item in vector]


def _read_documents(item: object, read: Callable[[value.Json], object]) -> object:
    """Returns a value with `read` applied to each JSON document in it."""
    if isinstance(item, list):
        return [_read_documents(part, read) for part in item]
    return read(item) if isinstance(item, value.Json) else item


_READERS: dict[type, Callable[[Any, int], list[Any]]] = {
    wit.Vector_Booleans: lambda vector, _: list(map(bool, vector)),
    wit.Vector_Decimals: lambda vector, count: [decimal.Decimal(item or 0) for item in _cut(vector, count)],
    wit.Vector_Texts: _cut,
    wit.Vector_Bytes: _cut,
    wit.Vector_Uuids: lambda vector, _: [uuid.UUID(int=high << 64 | low) for high, low in vector],
    wit.Vector_Jsons: _documents,
    wit.Vector_Dates: lambda vector, _: [dt.date.fromordinal(item + value.EPOCH_DAY) for item in vector],
    wit.Vector_Times: lambda vector, _: [value.from_microseconds_of_day(item) for item in vector],
    wit.Vector_Timestamps: _timestamps(value.EPOCH),
    wit.Vector_TimestampsTz: _timestamps(value.EPOCH_UTC),
    wit.Vector_Intervals: lambda vector, _: [value.from_interval(item) for item in vector],
    wit.Vector_Mixed: _mixed,
}
_WITH_TEXTS = {_documents: _cut, _mixed: _mixed_with_texts}
"""The readers that leave JSON as text, by the readers that parse it."""


def batch(columns: Iterable[Sequence[Any]], count: int) -> Any:
    """Returns columns of `count` values each as a batch. Values of one column may differ in type; most do not."""
    written = []
    for items in columns:
        if len(items) != count:
            raise errors.InterfaceError(f"a column has {len(items)} values and not {count}", code="invalid")
        written.append(_written(items))
    return wit.Batch(count, written)


def _written(items: Sequence[Any]) -> Any:
    kinds = set(map(type, items))
    has_null = type(None) in kinds
    kinds.discard(type(None))
    writer = _WRITERS.get(next(iter(kinds))) if len(kinds) == 1 else None
    vector = writer(items) if writer else None
    if vector is None:
        return wit.ColumnData(None, wit.Vector_Mixed([value.bind(item) for item in items]))
    return wit.ColumnData(_validity(items) if has_null else None, vector)


def _validity(items: Sequence[Any]) -> bytes:
    bits = "".join(["0" if item is None else "1" for item in reversed(items)])
    return int(bits, 2).to_bytes((len(items) + 7) // 8, "little")


def _strings(items: Iterable[str]) -> Any:
    parts = list(items)
    text = "".join(parts)
    if text.isascii():
        lengths = map(len, parts)
    else:
        try:
            lengths = map(len, list(map(str.encode, parts)))
        except UnicodeEncodeError:
            raise errors.mismatch("text without lone surrogates", text) from None
    return wit.Strings(_fits([0, *itertools.accumulate(lengths)]), text)


def _blobs(items: Iterable[bytes]) -> Any:
    parts = list(items)
    return wit.Blobs(_fits([0, *itertools.accumulate(map(len, parts))]), b"".join(parts))


def _fits(offsets: list[int]) -> list[int]:
    if offsets[-1] >= 1 << 32:
        raise errors.InterfaceError("a column of one call is larger than 4 GiB; send fewer rows", code="limit")
    return offsets


def _integers(items: Sequence[Any]) -> Any:
    present = [item or 0 for item in items] if None in items else list(items)
    if min(present) < -(1 << 63) or max(present) >= 1 << 63:
        return None
    return wit.Vector_Integers(present)


def _datetimes(items: Sequence[Any]) -> Any:
    zones = {item.tzinfo is not None for item in items if item is not None}
    if len(zones) != 1:
        return None
    kind = wit.Vector_TimestampsTz if zones.pop() else wit.Vector_Timestamps
    return kind([0 if item is None else value.microseconds(item) for item in items])


_WRITERS: dict[type, Callable[[Sequence[Any]], Any]] = {
    bool: lambda items: wit.Vector_Booleans(bytes(map(bool, items))),
    int: _integers,
    float: lambda items: wit.Vector_Floats([item or 0.0 for item in items] if None in items else list(items)),
    str: lambda items: wit.Vector_Texts(_strings([item or "" for item in items] if None in items else items)),
    bytes: lambda items: wit.Vector_Bytes(_blobs(item or b"" for item in items)),
    decimal.Decimal: lambda items: wit.Vector_Decimals(
        _strings("0" if item is None else value.decimal_text(item) for item in items)
    ),
    uuid.UUID: lambda items: wit.Vector_Uuids(
        [(0, 0) if item is None else (item.int >> 64, item.int & 0xFFFF_FFFF_FFFF_FFFF) for item in items]
    ),
    value.JsonText: lambda items: wit.Vector_Jsons(
        _strings("null" if item is None else value.checked_text(item.text) for item in items)
    ),
    value.Json: lambda items: wit.Vector_Jsons(_strings("null" if item is None else item.text() for item in items)),
    dt.date: lambda items: wit.Vector_Dates([0 if item is None else value.days(item) for item in items]),
    dt.time: lambda items: wit.Vector_Times([0 if item is None else value.microseconds_of_day(item) for item in items]),
    dt.datetime: _datetimes,
}
