"""What is asked why: some units or expressions of a network, by their place in its answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from mien.errors import InputError
from mien.runtime import RANGES
from mien.spec import ModelSpec
from mien.values import Float32, Scores

__all__ = ["Targets", "targets"]


@dataclass(frozen=True)
class Targets:
    """Some columns of one output."""

    network: str
    """Name of the network."""
    output: str
    """probability, intensity or expression."""
    labels: tuple[str, ...]
    """Such as AU12_L, AU17 or happiness."""
    places: tuple[int, ...]
    """Their columns."""

    @property
    def range(self) -> float:
        """From the lowest to the highest number there can be."""
        return RANGES[self.output]

    def values(self, scores: Scores) -> Float32:
        """What a network says of them, (n, t)."""
        found: Float32 = getattr(scores, self.output)
        return found[:, list(self.places)]


def targets(spec: ModelSpec, units: Sequence[int] = (), expressions: Sequence[str] = ()) -> Targets:
    """Choose among what a network says.

    Args:
        spec: its card.
        units: numbers of units, in the order wanted; each with all of its sides.
        expressions: names of expressions; without both, all of the first output.

    Raises:
        InputError: the network does not say one of them.
    """
    if units and expressions:
        raise InputError("units and expressions came together; name one kind, with --au or with -e")
    if expressions:
        return _expressions(spec, expressions)
    told = [name for name in ("intensity", "probability") if name in spec.outputs]
    if not told:
        if units:
            raise InputError(f"{spec.name} reads no units; it reads {', '.join(spec.classes)}")
        return _expressions(spec, spec.classes)
    first = spec.outputs[0] if spec.outputs[0] in told else told[0]
    output = next((one for one in (first, *told) if set(units) <= _units(spec, one)), None)
    if output is None:
        known = dict.fromkeys(unit for one in told for unit, _ in spec.keys(one))
        missing = [unit for unit in units if unit not in known]
        raise InputError(
            f"{spec.name} does not read {_named(missing or units)}"
            f"{'' if missing else ' together'}; it reads {_named(tuple(known))}"
        )
    keys = spec.keys(output)
    wanted = tuple(dict.fromkeys(units)) or tuple(dict.fromkeys(unit for unit, _ in keys))
    chosen = [place for unit in wanted for place, key in enumerate(keys) if key[0] == unit]
    if not units:
        chosen = list(range(len(keys)))
    labels = tuple(f"AU{keys[place][0]}{'_' * bool(keys[place][1])}{keys[place][1]}"
                   for place in chosen)  # fmt: skip
    return Targets(spec.name, output, labels, tuple(chosen))


def _expressions(spec: ModelSpec, names: Sequence[str]) -> Targets:
    """Classes by their names."""
    if "expression" not in spec.outputs:
        raise InputError(f"{spec.name} reads no expressions; it reads {_named(spec.units)}")
    if missing := [name for name in names if name not in spec.classes]:
        raise InputError(
            f"{spec.name} does not read {', '.join(missing)}; it reads {', '.join(spec.classes)}"
        )
    chosen = tuple(dict.fromkeys(names))
    places = tuple(spec.classes.index(name) for name in chosen)
    return Targets(spec.name, "expression", chosen, places)


def _units(spec: ModelSpec, output: str) -> set[int]:
    return {unit for unit, _ in spec.keys(output)}


def _named(units: Sequence[int]) -> str:
    return ", ".join(f"AU{unit}" for unit in dict.fromkeys(units))
