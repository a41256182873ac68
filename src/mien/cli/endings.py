"""How a command ends: codes beside 0, and 2 for an error."""

__all__ = ["INTERRUPTED"]

INTERRUPTED = 130
"""Exit code after Ctrl-C, by custom."""
