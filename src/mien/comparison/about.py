"""What every figure of a comparison carries: data, protocol, fold, thresholds, version, command."""

from collections.abc import Sequence
from dataclasses import dataclass

from mien.evaluation.metrics import Task

__all__ = ["About", "joined_folds"]


@dataclass(frozen=True)
class About:
    """Where figures come from."""

    data: str
    """Name of the data set."""
    digests: tuple[str, ...]
    """Of its preparations that were read."""
    protocol: str
    fold: str
    """Numbers, or "no fold"."""
    words: str
    """What the pictures are."""
    pictures: int
    persons: int | None
    """None where nobody knows them."""
    task: Task
    threshold: float | None
    """Probability from which a unit is said to be present; None but of occurrence."""
    present: float | None
    """Intensity from which it is present, where labels are intensities."""
    version: str
    """Of mien."""
    command: str
    """Gives the same figures again."""
    shown: float | None = None
    """Intensity from which the default networks say that a unit is present, where they are among
    the networks of occurrence."""
    warnings: tuple[str, ...] = ()
    """Why figures are too good, or of another data set."""

    def line(self) -> str:
        """The same in a sentence, without the command."""
        fold = self.fold if self.fold == "no fold" else f"fold {self.fold}"
        pictures = f"{self.pictures} {'picture' if self.pictures == 1 else 'pictures'}"
        parts = [self.data, self.protocol, fold, pictures + self._of()]
        if self.threshold is not None:
            parts.append(f"present from probability {self.threshold:g} on")
        if self.shown is not None:
            parts[-1] += f" (the default networks: from intensity {self.shown:g} on)"
        if self.present is not None:
            parts.append(f"labels present from intensity {self.present:g} on")
        return ", ".join([*parts, f"mien {self.version}"]) + "."

    def _of(self) -> str:
        if self.persons is None:
            return " of persons that are not known"
        if self.persons == self.pictures > 1:
            return ", each counted as a person"
        return f" of {self.persons} {'person' if self.persons == 1 else 'persons'}"

    def columns(self) -> dict[str, object]:
        """The same for the rows of a table."""
        return {
            "data": self.data,
            "data_digest": " ".join(self.digests),
            "protocol": self.protocol,
            "fold": self.fold,
            "pictures": self.pictures,
            "persons": self.persons,
            "threshold": self.threshold,
            "present": self.present,
            "shown": self.shown,
            "version": self.version,
            "warnings": " ".join(self.warnings),
            "command": self.command,
        }


def joined_folds(folds: Sequence[int]) -> str:
    """Numbers of folds in words.

    >>> joined_folds([2]), joined_folds([1, 2, 3]), joined_folds([0])
    ('2', '1, 2, 3', 'no fold')
    """
    if list(folds) == [0]:
        return "no fold"
    return ", ".join(map(str, folds))
