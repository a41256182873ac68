"""What an examination found, as lines and as JSON; it can be shown to anybody."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain

from mien.doctor.finding import Finding, Judged, Speed
from mien.doctor.installed import Packages
from mien.doctor.private import impersonal
from mien.weights.store import Standing

__all__ = ["Examination", "Machine"]

INDENT = "  "


@dataclass(frozen=True)
class Machine:
    """What mien runs on."""

    system: str
    processor: str
    extensions: tuple[str, ...]
    """Instructions that decide which kernels are taken."""
    cores: int
    settings: tuple[str, ...]
    """Variables of mien's that are set, those with a path without it."""


@dataclass(frozen=True)
class Examination:
    """All that was found."""

    machine: Machine
    packages: Packages
    standings: Sequence[Standing] = ()
    patterns: Sequence[Judged] = ()
    """Each network against its golden numbers."""
    milliseconds: dict[str, float] = field(default_factory=dict)
    """CPU time of one call of each network."""
    photo: Judged | None = None
    speeds: Sequence[Speed] = ()
    findings: Sequence[Finding] = ()

    @property
    def broken(self) -> list[Finding]:
        """What has to be mended."""
        return [one for one in self.findings if one.broken]

    def lines(self) -> Iterator[str]:
        """The report to be read, from what is installed to what has to be done."""
        sections = (
            self._head(), self._extras(), self._networks(), self._golden(), self._speed(),
            self._verdict(),
        )  # fmt: skip
        for line in chain.from_iterable(sections):
            yield impersonal(line)

    def to_json(self) -> str:
        """The same for programs."""
        judged = (*self.patterns, *((self.photo,) if self.photo else ()))
        values = {
            "well": not self.broken,
            "machine": asdict(self.machine),
            "packages": {
                "mien": self.packages.mien,
                "python": self.packages.python,
                "needed": [asdict(one) for one in self.packages.needed],
                "extras": [
                    {**asdict(one), "state": one.state, "install": one.install}
                    for one in self.packages.extras
                ],
                "window": self.packages.window,
            },
            "networks": [
                {
                    "name": one.network.name,
                    "purpose": one.network.purpose,
                    "megabytes": round(one.network.size / 1e6, 2),
                    "licence": one.network.licence,
                    "origin": one.network.origin,
                    "state": one.state,
                }
                for one in self.standings
            ],
            "golden": [{"what": one.name, "right": one.right, "told": one.told} for one in judged],
            "speed": {
                "chain": [asdict(one) for one in self.speeds],
                "networks": self.milliseconds,
            },
            "findings": [asdict(one) for one in self.findings],
        }
        return json.dumps(_impersonal(values), indent=2)

    def _head(self) -> Iterator[str]:
        """What it runs on, and what it needs."""
        machine, packages = self.machine, self.packages
        yield f"mien {packages.mien or '(not installed)'}, {packages.python}, {machine.system}"
        told = f"{machine.processor}, {machine.cores} cores"
        yield f"{told}; {' '.join(machine.extensions)}" if machine.extensions else told
        if machine.settings:
            yield f"set: {', '.join(machine.settings)}"
        yield from _section("Packages")
        yield from _wrapped([str(one) for one in packages.needed])

    def _extras(self) -> Iterator[str]:
        """The optional groups."""
        yield from _section("Optional")
        rows = []
        for one in self.packages.extras:
            there = one.state == "present"
            rows.append([one.name, one.state, one.purpose, "" if there else one.install])
        shown = "present" if self.packages.window else "missing"
        get = "" if self.packages.window else "a package of your system, such as python3-tk"
        rows.append(["tkinter", shown, "the window of mien live", get])
        yield from _table(rows)
        every = (part for one in self.packages.extras for part in one.packages)
        yield from _wrapped([str(part) for part in every if part.version])

    def _networks(self) -> Iterator[str]:
        """The networks with their licences."""
        yield from _section("Networks")
        rows = []
        for one in self.standings:
            network, cost = one.network, self.milliseconds.get(one.network.name)
            rows.append(
                [
                    network.name, one.state, f"{network.size / 1e6:.2f} MB", network.licence,
                    network.origin, "" if cost is None else f"{cost:.1f} ms a call",
                ]
            )  # fmt: skip
        yield from _table(rows)

    def _golden(self) -> Iterator[str]:
        """The golden tests."""
        yield from _section("Golden test")
        if self.patterns:
            right = sum(one.right for one in self.patterns)
            worst = max(self.patterns, key=lambda one: one.share)
            yield (
                f"{INDENT}{right} of {len(self.patterns)} networks give the numbers they should; "
                f"the farthest, {worst.name}, {worst.told}"
            )
        if self.photo is not None:
            said = "as it should" if self.photo.right else "NOT as it should"
            yield f"{INDENT}{self.photo.name} reads {said}; {self.photo.told}"
        if not self.patterns and self.photo is None:
            yield f"{INDENT}not done"

    def _speed(self) -> Iterator[str]:
        """What a frame costs."""
        yield from _section("Speed")
        for one in self.speeds:
            yield (
                f"{INDENT}{one.default:<8} {one.cpu:.1f} ms of CPU time a frame "
                f"({one.wall:.1f} ms passed), one face, decoding and table included"
            )
        if not self.speeds:
            yield f"{INDENT}not measured"

    def _verdict(self) -> Iterator[str]:
        """What is to be done."""
        notes = [one for one in self.findings if not one.broken]
        if notes:
            yield from _section("Good to know")
            yield from (f"{INDENT}{one}" for one in notes)
        yield ""
        if not self.broken:
            yield "All is well."
            return
        count = len(self.broken)
        yield f"{count} thing{'s are' if count > 1 else ' is'} broken:"
        for number, one in enumerate(self.broken, 1):
            yield f"{number}. {one}"


def _section(title: str) -> Iterator[str]:
    yield ""
    yield title


def _wrapped(words: Sequence[str], width: int = 96) -> Iterator[str]:
    """Words with commas between, in lines of at most so many letters."""
    line = ""
    for word in words:
        if line and len(line) + len(word) + 2 > width:
            yield f"{INDENT}{line},"
            line = ""
        line = f"{line}, {word}" if line else word
    if line:
        yield f"{INDENT}{line}"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Cells under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield (INDENT + "  ".join(cells)).rstrip()


def _impersonal(value: object) -> object:
    """Every text of a value without names of persons and places."""
    if isinstance(value, str):
        return impersonal(value)
    if isinstance(value, dict):
        return {key: _impersonal(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_impersonal(one) for one in value]
    if isinstance(value, float):
        return round(value, 3)
    return value
