"""Recipes as JSON and back, each value checked against the type that its field declares."""

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mien.errors import InputError

__all__ = ["completed", "convert", "differences", "from_json", "hints", "to_json", "unknown"]

_Made = TypeVar("_Made")


def to_json(settings: Any) -> str:  # noqa: ANN401 - any dataclass
    """All settings, defaults too, as JSON."""
    return json.dumps(asdict(settings), indent=1, default=dict)


def from_json(kind: type[_Made], text: str, place: str) -> _Made:
    """Read settings back.

    Args:
        kind: the dataclass they are of.
        text: what `to_json` wrote.
        place: where the text is from, for the error.

    Raises:
        InputError: it is no JSON, or a field is unknown, missing or of another type.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise InputError(f"{place} is damaged: {error}") from error
    made: _Made = convert(kind, values, place)
    return made


def hints(kind: type) -> dict[str, Any]:
    """The declared type of each field of a dataclass."""
    declared = get_type_hints(kind)
    return {item.name: declared[item.name] for item in fields(kind)}


def convert(kind: Any, value: Any, place: str) -> Any:  # noqa: ANN401 - one line a type
    """A value of JSON as a declared type.

    Args:
        kind: int, float, bool, str, Any, a Literal, a tuple, a Mapping, or a dataclass.
        value: of JSON; tuples and dataclasses themselves are taken too.
        place: name of the setting, for the error.

    Raises:
        InputError: it is of another type.
    """
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, value, place)
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin is Literal:
        if value in arguments:
            return value
    elif origin in (Union, UnionType):
        if value is None and type(None) in arguments:
            return None
        return convert(next(one for one in arguments if one is not type(None)), value, place)
    elif origin is tuple and isinstance(value, list | tuple):
        return _tuple(kind, value, place)
    elif isinstance(origin, type) and issubclass(Mapping, origin) and isinstance(value, Mapping):
        key, entry = arguments
        return {
            _key(key, one, place): convert(entry, value[one], f"{place}.{one}") for one in value
        }
    elif kind is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    elif kind in (int, str, bool) and type(value) is kind:
        return value
    raise InputError(f"{place} is {json.dumps(value, default=str)}, expected {said(kind)}")


def said(kind: Any) -> str:  # noqa: ANN401 - a declared type
    """A declared type in words."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return f"any number of values, each {said(arguments[0])}"
        return f"{len(arguments)} values, each {said(arguments[0])}"
    if isinstance(origin, type) and issubclass(Mapping, origin):
        return f"entries, each {said(arguments[1])}"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
    return words.get(kind, "settings by name")


def unknown(name: str, known: Mapping[str, Any], place: str) -> InputError:
    """The error for a setting that does not exist."""
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return InputError(f"{place} has no setting {name!r}; {hint}")


def differences(first: Any, second: Any, place: str = "") -> dict[str, tuple[Any, Any]]:  # noqa: ANN401
    """Where two values of JSON differ: dotted name to both values, None where one lacks it."""
    if not (isinstance(first, Mapping) and isinstance(second, Mapping)):
        return {} if first == second else {place: (first, second)}
    found: dict[str, tuple[Any, Any]] = {}
    for name in (*first, *(one for one in second if one not in first)):
        dotted = f"{place}.{name}" if place else str(name)
        found |= differences(first.get(name), second.get(name), dotted)
    return found


def completed(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of an earlier version, as JSON, with the defaults of those that it did not have.

    Args:
        kind: the dataclass as it is now.
        values: what `to_json` wrote then.
    """
    found, declared = dict(values), hints(kind)
    for item in fields(kind):
        name, there = item.name, item.name in found
        if there and is_dataclass(declared[name]) and isinstance(found[name], Mapping):
            found[name] = completed(declared[name], found[name])
        elif not there and item.default is not MISSING:
            found[name] = json.loads(json.dumps(item.default, default=_plain))
        elif not there and item.default_factory is not MISSING:
            found[name] = json.loads(json.dumps(item.default_factory(), default=_plain))
    return found


def _plain(value: Any) -> Any:  # noqa: ANN401 - what JSON does not know
    """A dataclass or mapping as JSON has it."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else dict(value)


def _dataclass(kind: type, value: Any, place: str) -> Any:  # noqa: ANN401 - JSON is of any type
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        raise InputError(f"{place} is {json.dumps(value, default=str)}, expected {said(kind)}")
    declared = hints(kind)
    for name in value:
        if name not in declared:
            raise unknown(name, declared, place)
    for item in fields(kind):
        needed = item.default is MISSING and item.default_factory is MISSING
        if needed and item.name not in value:
            raise InputError(f"{place} lacks the setting {item.name!r}")
    return kind(**{name: convert(declared[name], value[name], f"{place}.{name}") for name in value})


def _tuple(kind: Any, value: Any, place: str) -> tuple[Any, ...]:  # noqa: ANN401 - a declared type
    arguments = get_args(kind)
    if arguments[-1] is Ellipsis:
        arguments = (arguments[0],) * len(value)
    if len(arguments) != len(value):
        raise InputError(f"{place} has {len(value)} values, expected {said(kind)}")
    return tuple(
        convert(one, item, f"{place}[{number}]")
        for number, (one, item) in enumerate(zip(arguments, value, strict=True))
    )


def _key(kind: type, key: Any, place: str) -> Any:  # noqa: ANN401 - JSON knows text keys only
    if kind is int and isinstance(key, str):
        try:
            return int(key)
        except ValueError:
            raise InputError(f"{place} has the entry {key!r}, expected whole numbers") from None
    return key
