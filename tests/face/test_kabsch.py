import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mien.face.kabsch import kabsch

seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_a_turned_and_scaled_shape_is_laid_back(seed):
    rng = np.random.default_rng(seed)
    source = rng.normal(size=(20, 3))
    source -= source.mean(axis=0)
    turn, scale = Rotation.random(random_state=seed).as_matrix(), rng.uniform(0.1, 9)
    found, stretch = kabsch(source.T @ (scale * source @ turn))
    assert np.allclose(found, turn)
    assert float(stretch) / (source**2).sum() == pytest.approx(scale)


@given(seeds)
def test_of_noisy_points_it_is_the_rotation_that_scipy_finds(seed):
    rng = np.random.default_rng(seed)
    source, goal = rng.normal(size=(2, 9, 3))
    theirs = Rotation.align_vectors(goal, source)[0].as_matrix()
    assert np.allclose(kabsch(source.T @ goal)[0], theirs.T, atol=1e-6)


def test_a_mirrored_shape_is_turned_never_mirrored():
    source = np.random.default_rng(0).normal(size=(9, 3))
    assert np.linalg.det(kabsch(source.T @ (source * [-1, 1, 1]))[0]) == pytest.approx(1)


def test_many_at_once_are_the_same_one_by_one():
    products = np.random.default_rng(1).normal(size=(5, 3, 3)).astype(np.float32)
    turns, stretches = kabsch(products)
    alone = [kabsch(one) for one in products]
    assert np.allclose(turns, [turn for turn, _ in alone], atol=1e-6)
    assert np.allclose(stretches, [stretch for _, stretch in alone], atol=1e-5)
    assert turns.dtype == np.float32
