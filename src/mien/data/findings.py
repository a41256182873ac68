"""What is wrong with a copy of a data set: collected while it is read, or raised at once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from mien.errors import InputError

__all__ = ["KINDS", "Finding", "Findings"]

KINDS: dict[str, str] = {
    "no picture": "labels or landmarks without a picture",
    "no label": "pictures without labels",
    "no landmarks": "labelled pictures without landmarks",
    "duplicate": "the same picture, frame number or label twice",
    "unreadable picture": "a picture or video that cannot be decoded",
    "bad line": "a line of a label or landmark file that is not as the format says",
    "code out of range": "a label that the format does not know",
    "landmarks outside": "landmarks that lie outside the picture",
    "landmarks mirrored": "landmarks whose left and right are exchanged",
    "landmarks shifted": "landmarks that fit the pictures of other frames better",
    "labels shifted": "labels that fit the pictures of other frames better",
    "landmarks off": "landmarks that lie far from the face",
    "no face": "a sampled picture in which no face was found",
    "frames differ": "label, landmark and picture of one row that name different frames",
    "box outside": "boxes that lie outside the picture",
    "in two splits": "pictures of one source in two splits: what was learned would be tested",
    "stray": "files that belong to nothing; harmless",
    "no subject": "pictures whose person is not told: each counts as a person of its own",
    "not used": "columns of a table that say nothing here; harmless",
}
"""Every kind of finding, in words. Those of REMARKS leave pictures out or tell what is assumed; a
copy that has only these is clean."""

REMARKS = frozenset(
    {"no label", "no landmarks", "no face", "stray", "no subject", "not used", "in two splits"}
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    kind: str
    """One of KINDS."""
    place: str
    """File, relative to the root, with the line where there is one: "AU_OCC/F001_T1.csv:17"."""
    what: str
    """What came, what was expected."""
    count: int = 1
    """Pictures, lines or files that it stands for."""


class Findings:
    """A list of findings; strict: the first that is no remark is raised instead.

    Args:
        strict: raise. Training reads strictly, ``mien datasets check`` collects.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._found: list[Finding] = []
        self.left_out = 0
        """Labelled pictures, by their rows or files, that a reader left out for a fault."""

    def add(self, kind: str, place: str, what: str, count: int = 1) -> None:
        """Note a finding.

        Args:
            kind: one of KINDS.
            place: file and line.
            what: what came, what was expected.
            count: pictures, lines or files that it stands for.

        Raises:
            InputError: findings are not collected, and it is more than a remark.
        """
        if kind not in KINDS:
            raise InputError(f"{kind!r} is no kind of finding; there are {', '.join(KINDS)}")
        if self._strict and kind not in REMARKS:
            raise InputError(f"{place}: {what} ({kind}); look through the copy with: "
                             "mien datasets check")  # fmt: skip
        self._found.append(Finding(kind, place, what, count))

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def counts(self) -> Counter[str]:
        """How many of each kind, those that one stands for included."""
        found: Counter[str] = Counter()
        for one in self._found:
            found[one.kind] += one.count
        return found

    @property
    def clean(self) -> bool:
        """Whether there are only remarks."""
        return all(one.kind in REMARKS for one in self._found)
