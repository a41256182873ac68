"""Everything that can go wrong, as one tree.

MienError
├── InputError           what the user gave cannot be used: a file, an option, a picture
│   ├── UnreadableSource   a picture, video, folder or camera that cannot be opened or decoded
│   └── ShapeError         an array of another shape or type than asked for
├── WeightsError         a model file is missing, damaged or cannot be fetched
│   └── OfflineError       it would have to be fetched, and fetching is switched off
└── MissingExtra         an optional package is not installed
"""

__all__ = [
    "InputError",
    "MienError",
    "MissingExtra",
    "OfflineError",
    "ShapeError",
    "UnreadableSource",
    "WeightsError",
]


class MienError(Exception):
    """Base of all errors that mien raises on purpose: what came, what was expected, what to do."""


class InputError(MienError, ValueError):
    """What the user gave cannot be used."""


class UnreadableSource(InputError):
    """A picture, video, folder or camera cannot be opened or decoded."""


class ShapeError(InputError):
    """An array has another shape or type than asked for."""


class WeightsError(MienError):
    """A model file is missing, damaged or cannot be fetched."""


class OfflineError(WeightsError):
    """A model file would have to be fetched, and fetching is switched off."""


class MissingExtra(MienError, ImportError):
    """An optional package is not installed.

    Args:
        package: the package that is missing, by the name it is imported with.
        extra: the group of ours that installs it.
        purpose: what it was wanted for, to complete "... is needed to <purpose>".
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{package} is needed to {purpose}, and it is not installed. "
            f'Install it with: pip install "mien[{extra}]"'
        )
