"""analyze(): pictures, videos, folders and cameras to the AU table."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from arro3.core import RecordBatch, Schema, Table

from mien.analysis.annotate import Annotator
from mien.analysis.networks import Models, Networks, shared_networks
from mien.analysis.neutralsource import given_neutral
from mien.analysis.options import Options
from mien.analysis.reading import USUAL
from mien.analysis.rows import NOBODY, Rows
from mien.analysis.run import Progress, SourceRun
from mien.analysis.sides import Sides
from mien.errors import InputError, MissingExtra, UnreadableSource
from mien.files import check_place
from mien.results.openface import LAYOUTS
from mien.results.report import RunReport, SourceReport, report_path, write_report
from mien.results.table import make_batch, mesh_schema, table_schema
from mien.results.writers import Writer, open_writer
from mien.spec import ModelSpec
from mien.video.pictures import is_picture
from mien.video.sources import expand, is_camera

__all__ = ["Outputs", "analyze", "analyze_to_files"]

Sources = str | Path | Iterable[str | Path]


@dataclass(frozen=True)
class Outputs:
    """Files that an analysis leaves."""

    table: Path | None = None
    """The AU table; its suffix says the kind. The run report stands beside it."""
    mesh: Path | None = None
    """The landmarks as a second table."""
    annotated: Path | None = None
    """A copy of the picture or video with meshes, boxes, track numbers and AU bars."""
    layout: str = "mien"
    """Names of the table's columns, one of `mien.results.openface.LAYOUTS`."""


@dataclass
class _Clock:
    """Wall and CPU seconds since it was made."""

    wall: float = field(default_factory=time.perf_counter)
    cpu: float = field(default_factory=time.process_time)

    def spent(self) -> tuple[float, float]:
        """Seconds since then: wall, CPU."""
        return time.perf_counter() - self.wall, time.process_time() - self.cpu


def analyze(  # noqa: PLR0913 - the front door: all by keyword
    source: Sources,
    *,
    neutral: str | Path = "auto",
    every: str | float | None = None,
    start: str | float | None = None,
    end: str | float | None = None,
    max_faces: int | None = None,
    model: Models = (),
    expression: str | Path | None = None,
    default: str = USUAL,
    detector: str | Path | None = None,
    output: str | Path | None = None,
    mesh: str | Path | None = None,
    annotate: str | Path | None = None,
    layout: str = "mien",
    progress: Progress | None = None,
) -> Table:
    """Read the faces of pictures, videos or a camera.

    The table is an Arrow table; ``pandas.DataFrame.from_arrow``, ``polars.DataFrame`` and
    ``pyarrow.table`` take it as it is. It has one row per face and frame, and a row with nulls for
    a frame without a face. Unit and meaning of each column stand in its metadata.

    Args:
        source: a picture, a video, a folder, a glob, ``camera:0``, or several of them.
        neutral: the person's neutral face: ``auto`` (the quietest part of a video), ``none``, a
            picture, a file that ``mien neutral`` wrote, or a time in the video, such as ``"3.2s"``.
        every: seconds between analysed frames (``0.2`` or ``"0.2s"``); None: all frames.
        start: seconds or ``"1:02.5"``; earlier frames are left out.
        end: seconds; frames from here on are left out.
        max_faces: follow at most so many faces, the largest.
        model: an ONNX file that ``mien export`` or a training run wrote, or several: its columns
            come beside the default ones, or in their place where it gives the same.
        expression: one more such file, of expressions: a column for each of its classes, beside
            the emotions by FACS rules, and ``expression``, the most probable.
        default: how the units are read by default: ``picture`` (mesh and picture) or ``mesh`` (the
            mesh alone: lighter).
        detector: an ONNX file or run folder of a detector that was trained on pictures with boxes;
            it finds the faces in place of the default detectors, and its classes become columns.
        output: also write the table here, and a run report beside it.
        mesh: also write the landmarks here, as a table.
        annotate: also write a copy of the picture or video with the results drawn in.
        layout: names of the columns of the file: ``mien``, or ``openface`` for those of OpenFace 2.
        progress: called with the source, the frames so far, and the share done.

    Returns:
        An ``arro3.core.Table``.

    Raises:
        UnreadableSource: a source cannot be opened or decoded.
        InputError: an option cannot be used.
        WeightsError: the face models cannot be had.
    """
    options = Options.of(neutral, every, start, end, max_faces)
    table, points, drawn = (
        None if path is None else Path(path) for path in (output, mesh, annotate)
    )
    outputs = Outputs(table, points, drawn, layout)
    networks = shared_networks().with_default(default)
    networks = networks.with_models(model, expression=expression)
    networks = networks.with_detector(detector)
    job = _Job(expand(source), options, outputs, networks, progress)
    batches: list[RecordBatch] = []
    job.run(batches.append, keep_going=False)
    return Table.from_batches(batches, schema=job.schema)


