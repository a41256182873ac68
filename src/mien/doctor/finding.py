"""What an examination comes to: findings with their cure, judgements, costs."""

from dataclasses import dataclass

__all__ = ["Finding", "Judged", "Speed"]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be."""

    what: str
    """What is the matter, in half a sentence."""
    cure: str
    """What to do."""
    broken: bool = True
    """Whether mien cannot be relied on until it is done; else it is only good to know."""

    def __str__(self) -> str:
        return f"{self.what}; {self.cure}"


@dataclass(frozen=True)
class Judged:
    """How numbers compare with what they should be."""

    name: str
    """Of what gave them."""
    share: float
    """How far they are off, as a share of what is allowed; beyond 1 they are wrong."""
    told: str
    """The same in words."""
    cure: str

    @property
    def right(self) -> bool:
        """Whether they are as they should be; what is no number is not."""
        return self.share <= 1

    def findings(self) -> list[Finding]:
        """What is wrong."""
        if self.right:
            return []
        return [Finding(f"{self.name} does not give what it should: {self.told}", self.cure)]


@dataclass(frozen=True)
class Speed:
    """What a frame costs."""

    default: str
    """How units were read."""
    frames: int
    cpu: float
    """Milliseconds of CPU time per frame, of all threads; decoding and the table included."""
    wall: float
    """Milliseconds that passed."""
