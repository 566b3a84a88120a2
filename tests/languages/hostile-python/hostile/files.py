"""Ways out of the directories that were granted, `/inside` to write and `/fixed` to read, as a test has filled them."""

from __future__ import annotations

import importlib
import os
import pathlib
import shutil
import sys
from typing import TYPE_CHECKING

from .told import attack, ways

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = "/fixed/kept.txt"


def read(path: str | int) -> str:
    """The text of a file; not a link that dangles."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(100)


def write(path: str, mode: str = "w") -> int:
    """Writes a character."""
    with open(path, mode, encoding="utf-8") as file:
        return file.write("x")


def through(to: str, at: str) -> str:
    """Makes a link and reads what it leads to."""
    os.symlink(to, at)
    return read(at)


def beside(path: str) -> str:
    """Reads by a handle of the directory."""
    handle = os.open("/inside", os.O_RDONLY)
    return read(os.open(path, os.O_RDONLY, dir_fd=handle))


@attack("files: outside")
def outside() -> list[str]:
    """By dots, links and absolute names."""
    cases: dict[str, Callable[[], object]] = {
        "read by dots": lambda: read("/inside/../outside/secret.txt"),
        "read by many dots": lambda: read("/inside/" + "../" * 40 + "etc/passwd"),
        "read past the directories": lambda: read("/etc/passwd"),
        "read of the process": lambda: read("/proc/self/environ"),
        "read through a link": lambda: read("/inside/out/secret.txt"),
        "read a link": lambda: read("/inside/secret"),
        "read an absolute link": lambda: read("/inside/absolute"),
        "read a link to everything": lambda: read("/inside/everything/etc/passwd"),
        "read by a directory's handle": lambda: beside("../outside/secret.txt"),
        "read by another handle": lambda: [read(handle) for handle in range(3, 40)],
        "list the root": lambda: os.listdir("/"),
        "list through a link": lambda: os.listdir("/inside/out"),
        "list by a pattern": lambda: next(iter(pathlib.Path("/inside").glob("../outside/*"))),
        "overwrite a link": lambda: write("/inside/secret"),
        "append to a link": lambda: write("/inside/secret", "a"),
        "make a file through a link": lambda: write("/inside/out/new.txt"),
        "make a directory through a link": lambda: os.mkdir("/inside/out/new"),
        "remove through a link": lambda: os.remove("/inside/out/secret.txt"),
        "remove a tree through a link": lambda: shutil.rmtree("/inside/out"),
        "rename by dots": lambda: os.rename("/inside/note.txt", "/inside/../outside/note.txt"),
        "take by a rename": lambda: os.rename("/inside/out/secret.txt", "/inside/taken.txt"),
        "link hard through a link": lambda: os.link("/inside/out/secret.txt", "/inside/hard.txt"),
        "link by dots": lambda: through("../outside/secret.txt", "/inside/mine"),
        "link to a path": lambda: through("/etc/passwd", "/inside/path"),
        "change the directory": lambda: (os.chdir("/inside/../outside"), read("secret.txt")),
    }
    return ways(cases)


@attack("files: fixed")
def fixed() -> list[str]:
    """What may only be read."""
    cases: dict[str, Callable[[], object]] = {
        "truncate": lambda: os.truncate(KEPT, 0),
        "write": lambda: write(KEPT),
        "append": lambda: write(KEPT, "a"),
        "set its time": lambda: os.utime(KEPT, (0, 0)),
        "remove": lambda: os.remove(KEPT),
        "rename": lambda: os.rename(KEPT, "/fixed/other.txt"),
        "replace": lambda: os.replace("/inside/note.txt", KEPT),
        "link hard": lambda: os.link(KEPT, "/inside/kept-hard.txt"),
        "make a file": lambda: write("/fixed/new.txt"),
        "make a directory": lambda: os.mkdir("/fixed/new"),
    }
    return ways(cases)


@attack("files: inside")
def inside() -> list[str]:
    """What was granted, so that it is seen that the rest was refused for what it is."""
    return ways(
        {"read": lambda: read(KEPT), "write": lambda: write("/inside/new.txt"), "remove": lambda: os.remove("/inside/new.txt")}
    )


@attack("files: code")
def code() -> list[str]:
    """A module from a granted directory: it is the plugin's own code then, and may what the plugin may."""
    with open("/inside/late.py", "w", encoding="utf-8") as file:
        file.write("def secret():\n    with open('/etc/passwd') as file:\n        return file.read()\n")
    sys.path.append("/inside")
    late = importlib.import_module("late")
    return ways({"load": lambda: late, "what it reads": late.secret})


@attack("files: none")
def none() -> list[str]:
    """Without any directory: what there is of the machine that built the component, or of the one that runs it."""
    cases: dict[str, Callable[[], object]] = {
        "its own source": lambda: read(__file__),
        "the SDK's source": lambda: read(sys.modules["sqlservice_guest"].__file__ or ""),
        "the directory": lambda: os.listdir("."),
        "the root": lambda: os.listdir("/"),
        "a file of its own": lambda: write("own.txt"),
        "a file in /tmp": lambda: write("/tmp/own.txt"),
        "the database": lambda: read("sqlservice.db"),
        "the configuration": lambda: read("sqlservice.toml"),
    }
    return ways(cases)