def analyze_to_files(
    sources: Sources,
    options: Options,
    outputs: Outputs,
    networks: Networks | None = None,
    progress: Progress | None = None,
    on_batch: Callable[[RecordBatch], None] | None = None,
) -> RunReport:
    """Like `analyze`, but the table goes to its file only, and memory stays flat.

    Of several sources, those that cannot be read are told in the report and the others go on.

    Raises:
        UnreadableSource: no source at all can be read.
    """
    job = _Job(expand(sources), options, outputs, networks or shared_networks(), progress)
    return job.run(on_batch or (lambda _: None), keep_going=len(job.sources) > 1)


class _Job:
    """Sources into one table."""

    def __init__(
        self,
        sources: list[str | Path],
        options: Options,
        outputs: Outputs,
        networks: Networks,
        progress: Progress | None,
    ) -> None:
        if outputs.annotated is not None and len(sources) > 1:
            raise InputError(
                f"--annotate draws one picture or video, and {len(sources)} sources came; "
                "run it once for each"
            )
        if outputs.layout not in LAYOUTS:
            known = ", ".join(LAYOUTS)
            raise InputError(f"there is no layout {outputs.layout!r}; there are {known}")
        self._layout = LAYOUTS[outputs.layout]
        if self._layout is not None and len(sources) > 1:
            raise InputError(
                f"the layout {outputs.layout} has no column for the source, and {len(sources)} "
                "sources came; run it once for each"
            )
        self._clock = _Clock()
        _keep_apart(sources, options, outputs)
        self.sources = sources
        self._options = options
        self._outputs = outputs
        self._networks = networks
        self._progress = progress
        self._hashes = networks.hashes()
        self._facts: dict[str, object] = {
            "version": version("mien"),
            "networks": self._hashes,
            "options": options.facts(),
        }
        if networks.added:
            self._facts["models"] = networks.added.facts()
        if networks.classed is not None:
            spec = networks.classed.spec
            self._facts["detector"] = {
                "file": str(networks.classed.path),
                "name": spec.name,
                "classes": list(spec.classes),
                "precision": spec.precision,
                "trained_on": spec.trained_on,
                "licence": spec.licence,
            }
        self.schema = self._schema()
        self._neutral = given_neutral(options.neutral, networks)

    def run(self, on_batch: Callable[[RecordBatch], None], keep_going: bool) -> RunReport:
        """Read all sources; outputs appear under their names when all is done."""
        reports: list[SourceReport] = []
        with ExitStack() as files:
            laid = self._layout.schema(self.schema) if self._layout else self.schema
            table = self._writer(files, self._outputs.table, laid)
            mesh = self._writer(files, self._outputs.mesh, mesh_schema(self._facts))
            if self._outputs.table is not None:
                check_place(report_path(self._outputs.table))
            for source in self.sources:
                try:
                    run = self._source_run(source, mesh)
                    for batch in self._batches(run, files):
                        on_batch(batch)
                        if table is not None:
                            table.write(self._layout.batch(batch, laid) if self._layout else batch)
                    reports.append(run.report)
                except (UnreadableSource, MissingExtra) as error:
                    if not keep_going:
                        raise
                    reports.append(SourceReport(str(source), "unreadable", notes=(str(error),)))
            if all(report.kind == "unreadable" for report in reports):
                raise UnreadableSource(
                    f"none of the {len(reports)} sources can be read; the first: "
                    f"{reports[0].notes[0]}"
                )
        return self._report(reports)

    def _source_run(self, source: str | Path, mesh: Writer | None) -> SourceRun:
        """One source, made ready."""
        on_rows = None
        if mesh is not None:
            writer = mesh

            def on_rows(rows: Rows) -> None:
                writer.write(_mesh_batch(str(source), rows, writer.schema))

        return SourceRun(
            source,
            self._networks,
            self._options,
            neutral=self._neutral,
            keep_mesh=self._outputs.annotated is not None,
            on_rows=on_rows,
            progress=self._progress,
        )

    def _batches(self, run: SourceRun, files: ExitStack) -> Iterator[RecordBatch]:
        """The table of one source, drawn on the way if asked for."""
        annotator: Annotator | None = None
        if self._outputs.annotated is not None:
            annotator = files.enter_context(
                Annotator(
                    self._outputs.annotated, self.sources[0], self._options, self._trusted_units()
                )
            )
        for rows, columns in run:
            if annotator is not None:
                annotator.draw(rows, columns)
            yield make_batch(self.schema, columns)

    def _schema(self) -> Schema:
        """Schema of the table; each unit's reliability is that of the network that reads it."""
        single, difference = self._networks.single, self._networks.difference
        facts = {
            **self._facts,
            "reliability": {"single": _trust(single), "difference": _trust(difference)},
        }
        added = self._networks.added.columns
        columns = added.unit_columns(single)
        trust = _trust(self._reader())
        marks = {
            name: {"reliability": trust[name.split("_")[0]]}
            for name in Sides(single).columns
            if name.split("_")[0] in trust
        }
        marks |= added.marks()
        detected = self._networks.detected_classes
        return table_schema(columns, facts, marks, tuple(added.classes), detected)

    def _reader(self) -> ModelSpec:
        """Card of the network that reads the units, as far as it is known beforehand."""
        if self._options.neutral.source == "none" or (
            self._options.neutral.path is None and all(map(_is_picture, self.sources))
        ):
            return self._networks.single
        return self._networks.difference

    def _trusted_units(self) -> tuple[str, ...]:
        """Columns of the units that are not weak."""
        spec = self._reader()
        added = self._networks.added.columns
        trust = _trust(spec) | {
            name: mark.get("reliability", "") for name, mark in added.marks().items()
        }
        names = (f"AU{unit}" for unit in Sides(added.layout(spec)).units)
        return tuple(name for name in names if trust.get(name) != "weak")

    def _writer(self, files: ExitStack, path: Path | None, schema: Schema) -> Writer | None:
        """The writer of an output, if it is wanted."""
        return None if path is None else files.enter_context(open_writer(path, schema))

    def _report(self, reports: list[SourceReport]) -> RunReport:
        """The run report, written beside the table if there is one."""
        wall, cpu = self._clock.spent()
        outputs = self._outputs
        written = (outputs.table, outputs.mesh, outputs.annotated)
        report = RunReport(
            sources=tuple(reports),
            version=str(self._facts["version"]),
            networks=self._hashes,
            options=self._options.facts(),
            wall_seconds=round(wall, 3),
            cpu_seconds=round(cpu, 3),
            outputs=tuple(str(path) for path in written if path is not None),
        )
        if outputs.table is not None:
            write_report(report, outputs.table)
        return report


