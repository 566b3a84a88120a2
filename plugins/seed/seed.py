"""The page about async databases, run block by block on the unmodified library from PyPI."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import traceback
from typing import Any

import models
import sqlservice
from sqlalchemy import orm, select

from sqlservice_guest import plugin

URL = "sqlservice+asyncio://default"
MARK = "\n# ---\n"

orm.configure_mappers()
plugin.declare(models.Model.metadata)


class PageError(Exception):
    """A block of the page failed."""


@plugin.export(raises=PageError)
async def run_page(source: str) -> str:
    """Runs the page's blocks one after the other in one namespace, and returns their output.

    Lines of `# ---` separate the blocks. They are the page's Python code, with `await` at the top level.
    """
    names: dict[str, Any] = {"__name__": "page"}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for number, block in enumerate(source.split(MARK), 1):
            try:
                code = compile(block, f"<block {number}>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                waiting = eval(code, names)
                if inspect.isawaitable(waiting):
                    await waiting
            except Exception:
                raise PageError(f"block {number}:\n{traceback.format_exc()}") from None
    return printed.getvalue()


@plugin.export(raises=PageError)
async def tour() -> list[str]:
    """Adds a user with devices, rolls back another user, and reads the first one: calls beside those of the page."""
    db = sqlservice.AsyncDatabase(URL, model_class=models.Model)
    await db.create_all()
    told = []
    async with db.begin() as session:
        await session.save(
            models.User(name="ed", devices=[models.UserDevice(name="phone"), models.UserDevice(name="tv")])
        )
    try:
        async with db.begin() as session:
            await session.save(models.User(name="ghost"))
            raise PageError("changed my mind")
    except PageError as error:
        told.append(f"rolled back: {error}")
    async with db.session() as session:
        loaded = select(models.User).options(orm.selectinload(models.User.devices)).order_by(models.User.id.desc())
        user = await session.first(loaded)
        assert user is not None
        told.append(f"{user.name}: {', '.join(device.name for device in user.devices)}")
        told.append(f"users: {len(await session.all(select(models.User)))}")
    told.append(f"ping: {await db.ping()}")
    return told
