"""Numbers that two instances of one component must not have in common, and sockets, which none has."""

from __future__ import annotations

import contextlib
import random
import secrets
import socket
import tempfile
import uuid
from typing import Any

from raising import raises


def temporary_name() -> str:
    """The name that the next temporary file has; instances need no folder for it."""
    names: Any = tempfile
    return str(next(names._get_candidate_names()))


def look_for_a_network() -> None:
    """What modules do when they are imported."""
    with contextlib.suppress(OSError):
        socket.socket(socket.AF_INET6).bind(("::1", 0))
    with contextlib.suppress(OSError):
        socket.gethostbyname("localhost")


look_for_a_network()
OWN = random.Random()
SEEDED = random.Random(5)
AT_BUILD = (random.random(), uuid.uuid1(), temporary_name())
"""What a module that uses them when it is imported leaves behind."""


def drawn() -> list[str]:
    """A text of each source of chance."""
    found = {
        "random": random.random(),
        "a generator of a module": OWN.random(),
        "a new generator": random.Random().random(),
        "uuid1": f"{uuid.uuid1().node:x}",
        "uuid4": uuid.uuid4(),
        "secrets": secrets.token_hex(),
        "tempfile": temporary_name(),
    }
    assert SEEDED.random() == random.Random(5).random(), "a generator that was given a seed has lost it"
    return [f"{name}: {number}" for name, number in found.items()]


def mistake_sockets() -> None:
    """There are none, when the plugin is built and later."""
    with raises(OSError):
        socket.gethostbyname("localhost")
    with raises(OSError):
        socket.socket(socket.AF_INET6).bind(("::1", 0))
    with raises(OSError):
        socket.create_connection(("127.0.0.1", 5432), timeout=1)
    with raises(OSError):
        socket.getaddrinfo("example.org", 443)


def mistake_random_numbers_of_the_build() -> None:
    """None of them comes again."""
    assert random.random() != AT_BUILD[0]
    assert uuid.uuid1().node != AT_BUILD[1].node
    assert temporary_name() != AT_BUILD[2]
