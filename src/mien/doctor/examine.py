"""The examination: packages, networks, golden tests, speed; nothing is fetched unless asked.

What breaks here is what is looked for, so whatever goes wrong becomes a finding, and libraries are
imported when they are tried.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mien import machine
from mien.doctor.finding import Finding, Judged, Speed
from mien.doctor.installed import packages
from mien.doctor.models import lacking, usable
from mien.doctor.report import Examination, Machine
from mien.errors import MienError
from mien.weights.store import Store

if TYPE_CHECKING:
    from mien.doctor.golden import Golden
    from mien.doctor.patterns import Asked

__all__ = ["Wanted", "examine"]

Made = TypeVar("Made")

PLACES = ("MIEN_HOME", "MIEN_FACE_MODELS")
"""Variables whose value is a path."""
SWITCHES = ("MIEN_OFFLINE", "OMP_NUM_THREADS")
LIBRARIES = (
    "install mien and what it needs again: pip install --force-reinstall . (in its checkout); if "
    "it stays, report it with the whole of this report"
)
OTHERS = Finding(
    "the golden numbers are of other networks than those that are here",
    "in a checkout, write them anew: python tests/house/golden.py; else install mien again",
)
NO_PHOTO = Finding(
    "the whole chain was not tested: its photograph is part of scikit-image, which is not here",
    'to test it too: pip install "mien[demo]"',
    broken=False,
)


@dataclass(frozen=True)
class Wanted:
    """What is looked at."""

    photo: Path | None
    """The photograph of the golden test; None: there is none."""
    seconds: float = 10.0
    """How long the speed is measured; 0: not at all."""
    fetch: bool = False
    """Whether face models that lack may be fetched."""


def examine(store: Store, wanted: Wanted) -> Examination:
    """Look at all there is.

    Args:
        store: the networks.
        wanted: what is looked at; nothing is fetched without its ``fetch``.
    """
    found: list[Finding] = []
    asked = packages()
    found += asked.findings()
    if wanted.fetch:
        _attempt(found, "fetching the face models", store.fetch)
    standings = store.standings(thorough=True)
    found += lacking(store, standings)
    here = usable(standings)
    local = replace(store, offline=True, source=None)
    answers = _attempt(found, "asking the networks", lambda: _ask(local, here)) or {}
    golden = _attempt(found, "reading the golden numbers", _golden)
    patterns = _judged(found, golden, answers, store) if golden else ()
    photo: Judged | None = None
    speeds: tuple[Speed, ...] = ()
    if wanted.photo is None:
        found.append(NO_PHOTO)
    elif len(here) == len(standings):
        photo = _chain(found, golden, wanted.photo, local)
        speeds = _speeds(found, wanted, local)
    return Examination(
        machine=_machine(),
        packages=asked,
        standings=standings,
        patterns=patterns,
        milliseconds={name: one.milliseconds for name, one in answers.items()},
        photo=photo,
        speeds=speeds,
        findings=found,
    )


def _attempt(found: list[Finding], what: str, work: Callable[[], Made]) -> Made | None:
    """Do something; if it goes wrong, that is a finding."""
    try:
        return work()
    except MienError as error:  # its sentence says what to do
        found.append(Finding(f"{what} failed", str(error)))
        return None
    except Exception as error:  # noqa: BLE001 - see the top of this file
        reason = (str(error).splitlines() or [""])[0]
        told = f"{what} failed ({type(error).__name__}: {reason})"
        found.append(Finding(told, LIBRARIES))
        return None


def _golden() -> "Golden":
    from mien.doctor.golden import read_golden

    return read_golden()


def _ask(store: Store, names: Sequence[str]) -> "dict[str, Asked]":
    """What each network says of its pattern."""
    from mien.doctor.patterns import ask

    return {name: ask(store.model_path(name, fetch=False)) for name in names}


def _judged(
    found: list[Finding], golden: "Golden", answers: "Mapping[str, Asked]", store: Store
) -> tuple[Judged, ...]:
    """Each network beside its golden numbers; findings of those that are wrong."""
    from mien.doctor.golden import judge_network

    known = [name for name in answers if golden.holds(store.catalog, [name])]
    if len(known) < len(answers):
        found.append(OTHERS)
    judged = tuple(judge_network(name, answers[name], golden.patterns[name]) for name in known)
    found += [one for network in judged for one in network.findings()]
    return judged


def _chain(
    found: list[Finding], golden: "Golden | None", photo: Path, store: Store
) -> Judged | None:
    """The whole chain on the photograph beside its golden numbers."""
    from mien.doctor.chain import read_photo
    from mien.doctor.golden import judge_photo

    rows = _attempt(found, "reading the photograph", lambda: read_photo(photo, store))
    if rows is None or golden is None or not golden.holds(store.catalog, list(golden.networks)):
        return None
    judged = judge_photo(rows, golden.photo)
    found += judged.findings()
    return judged


def _speeds(found: list[Finding], wanted: Wanted, store: Store) -> tuple[Speed, ...]:
    """What a frame costs."""
    from mien.doctor.chain import measure

    photo = wanted.photo
    if photo is None or not wanted.seconds:
        return ()
    work = _attempt(found, "reading a clip", lambda: measure(photo, store, wanted.seconds))
    return tuple(work or ())


def _machine() -> Machine:
    """What it runs on, and which of mien's variables are set."""
    places = [name for name in PLACES if os.environ.get(name)]
    switches = [f"{name}={os.environ[name]}" for name in SWITCHES if os.environ.get(name)]
    return Machine(
        system=machine.system(),
        processor=machine.processor(),
        extensions=machine.extensions(),
        cores=machine.cores(),
        settings=(*places, *switches),
    )
