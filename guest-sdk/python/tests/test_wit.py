"""WIT of annotations, and values of exports."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import types
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from sqlservice_guest import convert, wit


class Mood(enum.Enum):
    """An enum."""

    GOOD = "g"
    SO_SO = "s"


@dataclass
class HTTPEntry:
    """A record with names that WIT writes in its own way."""

    id: int
    from_: str | None
    moods: list[Mood]


@dataclass
class Empty:
    """Without fields."""


@dataclass
class Node:
    """A record that contains itself."""

    next: Node | None


TYPES: list[tuple[Any, str]] = [
    (int, "s64"), (float, "f64"), (bool, "bool"), (str, "string"), (bytes, "list<u8>"), (decimal.Decimal, "string"),
    (uuid.UUID, "string"), (dt.datetime, "string"), (list[int], "list<s64>"), (int | None, "option<s64>"),
    (tuple[int, str], "tuple<s64, string>"), (list[tuple[bool, bytes | None]], "list<tuple<bool, option<list<u8>>>>"),
    (HTTPEntry, "http-entry"), (Mood, "mood"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "expected"), TYPES)
def test_an_annotation_is_a_type_of_wit(type_: Any, expected: str) -> None:
    assert wit.wit_type(type_, wit.Named()) == expected


REFUSED: list[Any] = [
    dict,
    dict[str, int],
    object,
    Any,
    int | str,
    list,
    tuple[int, ...],
    Empty,
    Node,
    complex,
    set[int],
]


@pytest.mark.parametrize("type_", REFUSED, ids=str)
def test_what_wit_cannot_say_is_refused_by_name(type_: Any) -> None:
    with pytest.raises(TypeError):
        wit.wit_type(type_, wit.Named())


def test_a_world_has_each_record_once_and_in_order() -> None:
    signature = wit.Signature("find-entry", [("id", int), ("type", str)], list[HTTPEntry], True)
    text = wit.world("My.Plugin_2", False, [signature, wit.Signature("ping", [], None, False)])
    assert text == (
        "package plugin:my-plugin;\n\nworld plugin {\n"
        "  include sqlservice:database/sqlservice@0.2.0;\n"
        "  include sqlservice:database/declared@0.2.0;\n"
        "  enum mood { good, so-so }\n"
        "  record http-entry { id: s64, %from: option<string>, moods: list<mood> }\n"
        "  export find-entry: async func(id: s64, %type: string) -> result<list<http-entry>, string>;\n"
        "  export ping: async func();\n}\n"
    )


def test_names_that_wit_cannot_say_are_told() -> None:
    for name in ("a_1", "größe", "__", "_1"):
        with pytest.raises(TypeError, match="no name for WIT"):
            wit.kebab(name)
    twice = [wit.Signature("a", [], None, False)] * 2
    with pytest.raises(TypeError, match="two exports"):
        wit.world("p", False, twice)


class Given(enum.Enum):
    """The bindings' enum."""

    GOOD = 0
    SO_SO = 1


@dataclass
class HttpEntry:
    """The bindings' record."""

    id: int
    from_: str | None
    moods: list[Given]


BINDINGS = types.SimpleNamespace(HttpEntry=HttpEntry, Mood=Given)


def test_records_and_enums_are_those_of_the_plugin_inside_and_of_the_bindings_outside() -> None:
    outside, inside = HttpEntry(1, "a", [Given.SO_SO]), HTTPEntry(1, "a", [Mood.SO_SO])
    assert convert.to_python(HTTPEntry, outside) == inside
    assert convert.to_wit(HTTPEntry, inside, BINDINGS) == outside


def test_texts_are_read_and_written() -> None:
    day = dt.datetime(2024, 2, 29, tzinfo=dt.UTC)
    assert convert.to_python(list[dt.datetime], [day.isoformat()]) == [day]
    assert convert.to_wit(decimal.Decimal, decimal.Decimal("1.50"), BINDINGS) == "1.50"
    for type_ in (uuid.UUID, dt.date, decimal.Decimal):
        with pytest.raises((ValueError, ArithmeticError)):
            convert.to_python(type_, "no such thing")


WRONG: list[tuple[Any, Any]] = [
    (int, "1"), (int, 2**63), (int, 1.5), (str, None), (str, b"a"), (bool, 1), (float, "1"), (bytes, "a"),
    (list[int], {1}), (list[int], [None]), (tuple[int, int], (1,)), (HTTPEntry, {"id": 1}), (Mood, "GOOD"),
    (uuid.UUID, "a"), (int | None, "a"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "given"), WRONG)
def test_a_result_of_another_type_is_told(type_: Any, given: Any) -> None:
    with pytest.raises(TypeError):
        convert.to_wit(type_, given, BINDINGS)
