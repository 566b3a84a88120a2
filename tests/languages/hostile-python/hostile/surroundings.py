"""What there is of the process that the host is, of its machine, and of the network."""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from typing import TYPE_CHECKING

from .told import attack, truth, ways

if TYPE_CHECKING:
    from collections.abc import Callable

BUILT = {"PYTHONUNBUFFERED", "PYTHONHOME", "PYTHONPATH"}
"""Variables that componentize-py sets itself when it initialises Python."""


@attack("surroundings")
def all_of_it() -> list[str]:
    """Variables, arguments, input."""
    variables = [name for name in os.environ if name not in BUILT]
    return [
        f"variables: {len(variables)}",
        f"arguments: {len([item for item in sys.argv if item])}",
        f"input: {len(sys.stdin.read()) if sys.stdin else 0}",
        f"machine: {truth(platform.machine() in ('', 'wasm32'))}",
    ]


@attack("network")
def network() -> list[str]:
    """Sockets, names, pages."""
    cases: dict[str, Callable[[], object]] = {
        "connect": lambda: socket.create_connection(("127.0.0.1", 22), 1),
        "look up a name": lambda: socket.getaddrinfo("localhost", 22),
        "look up a host": lambda: socket.gethostbyname("example.org"),
        "send": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)),
        "a page": lambda: urllib.request.urlopen("http://127.0.0.1/", timeout=1).read(),
        "a file as a page": lambda: urllib.request.urlopen("file:///etc/passwd").read(),
        "a socket of the machine": lambda: socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock"),
    }
    return ways(cases)


@attack("processes")
def processes() -> list[str]:
    """Programs, threads, signals, and memory that is not its own."""

    def thread() -> object:
        started = threading.Thread(target=lambda: None)
        started.start()
        return started

    def foreign() -> object:
        import ctypes

        return ctypes.string_at(0, 16)

    def multiprocessing() -> object:
        import multiprocessing

        return multiprocessing.Process(target=len).start()

    cases: dict[str, Callable[[], object]] = {
        "a program": lambda: subprocess.run(["/bin/true"], check=True),
        "a shell": lambda: 1 / (os.system("true") == 0),  # type: ignore[attr-defined]
        "a fork": lambda: os.fork(),  # type: ignore[attr-defined]
        "replace the program": lambda: os.execv("/bin/true", ["true"]),  # type: ignore[attr-defined]
        "a thread": thread,
        "another process": multiprocessing,
        "a signal": lambda: os.kill(1, signal.SIGTERM),  # type: ignore[attr-defined]
        "memory": foreign,
    }
    return ways(cases)
