"""How still the readings are while nothing moves: clips without a movement.

Twelve persons (`benchmarks.acted`) before a camera that sways and has grain, six seconds each. Of
every unit: the noise from frame to frame (root mean square of successive differences, by the square
root of 2), and how far it wanders (standard deviation over the clip), in steps of intensity; mean
over units and persons, by the mesh alone and by mesh and picture. Where readings are larger the
same noise means less, so it is also given as a share of what the unit reads per step that is
acted. A minute or two.
"""

import numpy as np

from benchmarks.acted import CALM, Camera, act, people, planted
from benchmarks.neutrals import Person, joined
from mien.analysis.judgement import NO_NEUTRAL
from mien.analysis.networks import Networks, shared_networks
from mien.animation.events import Script
from mien.values import Float32

PERSONS = 12
STILL = Script((), 6.0, 15)


def main() -> None:
    """Act, read, print."""
    networks = shared_networks()
    ways = {"mesh": networks.with_default("mesh"), "picture": networks}
    noise: dict[tuple[str, str], list[tuple[Float32, Float32, Float32]]] = {}
    for _, who in people(networks, PERSONS):
        still = act(who, STILL, Camera(4), list(ways.values()))
        moving = act(who, CALM, Camera(5), list(ways.values()))
        for (name, way), calm, lively in zip(ways.items(), still, moving, strict=True):
            rest, talk = (Person(joined(one), way, NO_NEUTRAL) for one in (calm, lively))
            for kind, here, there in (
                ("single", rest.rows.single, talk.rows.single),
                ("difference", rest.whole(), talk.whole()),
            ):
                noise.setdefault((name, kind), []).append(_figures(here, there, way))
    print("  mean over units, steps of intensity    frame to frame  wander  noise over gain")
    for (name, kind), found in noise.items():
        jitter, wander, gain = (np.mean(part, axis=0) for part in zip(*found, strict=True))
        acted = np.isfinite(gain)
        share = np.mean(jitter[acted] / np.maximum(gain[acted], 0.05))
        print(f"    {name:10} {kind:12} {jitter.mean():26.3f} {wander.mean():8.3f} {share:12.3f}")


def _figures(still: Float32, moving: Float32, way: Networks) -> tuple[Float32, Float32, Float32]:
    """Of each output: noise and wandering at rest, and steps gained by each that is acted."""
    jitter = np.sqrt(np.mean(np.diff(still, axis=0) ** 2, axis=0) / 2)
    goal = planted(CALM, way.single)[: len(moving)]
    acted = np.ptp(goal, axis=0) > 0
    gain = np.full(goal.shape[1], np.nan, np.float32)
    for place in np.flatnonzero(acted):
        gain[place] = np.polyfit(goal[:, place], moving[:, place], 1)[0]
    return jitter, still.std(axis=0), gain
