"""Changes of a recipe from the command line: ``--set optim.rate=1e-4``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass, replace
from typing import Any, TypeVar, get_args, get_origin

from mien.errors import InputError
from mien.training.settings import convert, hints, unknown

__all__ = ["override"]

_Made = TypeVar("_Made")

SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def override(recipe: _Made, changes: Sequence[str]) -> _Made:
    """A recipe with some of its settings changed, the later change winning.

    Numbers, texts and names are written as they are, several values with commas
    (``data.units=1,2,4``), entries of a mapping by their name (``optim.rates.features=0``); JSON is
    understood too.

    Args:
        recipe: any dataclass of settings.
        changes: each as "name.name=value".

    Raises:
        InputError: there is no such setting, or the value is of another type.
    """
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals:
            raise InputError(f"--set {change}: expected NAME=VALUE, such as optim.rate=1e-4")
        recipe = _change(recipe, name.strip().split("."), text.strip(), name.strip())
    return recipe


def _change(settings: Any, path: Sequence[str], text: str, name: str) -> Any:  # noqa: ANN401
    """Settings with one of them changed."""
    declared = hints(type(settings))
    first, *rest = path
    if first not in declared:
        before = name.removesuffix(".".join(path)).rstrip(".")
        raise unknown(first, declared, before or "the recipe")
    kind, value = declared[first], getattr(settings, first)
    if is_dataclass(kind) and is_dataclass(value):
        if not rest:
            inner = ", ".join(f"{name}.{one}" for one in hints(type(value)))
            raise InputError(f"{name} is a group of settings; set one of {inner}")
        changed = _change(value, rest, text, name)
    elif _is_mapping(kind) and rest:
        # What follows is one name, dots and all: names of parameters have them.
        entry = ".".join(rest)
        changed = convert(kind, {**value, entry: _parse(get_args(kind)[1], text)}, name)
    elif rest:
        raise InputError(f"{'.'.join(name.split('.')[: -len(rest)])} has no settings inside it")
    else:
        changed = convert(kind, _parse(kind, text), name)
    return replace(settings, **{first: changed})


def _is_mapping(kind: Any) -> bool:  # noqa: ANN401 - a declared type
    origin = get_origin(kind)
    return isinstance(origin, type) and issubclass(Mapping, origin)


def _parse(kind: Any, text: str) -> Any:  # noqa: ANN401 - the text decides
    """The text of a value as JSON would give it, without JSON's quotation marks."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is str:
        return text
    if kind is bool:
        return SWITCHES.get(text.lower(), text)
    if origin is tuple:
        inside = text.strip("[]()")
        return [_parse(arguments[0], one.strip()) for one in inside.split(",") if one.strip()]
    try:
        return json.loads(text)
    except ValueError:
        return _number(text)


def _number(text: str) -> float | str:
    """Numbers that JSON does not know: .5, 1e-4 is known, 1_000."""
    try:
        return float(text)
    except ValueError:
        return text
