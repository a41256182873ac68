"""Which networks are here, of what origin and licence, and what lacks."""

from collections.abc import Sequence
from pathlib import Path

from mien.doctor.finding import Finding
from mien.weights.store import Standing, Store

__all__ = ["CONVERTIBLE", "lacking", "usable"]

CONVERTIBLE = "to be converted"
"""State of a face model that is in the cache as it was published: made ready without fetching."""

NEW_HOME = "set MIEN_HOME to a folder, which need not be there yet, and run `mien doctor` again"


def usable(standings: Sequence[Standing]) -> list[str]:
    """Names of the networks that can be used without fetching anything."""
    return [one.network.name for one in standings if one.usable or one.state == CONVERTIBLE]


def lacking(store: Store, standings: Sequence[Standing]) -> list[Finding]:
    """What has to be done about networks that cannot be used."""
    fetched = store.catalog.fetched
    found = []
    if absent := _named(standings, "to be fetched"):
        blocked = _in_the_way(store.folder)
        reason = f"{blocked} is a file, expected a folder" if blocked else "not in the cache"
        cure = NEW_HOME if blocked else _fetch(store)
        found.append(Finding(f"{absent} cannot be used: {reason}", cure))
    damaged = [one for one in standings if one.state == "damaged"]
    if cached := _named([one for one in damaged if one.network.name in fetched], "damaged"):
        found.append(Finding(f"{cached} in the cache are damaged", _fetch(store)))
    broken = [one for one in standings if one.network.name not in fetched and not one.usable]
    if names := ", ".join(f"{one.network.name} ({one.state})" for one in broken):
        found.append(
            Finding(
                f"of the networks that come with mien, these cannot be used: {names}",
                "install mien again: pip install --force-reinstall --no-deps . (in its checkout)",
            )
        )
    return found


def _named(standings: Sequence[Standing], state: str) -> str:
    return ", ".join(one.network.name for one in standings if one.state == state)


def _in_the_way(folder: Path) -> Path | None:
    """What stands where the cache, or a folder above it, would be, and is no folder."""
    return next(
        (one for one in (folder, *folder.parents) if one.exists() and not one.is_dir()), None
    )


def _fetch(store: Store) -> str:
    """How to have the face models."""
    carry = (
        "on a machine with internet `mien weights pack models.zip`, here `mien weights unpack "
        "models.zip`"
    )
    if store.source is not None:
        return f"mien weights fetch, which takes them from MIEN_FACE_MODELS; or {carry}"
    if store.offline:
        return f"MIEN_OFFLINE is set: {carry}; or unset it and run `mien weights fetch`"
    size = store.catalog.package.size / 1e6
    return f"run `mien weights fetch` ({size:.1f} MB once), or `mien doctor --fetch`; or {carry}"
