"""SQLAlchemy over the contract: `create_engine("sqlservice://default")`, `create_async_engine("sqlservice+asyncio://default")`."""

from __future__ import annotations

from sqlalchemy.dialects import registry

from .base import AsyncDataDialect, DataDialect

registry.register("sqlservice", "sqlservice_guest.dialect", "DataDialect")
registry.register("sqlservice.data", "sqlservice_guest.dialect", "DataDialect")
registry.register("sqlservice.asyncio", "sqlservice_guest.dialect", "AsyncDataDialect")

__all__ = ["AsyncDataDialect", "DataDialect"]
