"""Failures of the contract as exceptions."""

from __future__ import annotations

import pytest
from fakes import failure

from sqlservice_guest import errors

CLASSES = {
    "unique-violation": errors.IntegrityError,
    "circular-dependency": errors.IntegrityError,
    "type-mismatch": errors.DataError,
    "denied": errors.ProgrammingError,
    "unsupported": errors.NotSupportedError,
    "pending-rollback": errors.InternalError,
    "deadlock": errors.OperationalError,
    "a word of a later release": errors.OperationalError,
}


@pytest.mark.parametrize(("code", "expected"), CLASSES.items())
def test_a_code_has_its_class(code: str, expected: type[errors.DatabaseError]) -> None:
    found = errors.from_failure(failure(code, sqlstate="23505", retryable=True, constraint="c", position=3).value)
    assert type(found) is expected
    assert (found.code, found.sqlstate, found.retryable, found.constraint, found.position) == (
        code,
        "23505",
        True,
        "c",
        3,
    )


def test_what_a_message_shows_of_a_value_is_short() -> None:
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    assert len(str(errors.mismatch("a text", deep))) < 120
    assert len(str(errors.mismatch("a number", "x" * 10_000))) < 120
