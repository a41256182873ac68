"""What a check of a data set found, in lines for the screen."""

from typing import TYPE_CHECKING

from mien.facs.units import UNITS
from mien.files import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mien.data.checkreport import Report
    from mien.data.rates import Rates

__all__ = ["lines"]

INDENT = "    "


def lines(report: "Report", title: str, show: int) -> "Iterator[str]":
    """The report, from what was looked at to the verdict.

    Args:
        report: of a check.
        title: of the data set.
        show: findings of each kind that are written out.
    """
    rates = report.rates
    yield f"{title}"
    yield as_text(
        f"{report.root}: {_many(report.pictures, 'picture')} of "
        f"{_many(len(rates.subjects), 'person')} in {_many(len(rates.sequences), 'sequence')}"
    )
    yield from _looked(report)
    yield from _findings(report, show)
    yield from _timing(report, show)
    yield from _occurrence(rates)
    yield from _intensity(rates)
    if rates.expressions:
        yield ""
        yield "Expressions: " + ", ".join(f"{k} {n}" for k, n in rates.expressions.items())
    yield ""
    yield from _verdict(report)


def _looked(report: "Report") -> "Iterator[str]":
    """How much of it was looked at."""
    looked = report.looked
    said = f"{_many(looked.files, 'file')} opened, {_many(looked.decoded, 'picture')} decoded"
    if looked.faces:
        said += f", a face found on {looked.found} of {looked.faces}"
    yield f"Looked at: {said}"
    for note in report.notes:
        yield f"Note: {note}"


def _findings(report: "Report", show: int) -> "Iterator[str]":
    """Each kind with its count and the first of its findings."""
    from mien.data.findings import KINDS, REMARKS

    for head, wanted in (("Faults", False), ("Remarks", True)):
        kinds = [kind for kind in report.counts if (kind in REMARKS) == wanted]
        if kinds:
            yield ""
            yield f"{head}:"
        for kind in kinds:
            count = report.counts[kind]
            yield f"  {kind} ({count}): {KINDS[kind]}"
            some = [one for one in report.findings if one.kind == kind][:show]
            for one in some:
                yield as_text(f"{INDENT}{one.place}: {one.what}")
            more = count - sum(one.count for one in some)
            if some and more:
                yield f"{INDENT}... and {more} more; --report has them all"


def _timing(report: "Report", show: int) -> "Iterator[str]":
    """What was found on timing, all together first; sequences only where one is shifted."""
    if report.shifts:
        yield ""
        yield "In step with the pictures:"
    for shift in report.shifts:
        if not shift.sequence:
            yield as_text(f"  {shift}")
            own = [one for one in report.shifts if one.of == shift.of and one.sequence]
            told = {verdict: sum(one.verdict == verdict for one in own)
                    for verdict in ("in step", "shifted", "too weak")}  # fmt: skip
            yield INDENT + ", ".join(f"{n} sequences {k}" for k, n in told.items() if n)
            for one in [one for one in own if one.verdict == "shifted"][:show]:
                yield as_text(f"{INDENT}{one}")


def _occurrence(rates: "Rates") -> "Iterator[str]":
    """A line for each unit: how often, and between which persons."""
    if not rates.occurrence:
        return
    yield ""
    yield f"{'Occurrence':<30}{'present':>9}{'known':>9}{'rate':>8}   lowest, highest of a person"
    for unit, share in rates.occurrence.items():
        if share.present == 0:
            continue  # there is a note of these
        own = [of[unit].rate for of in rates.occurrence_by_subject.values()]
        told = [rate for rate in own if rate is not None]
        span = f"   {min(told):.1%} to {max(told):.1%}" if told else ""
        rate = "-" if share.rate is None else f"{share.rate:.1%}"
        yield f"  {_unit(unit):<28}{share.present:>9}{share.known:>9}{rate:>8}{span}"


def _intensity(rates: "Rates") -> "Iterator[str]":
    """A line for each unit: pictures at each level."""
    if not rates.levels:
        return
    yield ""
    yield f"{'Intensity':<30}" + "".join(f"{level:>9}" for level in range(6)) + "  unknown"
    for unit, row in rates.levels.items():
        if not any(row[1:]):
            continue
        counts = "".join(f"{count:>9}" for count in row)
        yield f"  {_unit(unit):<28}{counts}{rates.levels_unknown[unit]:>9.1%}"


def _verdict(report: "Report") -> "Iterator[str]":
    """The last line: the faults, what can be used, and what is not known."""
    from mien.data.findings import REMARKS

    faults = [f"{kind} ({n})" for kind, n in report.counts.items() if kind not in REMARKS]
    every = _many(report.pictures + report.left_out, "picture")
    said = [
        f"{len(report.good)} of {every} {'are without fault' if report.clean else 'can be used'}"
    ]
    for count, what in (
        (report.unlabelled, "of them without any label"),
        (report.partly, "of them with part of their labels only"),
        (report.pictures - len(report.good), "with faults"),
        (report.left_out, "left out while reading"),
    ):
        if count:
            said.append(f"{count} {what}")
    line = f"{'Clean' if report.clean else 'Not clean: ' + ', '.join(faults)}; {', '.join(said)}"
    if report.untold:
        line += f"; whether {' and '.join(report.untold)} are in step with them is not known"
    yield f"{line}."


def _unit(number: int) -> str:
    """A unit with its name."""
    known = UNITS.get(number)
    return f"AU{number} {known.name}" if known is not None else f"AU{number}"


def _many(count: int, noun: str) -> str:
    """One picture, two pictures."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
