"""State that instances must not share, although each begins with the memory snapshot of the plugin's build.

A random number generator that the build seeded without an explicit seed would produce the same numbers in all
instances, and so for all tenants. One with an explicit seed keeps its numbers, as in any process that runs the module.

A socket would leave a host handle behind that no instance has; its use would end the instance. There is no network
while a plugin is built: modules that use one when they are imported get an `OSError`.
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
"""The generators that were seeded without an explicit seed."""
_seed = random.Random.seed
_LOOKUPS = ("getaddrinfo", "gethostbyaddr", "gethostbyname", "gethostbyname_ex", "getnameinfo")
"""The functions of `socket` that resolve names."""
_building: list[bool] = []


def _noted(generator: random.Random, a: Any = None, version: int = 2) -> None:
    """Seeds a generator, and records it where it has no explicit seed."""
    _seeded[:] = [known for known in _seeded if known() not in (None, generator)]
    if a is None:
        _seeded.append(weakref.ref(generator))
    _seed(generator, a, version)


def install() -> None:
    """Records generators, and blocks the network. A plugin's build calls it before it imports the plugin."""
    _replace(_noted)
    random.seed()
    if not _building:
        # Python imports this module to resolve a name, and has no files at run time.
        importlib.import_module("encodings.idna")
        network: Any = socket
        network.socket.__init__ = _guarded(network.socket.__init__)
        for name in _LOOKUPS:
            setattr(network, name, _guarded(getattr(network, name)))
    _building[:] = [True]


def renew() -> None:
    """Makes an instance's state differ from that of others, before its first call."""
    _replace(_seed)
    _building[:] = [False]
    for known in _seeded:
        generator = known()
        if generator is not None:
            generator.seed()
    _seeded.clear()
    modules: dict[str, Any] = dict(sys.modules)
    if "uuid" in modules:
        # The node of `uuid1` is a random number, as there is no network card.
        modules["uuid"]._node = None
    if "logging" in modules:
        modules["logging"]._startTime = time.time_ns()


def _replace(seed: Any) -> None:
    shared: Any = random
    shared.Random.seed = seed
    shared.seed = shared._inst.seed


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function of `socket` that raises `OSError` while the plugin is built."""

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        if _building[0]:
            message = "there is no network when a plugin is built"
            raise OSError(message)
        return function(*arguments, **options)

    return call
