"""The reference face as a mesh in pixels."""

import numpy as np

from mien.face.geometry import reference

FLIP = np.array([1, -1, -1])
"""The reference face looks up and to the viewer where a picture counts down and away."""


def reference_mesh(width, middle, yaw=0.0):
    """(478, 3), outer eye corners ``width`` pixels apart, turned by so many degrees."""
    skin = reference()[0]
    eyes = [skin[[a, b]].mean(axis=0) for a, b in ((33, 133), (362, 263))]
    points = np.concatenate([skin, np.repeat(eyes, 5, axis=0)])
    cosine, sine = np.cos(np.deg2rad(yaw)), np.sin(np.deg2rad(yaw))
    turn = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    return (width * points @ turn.T * FLIP + [*middle, 0]).astype(np.float32)