def _keep_apart(sources: list[str | Path], options: Options, outputs: Outputs) -> None:
    """Refuse outputs that would destroy an input or each other."""
    inputs = [Path(source) for source in sources if not is_camera(source)]
    if options.neutral.path is not None:
        inputs.append(options.neutral.path)
    written = [path for path in (outputs.table, outputs.mesh, outputs.annotated) if path]
    if outputs.table is not None:
        written.append(report_path(outputs.table))
    taken = {os.path.realpath(path): "read" for path in inputs}
    for path in written:
        place = os.path.realpath(path)
        if (use := taken.get(place)) is not None:
            raise InputError(
                f"{path} is to be written and is also {use}; give every output a name of its own"
            )
        taken[place] = "written"


def _is_picture(source: str | Path) -> bool:
    """Whether a source is a picture; a camera is not, and what cannot be read is told later."""
    if is_camera(source):
        return False
    with suppress(UnreadableSource):
        return is_picture(Path(source))
    return False


def _trust(spec: ModelSpec) -> dict[str, str]:
    """Reliability class by unit column."""
    return {f"AU{unit}": trust for unit, trust in spec.reliability}


def _mesh_batch(source: str, rows: Rows, schema: Schema) -> RecordBatch:
    """Rows of the mesh table."""
    return make_batch(
        schema,
        {
            "source": [source] * len(rows),
            "frame": rows.frame,
            "time": rows.time,
            "face": [None if track == NOBODY else track for track in rows.track.tolist()],
            "mesh": rows.mesh.reshape(len(rows), -1),
        },
    )
