"""How well the shipped networks read each unit: rendered heads and planted portraits.

Needs the data of `docs/training.md`, in the folder ``data`` or the one that MIEN_DATA names; no
network saw the persons and portraits used here. Some seconds.
"""

import os
from pathlib import Path

import numpy as np

from mien.data import rendered
from mien.errors import UnreadableSource
from mien.evaluation.units import Exam, Judged, Predict, figures, judge, read_exam
from mien.runtime import Predictor
from mien.spec import Reliability
from mien.values import Float32
from mien.weights.store import model_path

NETWORKS = {"S": "au-mesh", "D": "au-mesh-difference"}


def main() -> None:
    """Print the table per unit."""
    data = Path(os.environ.get("MIEN_DATA", Path(__file__).parent.parent / "data"))
    judged, classes = {}, {}
    for short, name in NETWORKS.items():
        predictor = Predictor(model_path(name))
        try:
            exam = read_exam(data, difference=predictor.spec.reads == "mesh-difference")
        except UnreadableSource as error:
            print(f"  not measured: {error}")
            return
        judged[short] = judge(_predict(predictor), exam)
        classes[short] = dict(predictor.spec.reliability)
        _count(short, exam)
    _print(judged, classes)
    _print_still(data)


def _predict(predictor: Predictor) -> Predict:
    def predict(features: Float32) -> Float32:
        intensity = predictor.score(features).intensity
        return np.asarray(intensity, np.float32) / np.float32(5)

    return predict


def _count(short: str, exam: Exam) -> None:
    faces = len(np.unique(exam.faces.group))
    print(
        f"  {short}: {len(exam.heads.target)} rendered heads, "
        f"{len(exam.described.target)} pictures of {faces} planted portraits"
    )


def _print(judged: dict[str, Judged], classes: dict[str, dict[int, Reliability]]) -> None:
    """Correlations per unit, S and D: rendered, planted alone, planted mixtures; rise of D."""
    print(
        "  S: single frame; D: minus neutral. Correlation with the true intensity, left and right"
    )
    print("  averaged; rise: how much of a true change D shows on rendered heads / mixtures.")
    heading = ("AU", "S rend", "S single", "S mix", "D rend", "D single", "D mix", "D rise", "S is")
    print("  " + "".join(f"{name:>9}" for name in heading) + "        D is")
    for unit in judged["S"].mixed:
        cells = [f"{unit:>9}"]
        for one in (judged["S"], judged["D"]):
            cells += [
                f"{table[unit].pcc:9.2f}" if unit in table else f"{'-':>9}"
                for table in one.tables().values()
            ]
        rises = [judged["D"].rendered[unit].slope, judged["D"].mixed[unit].slope]
        cells.append(f"{rises[0]:.2f}/{rises[1]:.2f}".rjust(10))
        cells += [f"{classes[short].get(unit, '-'):>12}" for short in NETWORKS]
        print("  " + "".join(cells))
    means = [value for one in judged.values() for value in one.means().values()]
    print("  " + f"{'mean':>9}" + "".join(f"{value:9.2f}" for value in means))


def _print_still(data: Path) -> None:
    """Mean correlations on heads that do not turn, where they have been rendered."""
    try:
        heads = rendered.split(rendered.read(data / rendered.STILL_FOLDER))[1]
    except UnreadableSource:
        print("  heads that keep still: not measured; mien datasets render --still makes them")
        return
    print(f"  {len(heads.person)} pictures of heads that keep still, mean correlation:")
    for short, examples in (("S", rendered.singles(heads)), ("D", rendered.pairs(heads))):
        found = _predict(Predictor(model_path(NETWORKS[short])))(examples.features)
        mean = np.mean([one.pcc for one in figures(found, examples.target).values()])
        print(f"  {short} {mean:.2f}, {len(examples.target)} pictures")


if __name__ == "__main__":
    main()
