"""The page of a comparison: one HTML file that needs nothing else."""

import io
from collections.abc import Iterator, Sequence
from html import escape

from PIL import Image as Picture

from mien.comparison import evidence, sections
from mien.comparison.compare import Compared
from mien.comparison.entrants import Asked
from mien.comparison.learning import Learned
from mien.comparison.shipped import Shipped
from mien.data import DATASETS
from mien.evaluation.scoretable import title
from mien.machine import processor
from mien.results.html import boxes, document, picture, pictures, table

__all__ = ["is_licensed", "page"]

OWN = "your own"
"""Terms of sets that are nobody else's."""

FOOTER = (
    "Figures hold for these pictures, these persons and these thresholds. Intervals tell how sure "
    "they are for other persons of the same kind, recorded in the same way; they do not tell how "
    "the networks do elsewhere."
)


def is_licensed(data: str) -> bool:
    """Whether pictures of a data set may not be passed on."""
    return data not in DATASETS or DATASETS[data].terms != OWN


def page(compared: Compared, learned: Sequence[Learned], *, show: bool = False) -> str:
    """The page.

    Args:
        compared: what came of it.
        learned: how the runs learned.
        show: put pictures of persons into it: those on which the networks differ most.
    """
    about = compared.about
    items = [
        ("data set", about.data),
        ("protocol", about.protocol),
        ("fold", about.fold),
        ("pictures", str(about.pictures)),
        ("persons", "not known" if about.persons is None else str(about.persons)),
        ("networks", str(len(compared.standings))),
        *([("threshold", f"{about.threshold:g}")] if about.threshold is not None else []),
        ("mien", about.version),
    ]
    alarms = "".join(f'<p class="alarm">{escape(line)}</p>' for line in compared.about.warnings)
    notes = "".join(
        f'<p class="note">{escape(line)}</p>' for line in (*compared.notes, *_notes(compared))
    )
    body = [
        boxes(items),
        alarms,
        f"<p>Compared on: {escape(about.words)}.</p>",
        notes,
        sections.scores(compared),
        sections.pairs(compared),
        sections.units(compared),
        sections.published(compared),
        evidence.costs(compared, processor()),
        evidence.learning([one.entrant.name for one in compared.standings], learned),
        evidence.relations(compared),
        evidence.differences(
            evidence.Disagreement(
                len(compared.standings),
                compared.apart,
                compared.disputes,
                compared.standings[0].predictions.subjects,
            ),
            _pictures(compared) if show else (),
            about,
        ),
        _files(compared),
    ]
    fold = "" if about.fold == "no fold" else f", fold {about.fold}"
    return document(f"Networks compared on {about.data}{fold}", "\n".join(body), FOOTER)


def _notes(compared: Compared) -> Iterator[str]:
    """What is left out, and of which network."""
    for one in compared.standings:
        for note in one.notes:
            yield f"{one.entrant.name}: {note}"
    yield from dict.fromkeys(note for one in compared.standings for note in one.table.notes)


def _pictures(compared: Compared) -> Iterator[str]:
    """The aligned pictures on which the networks differ most."""
    data = compared.about.data
    if is_licensed(data):
        terms = DATASETS[data].terms if data in DATASETS else "not known"
        yield f'<p class="alarm">These pictures are of {escape(data)}: {escape(terms)}.</p>'
    shown = []
    for number, one in enumerate(compared.disputes, 1):
        ground, place = compared.keys[one.row]
        stand = compared.grounds[ground].stands[0]
        buffer = io.BytesIO()
        Picture.fromarray(stand.cache.image(int(stand.rows[place]))).save(
            buffer, "JPEG", quality=85
        )
        said = ", ".join(f"{value:.2f}" for value in one.said)
        shown.append(
            picture(buffer.getvalue(), "image/jpeg", f"{number}: {title(one.name)} {said}")
        )
    yield pictures(shown)


def _digests(subject: Asked) -> Iterator[str]:
    """SHA-256 of each file of a network."""
    if isinstance(subject, Shipped):
        for name, digest in subject.digests.items():
            yield f"{escape(name)} <code>{digest}</code>"
    else:
        yield f"<code>{subject.digest}</code>"


def _files(compared: Compared) -> str:
    """Which files were asked."""
    rows = []
    for at, one in enumerate(compared.standings):
        for stand in one.stands:
            subject = stand.subject
            rows.append(
                [
                    sections.named(at, one.entrant.name),
                    escape(subject.spec.trained_on or "not said"),
                    escape(subject.precision),
                    f"{stand.cache.template} {stand.cache.aligned} px",
                    "<br>".join(_digests(subject)),
                ]
            )
    heads = ["network", "learned from", "precision", "aligned as", "SHA-256"]
    digests = ", ".join(f"<code>{one}</code>" for one in compared.about.digests)
    return (
        "<h2>What was asked</h2>"
        + table(heads, rows)
        + f"<p>Prepared pictures: {digests}.</p>"
        + sections.source(compared.about)
    )
