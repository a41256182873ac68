"""A way to find out where a network looked: its own maps, occlusion, or one that is given."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from mien.errors import InputError
from mien.explain.faithful import verdicts
from mien.explain.question import Question, Subject
from mien.explain.view import Seen
from mien.spec import ModelSpec
from mien.values import Face, Float32, Image

__all__ = ["Look", "Method", "attention"]

Method = Callable[[Question], Float32]
"""A face to maps of what is asked, (t, m, m)."""


@dataclass(frozen=True)
class Look:
    """Whom is asked, how, and whether the maps are tested."""

    subject: Subject
    method: Method | None = None
    """None: the face and the scores alone."""
    tested: bool = False
    """Whether maps are compared with maps of chance."""

    def see(self, image: Image, face: Face | None) -> Seen | None:
        """What the network reads and says of a face; None where it cannot be cut out."""
        question = None if face is None else self.subject.about(image, face)
        if question is None:
            return None
        maps = None if self.method is None else self.method(question)
        seen = Seen(question.image, question.points, question.scores, maps)
        if maps is None or not self.tested:
            return seen
        wanted = self.subject.targets
        return replace(seen, verdicts=verdicts(question, maps, wanted.labels, wanted.range))

    def untested(self) -> "Look":
        """The same without the test."""
        return replace(self, tested=False)


def attention(spec: ModelSpec, subject: Subject) -> Method:
    """The maps that the network itself gives.

    Raises:
        InputError: it gives none.
    """
    if "maps" not in spec.outputs:
        raise InputError(
            f"{spec.name} gives no attention maps; networks with maps are jaanet, eacnet and "
            "eacnet-enhancing, exported by this version of mien: mien export RUN; for others "
            "choose --method occlusion or gradcam"
        )

    def method(question: Question) -> Float32:
        maps = question.scores.maps
        if maps is None:  # pragma: no cover - the card promises them
            raise InputError(f"{spec.name} gave no maps")
        last = maps.shape[1] - 1
        return maps[0, [min(place, last) for place in subject.targets.places]]

    return method
