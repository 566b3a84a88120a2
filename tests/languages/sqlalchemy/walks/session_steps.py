"""Steps with the session itself."""

from __future__ import annotations

from typing import Any

from base import Base
from step import Steps


class SessionSteps(Steps):
    """Flushes, transactions, savepoints, and what the session forgets."""

    def do_flush(self) -> Any:
        self.session.flush()

    do_flush_again = do_flush

    def do_commit(self) -> Any:
        self.savepoints.clear()
        self.session.commit()

    def do_rollback(self) -> Any:
        if not self.random.randrange(3):
            self.savepoints.clear()
            self.session.rollback()

    def do_savepoint(self) -> Any:
        self.savepoints.append(self.session.begin_nested())

    def do_savepoint_release(self) -> Any:
        if self.savepoints:
            self.savepoints.pop().commit()

    def do_savepoint_back(self) -> Any:
        if self.savepoints:
            self.savepoints.pop().rollback()

    def do_expire_all(self) -> Any:
        self.session.expire_all()

    def do_refresh(self) -> Any:
        item = self.lasting(Base) if self.random.randrange(8) else self.one(Base)
        if item is not None:
            self.session.refresh(item)
        return item
