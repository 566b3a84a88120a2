"""Expressions: one module for each kind."""

from __future__ import annotations

from typing import Any

from ..arena import unsupported
from .conversion import Conversions
from .document import Documents
from .function import Functions
from .operator import Operators
from .ordering import written_orders

__all__ = ["ExpressionCompiler", "written_orders"]


class ExpressionCompiler(Operators, Documents, Functions, Conversions):
    """The visit methods of expressions. Each returns a token of `self.pieces`."""

    def visit_unsupported_compilation(self, element: Any, err: Any, **kw: Any) -> str:
        raise unsupported(f"{type(element).__name__}") from err
