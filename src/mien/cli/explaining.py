"""What `mien explain` is asked for: whom, about what, how; and what it says of the maps."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import InputError, MissingExtra

if TYPE_CHECKING:
    from mien.explain.faithful import Verdict
    from mien.explain.look import Look, Method
    from mien.explain.question import Question, Subject
    from mien.explain.targets import Targets
    from mien.explain.view import View
    from mien.runtime import Predictor
    from mien.values import Float32
    from mien.weights.store import Store

__all__ = ["METHODS", "Asked", "judged"]

METHODS = ("attention", "occlusion", "gradcam")


@dataclass(frozen=True)
class Asked:
    """The options, as they were typed."""

    model: Path | None
    au: str
    expression: str
    method: str
    graph: bool
    stretch: bool
    test: bool

    def open(self, store: "Store") -> "tuple[Look, View]":
        """Whom to ask and how, and how to show it.

        Raises:
            InputError: options do not fit together, or do not fit the network.
        """
        units, names = _units(self.au), _names(self.expression)
        self._check(units)
        if self.model is None:
            return self._default(store, units)
        from mien.explain.look import Look
        from mien.explain.question import NetworkSubject
        from mien.explain.targets import targets
        from mien.runtime import Predictor, crop_threads, find_model

        predictor = Predictor(find_model(self.model), crop_threads())
        if self.graph:
            from mien.explain.graph import GraphView

            view = GraphView(predictor.spec, units)
            return Look(NetworkSubject(predictor, targets(predictor.spec))), view
        wanted = targets(predictor.spec, units, names)
        subject = NetworkSubject(predictor, wanted)
        name = self.method or ("attention" if "maps" in predictor.spec.outputs else "occlusion")
        return self._shown(subject, name, self._opened(name, predictor, subject))

    def _default(self, store: "Store", units: tuple[int, ...]) -> "tuple[Look, View]":
        """The networks that come with mien."""
        from mien.analysis.reading import PictureReading
        from mien.explain.default import DefaultSubject, default_card
        from mien.explain.occlusion import occlusion
        from mien.explain.targets import targets

        if self.graph or self.expression or self.method not in ("", "occlusion"):
            asked = "--graph" if self.graph else "--expression" * bool(self.expression)
            raise InputError(
                f"the default networks can be asked for units by --method occlusion, and "
                f"{asked or f'--method {self.method}'} came; name another network with --model"
            )
        reading = PictureReading(store)
        subject = DefaultSubject(reading, targets(default_card(reading), units))
        return self._shown(subject, "occlusion", occlusion)

    def _shown(self, subject: "Subject", name: str, method: "Method") -> "tuple[Look, View]":
        """Panels with maps."""
        from mien.explain.look import Look
        from mien.explain.maps import Colours, MapsView

        if self.stretch and name != "attention":
            raise InputError(
                f"--stretch is for attention maps; the colours of {name} span each map anyway"
            )
        colours: Colours = "stretched" if self.stretch else "absolute"
        if name != "attention":
            colours = "effect" if name == "occlusion" else "relative"
        view = MapsView(subject.targets, colours, tested=self.test)
        return Look(subject, method, tested=self.test), view

    def _opened(self, name: str, predictor: "Predictor", subject: "Subject") -> "Method":
        """The way to find out where it looked."""
        from mien.explain.look import attention
        from mien.explain.occlusion import occlusion

        if name == "attention":
            return attention(predictor.spec, subject)
        return occlusion if name == "occlusion" else self._grad_cam(subject.targets)

    def _grad_cam(self, wanted: "Targets") -> "Method":
        """Grad-CAM of a run."""
        if self.model is None or not self.model.is_dir():
            raise InputError(
                f"Grad-CAM goes through a network with its gradients, which {self.model} has not; "
                "name the folder of a run, or choose --method occlusion"
            )
        try:
            from mien.training.gradcam import grad_cam
        except ModuleNotFoundError as error:
            raise MissingExtra(error.name or "torch", "explain", "compute Grad-CAM") from error
        maps = grad_cam(self.model, wanted.output)

        def method(question: "Question") -> "Float32":
            return maps(question.image, list(wanted.places))

        return method

    def _check(self, units: tuple[int, ...]) -> None:
        """Raise InputError where options do not fit together."""
        if self.method not in ("", *METHODS):
            raise InputError(f"there is no method {self.method!r}; choose {', '.join(METHODS)}")
        if self.graph and (self.stretch or self.method or self.expression):
            given = "stretch" if self.stretch else "method" if self.method else "expression"
            raise InputError(
                f"--{given} is for attention maps and others; leave it out, or leave out --graph"
            )
        if self.graph and len(units) == 1:
            raise InputError(
                f"--au {self.au} names one unit, and a relation is between two; name more"
            )


def judged(verdicts: "Sequence[Sequence[Verdict]]") -> Iterator[str]:
    """What came of the tests: a line for each number, its mean where several faces were tested."""
    by_label: dict[str, list[Verdict]] = defaultdict(list)
    for face in verdicts:
        for one in face:
            by_label[one.label].append(one)
    for label, mine in by_label.items():
        if len(mine) == 1:
            yield str(mine[0])
            continue
        gap, chance = (sum(values) / len(mine) for values in (
            [one.gap for one in mine], [one.chance for one in mine]
        ))  # fmt: skip
        better = sum(one.better for one in mine)
        said = "better than chance" if better else "no better than chance"
        yield (
            f"{label}: gap {gap:+.3f}, random maps {chance:+.3f}, means of {len(mine)} frames: "
            f"{said}{f' in {better} of them' if better else ''}"
        )


def _units(text: str) -> tuple[int, ...]:
    """Numbers of units as people type them: 2,7 or AU2,AU7.

    Raises:
        InputError: something in it is no number.
    """
    try:
        return tuple(int(name.upper().removeprefix("AU")) for name in _names(text))
    except ValueError:
        raise InputError(f"--au is {text!r}; expected numbers of units, such as 2,7") from None


def _names(text: str) -> tuple[str, ...]:
    """Names with commas between."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
