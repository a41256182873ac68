"""Files that would run something when they are read."""

from collections.abc import Callable
from typing import Any

__all__ = ["Runs"]


class Runs:
    """A pickle of it calls a function when it is read."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.what = function, arguments

    def __reduce__(self):
        return self.what
