"""What can be measured, by name."""

__all__ = ["NAMES"]

NAMES = ("size", "speed", "memory", "units", "loading", "learning", "networks", "graph",
         "relations", "expressions", "emotions", "live", "student",
         "portraits", "defaults", "yolo", "neutrals", "steadiness")  # fmt: skip
