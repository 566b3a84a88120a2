"""What the tests import as `mock`: Python has it as a part of its library by now."""

from unittest.mock import *  # noqa: F403
from unittest.mock import Mock

__all__ = ["Mock"]
