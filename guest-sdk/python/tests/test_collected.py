"""What stands in for Python's own types that its collector cannot end in WebAssembly."""

from __future__ import annotations

from typing import Any

import pytest

from sqlservice_guest.collected import MethodCaller


def test_it_calls_the_method_with_the_arguments() -> None:
    assert MethodCaller("split", ",", maxsplit=1)("a,b,c") == ["a", "b,c"]


def test_it_shows_itself_as_pythons_own_does() -> None:
    assert repr(MethodCaller("get", "a", default=1)) == "operator.methodcaller('get', 'a', default=1)"


def test_the_name_is_a_text() -> None:
    wrong: Any = 5
    with pytest.raises(TypeError):
        MethodCaller(wrong)
