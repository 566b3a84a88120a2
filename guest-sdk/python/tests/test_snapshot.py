"""What an instance has of its own, though it begins with the memory of the build."""

from __future__ import annotations

import logging
import random
import socket
import time
import uuid
from collections.abc import Iterator

import pytest

from sqlservice_guest import snapshot


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    """As in a build; afterwards all is as it was."""
    snapshot.install()
    yield
    snapshot.renew()


def test_the_shared_generator_gives_other_numbers() -> None:
    before = random.getstate()
    snapshot.renew()
    assert random.getstate() != before


def test_a_generator_that_a_module_made_gives_other_numbers() -> None:
    generator = random.Random()
    before = generator.getstate()
    snapshot.renew()
    assert generator.getstate() != before


def test_a_seed_that_was_given_is_kept() -> None:
    generator = random.Random()
    generator.seed(5)
    random.seed(5)
    snapshot.renew()
    assert generator.random() == random.Random(5).random() == random.random()


def test_the_last_seed_counts() -> None:
    generator = random.Random(5)
    generator.seed()
    before = generator.getstate()
    snapshot.renew()
    assert generator.getstate() != before


def test_it_is_done_once() -> None:
    snapshot.renew()
    generator = random.Random()
    before = generator.getstate()
    snapshot.renew()
    assert generator.getstate() == before


def test_generators_that_are_gone_are_forgotten() -> None:
    del installed_generator()[:]
    snapshot.renew()
    assert random.Random.seed is snapshot._seed


def installed_generator() -> list[random.Random]:
    """Generators that nothing holds when their list is emptied."""
    return [random.Random(), random.Random()]


def test_the_node_of_uuids_and_the_start_of_logs_are_not_the_builds() -> None:
    uuid.getnode()
    begin = time.time_ns()
    snapshot.renew()
    assert getattr(uuid, "_node", 0) is None
    assert vars(logging)["_startTime"] >= begin


def test_a_build_has_no_network() -> None:
    for use in (socket.socket, lambda: socket.gethostbyname("localhost"), lambda: socket.getaddrinfo("localhost", 80)):
        with pytest.raises(OSError, match="no network when a plugin is built"):
            use()
    snapshot.renew()
    socket.socket().close()
