"""Sprites: that they show what their factors say, and that factors stay with their examples."""

import dataclasses

import numpy as np
import pytest

from keras_ae.data.find import find_dataset
from keras_ae.data.images.sprites import COUNTS, Sprites, grid_of_factors, render
from keras_ae.errors import InputError
from keras_ae.recipe import Recipe, override
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.undercomplete import Undercomplete


def middles(images):
    """Columns and rows (n,) of the images' centers of mass, in sides."""
    weights = images[..., 0] / images[..., 0].sum(axis=(1, 2), keepdims=True, dtype=float)
    steps = (np.arange(images.shape[1]) + 0.5) / images.shape[1]
    return weights.sum(axis=1) @ steps, weights.sum(axis=2) @ steps


def test_areas_are_those_of_the_shapes():
    whole = render(np.array([[shape, 3, 0, 6, 6] for shape in range(3)]), 128) / 255
    half = 0.22 * 128 / (2**0.5 * (1 + (np.pi / 2 + 2 / 3) / (4 + np.pi)))
    radius = 0.22 * 128
    wanted = [2 * radius**2, np.pi * radius**2 / 2, (4 + np.pi) * half**2]
    np.testing.assert_allclose(whole.sum(axis=(1, 2, 3)), wanted, rtol=0.002)


def test_a_sprite_is_where_its_factors_say_however_it_is_turned():
    factors = grid_of_factors(3)
    columns, rows = middles(render(factors, 64))
    places = np.linspace(0.25, 0.75, 12)
    np.testing.assert_allclose(columns, places[factors[:, 3]], atol=0.005)
    np.testing.assert_allclose(rows, places[factors[:, 4]], atol=0.005)


def test_shapes_repeat_in_a_turn_as_often_as_they_look_the_same():
    for shape, different in enumerate((5, 5, 10)):
        turned = render(np.array([[shape, 3, rotation, 4, 7] for rotation in range(COUNTS[2])]), 32)
        assert len(np.unique(turned.reshape(len(turned), -1), axis=0)) == different


def test_every_factor_stays_with_its_example():
    loaded = Sprites().load()
    assert sum(map(len, loaded.splits.values())) == np.prod(COUNTS) == 17280
    assert loaded.factor_names == ("shape", "size", "rotation", "x", "y")
    for name, split in loaded.splits.items():
        some = slice(None, None, 97)
        np.testing.assert_array_equal(render(loaded.factors[name][some], 32), split.examples[some])
        np.testing.assert_array_equal(loaded.factors[name][:, 0], split.labels)
        assert all(len(np.unique(loaded.factors[name][:, i])) == count for i, count in enumerate(COUNTS))
    alike = [{row.tobytes() for row in split.examples} for split in loaded.splits.values()]
    assert len(set.union(*alike)) == sum(map(len, alike)) == 11520


def test_the_sample_is_a_thin_part_of_the_whole():
    sample, whole = Sprites().sample(), Sprites().load()
    assert {len(row) for row in sample.factors.values()} == {len(split) for split in sample.splits.values()}
    for name, split in sample.splits.items():
        np.testing.assert_array_equal(render(sample.factors[name], 32), split.examples)
        assert {row.tobytes() for row in split.examples} <= {
            row.tobytes() for row in whole.splits[name].examples
        }


def test_sprites_go_by_their_name_and_at_the_size_asked_for():
    assert find_dataset("sprites") == Sprites()
    recipe = override(Recipe(Sprites(), Undercomplete(), Reconstruction()), ["data.size=16"])
    assert recipe.data.sample().train.shape == (16, 16, 1)
    for size in (7, 129):
        with pytest.raises(InputError, match=f"size must be from 8 to 128, received {size}"):
            override(recipe, [f"data.size={size}"])


def test_factors_go_with_their_examples():
    data = Sprites().sample()
    with pytest.raises(ValueError, match="expected factors of 3 train examples"):
        dataclasses.replace(data, train=data.train.take(slice(3)))
