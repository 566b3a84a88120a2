"""What instances must not have in common, although each begins with the memory that was left when the plugin was built.

A generator of random numbers that was seeded by chance then would give all instances, and so all tenants, the same
numbers. One that was given a seed keeps its numbers, as in any process that runs the module.

A socket would leave a handle of the host behind that no instance has, and to use it would end the instance. There is
no network when a plugin is built: modules that look for one when they are imported get an `OSError`.
"""

from __future__ import annotations

import functools
import importlib
import random
import socket
import sys
import time
import weakref
from collections.abc import Callable
from typing import Any

_seeded: list[weakref.ref[random.Random]] = []
"""The generators that were seeded by chance."""
_seed = random.Random.seed
_LOOKUPS = ("getaddrinfo", "gethostbyaddr", "gethostbyname", "gethostbyname_ex", "getnameinfo")
"""What asks for names in a network."""
_building: list[bool] = []


def _noted(generator: random.Random, a: Any = None, version: int = 2) -> None:
    """Seeds a generator, and notes whether that was by chance."""
    _seeded[:] = [known for known in _seeded if known() not in (None, generator)]
    if a is None:
        _seeded.append(weakref.ref(generator))
    _seed(generator, a, version)


def install() -> None:
    """Watches generators from now on. A plugin's build calls it before it imports the plugin."""
    _replace(_noted)
    random.seed()
    if not _building:
        # Python imports it to look for a name, and no file is there at run time.
        importlib.import_module("encodings.idna")
        network: Any = socket
        network.socket.__init__ = _guarded(network.socket.__init__)
        for name in _LOOKUPS:
            setattr(network, name, _guarded(getattr(network, name)))
    _building[:] = [True]


def renew() -> None:
    """Makes an instance different from others, before its first call."""
    _replace(_seed)
    _building[:] = [False]
    for known in _seeded:
        generator = known()
        if generator is not None:
            generator.seed()
    _seeded.clear()
    modules: dict[str, Any] = dict(sys.modules)
    if "uuid" in modules:
        # The node of `uuid1` is a random number, as no network card is there.
        modules["uuid"]._node = None
    if "logging" in modules:
        modules["logging"]._startTime = time.time_ns()


def _replace(seed: Any) -> None:
    shared: Any = random
    shared.Random.seed = seed
    shared.seed = shared._inst.seed


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of `socket` that does nothing as long as the plugin is built."""

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        if _building[0]:
            message = "there is no network when a plugin is built"
            raise OSError(message)
        return function(*arguments, **options)

    return call
