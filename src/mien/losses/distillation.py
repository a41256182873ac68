"""Losses of feature-wise distillation: a small network learns a large one's features and answers.

Chang, Yin, Li, Tran, Soleymani, "LibreFace: An Open-Source Toolkit for Deep Facial Expression
Analysis", WACV 2024, and its public code. With the features f and the intensities y of teacher T
and student S, and I that makes f_S as short as f_T, three losses are added: ``features``,
|I(f_S) - f_T|²; ``divergence`` of y_T from y_ST, what the teacher's head says of I(f_S); and
``task``, the error of y_S against the labels, for which the losses of `mien.losses.au` are taken:
an unknown label teaches nothing there, while the teacher speaks of every picture.
"""

from typing import Literal, get_args

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from mien.errors import InputError, ShapeError

__all__ = ["LEAST", "Form", "Shortening", "divergence", "factors", "feature_matching", "shortened"]

Shortening = Literal["nearest", "linear"]
"""How features become fewer: every n-th is taken, as the authors do; or neighbours are mixed."""

Form = Literal["corrected", "public"]
"""How the three losses are weighted: as the paper does, with the sign of its divergence put right;
or as the authors' code does."""
PRINTED = "printed"

LEAST = 1e-7
"""Added to both sides of the divergence. Where the student gives 0, it costs 16.1 times p."""


def factors(alpha: float = 1.0, beta: float = 1.0, form: Form = "corrected") -> dict[str, float]:
    """What each loss is multiplied by before they are added.

    Args:
        alpha: "corrected": of ``task``; "public": of ``features`` and ``divergence``.
        beta: "corrected": of ``divergence``; "public" has none.
        form: "corrected" is features + alpha task + beta divergence; "public" is
            alpha features + alpha divergence + task. With 1 for both they are the same.

    Raises:
        InputError: there is no such form, a factor is negative, or "public" is given a beta.

    >>> factors(2.0, 0.5)
    {'features': 1.0, 'divergence': 0.5, 'task': 2.0}
    >>> factors(2.0, form="public")
    {'features': 2.0, 'divergence': 2.0, 'task': 1.0}
    """
    if form == PRINTED:
        raise InputError(
            "the printed form adds -y_T log(y_T / y_S), a slip of sign: minimised, it drives the "
            "student away from the teacher; leave the form at corrected"
        )
    if form not in get_args(Form):
        raise InputError(
            f"there is no form {form!r} of distillation; there are {', '.join(get_args(Form))}"
        )
    if not (alpha >= 0 and beta >= 0):
        raise InputError(f"alpha is {alpha} and beta {beta}, expected 0 or more")
    if form == "public":
        if beta != 1:  # a factor without effect would deceive
            raise InputError(
                f"beta is {beta}, and the public form has none: alpha weighs the divergence there"
            )
        return {"features": alpha, "divergence": alpha, "task": 1.0}
    return {"features": 1.0, "divergence": beta, "task": alpha}


def shortened(
    features: Float[Tensor, "b d"], width: int, how: Shortening = "nearest"
) -> Float[Tensor, "b w"]:
    """Features as many as the teacher has: I(.).

    "nearest" takes element floor(j d / w) for each j, of 512 every fourth for 128: the others are
    matched with nothing. A layer that learns this would be another method, and is not here.

    Args:
        features: of the student.
        width: w, at most d.
        how: "nearest" or "linear".

    Raises:
        InputError: there is no such way.
        ShapeError: the teacher has more features than the student.

    >>> shortened(torch.arange(8.0)[None], 2).tolist()
    [[0.0, 4.0]]
    >>> shortened(torch.arange(8.0)[None], 2, "linear").tolist()
    [[1.5, 5.5]]
    """
    if how not in get_args(Shortening):
        raise InputError(
            f"features cannot be shortened by {how!r}; choose {' or '.join(get_args(Shortening))}"
        )
    if not 1 <= width <= features.shape[1]:
        raise ShapeError(
            f"{features.shape[1]} features of the student cannot be shortened to {width} of the "
            "teacher; take a student with at least as many"
        )
    found: Tensor = functional.interpolate(features.unsqueeze(1), size=width, mode=how)
    return found.squeeze(1)


def feature_matching(
    student: Float[Tensor, "b d"], teacher: Float[Tensor, "b d"]
) -> Float[Tensor, ""]:
    """Mean over pictures and features of (I(f_S) - f_T)²; the teacher gets no gradient.

    The paper writes the squared norm, d times as much.

    Args:
        student: I(f_S), see `shortened`.
        teacher: f_T.

    >>> feature_matching(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 2.0]])).item()
    2.0
    """
    if student.shape != teacher.shape:
        raise ShapeError(
            f"features of the student are of shape {tuple(student.shape)}, those of the teacher "
            f"{tuple(teacher.shape)}; shorten the student's first"
        )
    return (_exact(student) - _exact(teacher.detach())).square().mean()


def divergence(
    student: Float[Tensor, "b k"],
    teacher: Float[Tensor, "b k"],
    asked: Bool[Tensor, "b k"] | None = None,
) -> Float[Tensor, ""]:
    """Divergence of the teacher's answers from the student's: sum over units of p log(p / q).

    p = max(y_T, 0) + 1e-7 and q = max(y_ST, 0) + 1e-7, neither made to sum to 1, without a
    temperature; summed over units, averaged over pictures. It can be negative, and is large while
    the student gives 0 where the teacher does not. The teacher gets no gradient.

    Args:
        student: y_ST, what the teacher's head says of the student's features, on its own scale:
            0-1 for intensity.
        teacher: y_T, on the same scale.
        asked: units of which the teacher is believed; None: all. Pictures with none are not
            counted.

    >>> y = torch.tensor([[0.5, 0.25]])
    >>> round(divergence(y.flip(1), y).item(), 4)  # 0.5 log 2 - 0.25 log 2
    0.1733
    """
    p, q = (_exact(one).relu() + LEAST for one in (teacher.detach(), student))
    cost = p * (p.log() - q.log())
    if asked is None:
        return cost.sum() / max(1, len(cost))
    return torch.where(asked, cost, 0).sum() / asked.any(dim=1).sum().clamp(min=1)


def _exact(values: Tensor) -> Tensor:
    """At least in 32 bits: 1e-7 is nothing in half precision."""
    return values.to(torch.promote_types(values.dtype, torch.float32))
