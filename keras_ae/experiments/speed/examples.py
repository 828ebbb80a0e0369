"""The data of a comparison: made here, so that nothing is downloaded, or the published digits."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.data.arrays import ArrayFile
from keras_ae.data.images.mnist import Mnist, embedded_digits
from keras_ae.errors import InputError
from keras_ae.experiments.speed.networks import Network, initial_weights
from keras_ae.experiments.speed.work import ARRAYS, EXAMPLES, WEIGHTS

__all__ = ["check_data", "write_work"]

HELD_BACK = 0.05
"""Fraction of test examples, which nothing looks at."""


def check_data(networks: Iterable[Network], data: str) -> None:
    """Checks that networks can be compared on data.

    Args:
        networks: The networks.
        data: "" for examples that are made, or "mnist".

    Raises:
        InputError: For other data, and for a network that takes no digits.
    """
    if data not in ("", "mnist"):
        raise InputError(f"expected --data=mnist, or none for examples that are made here; received {data!r}")
    for network in networks:
        if data and network.shape != (28, 28, 1):
            raise InputError(
                f"expected networks that take digits with mnist, such as --networks dense,conv; received "
                f"{network.title}; name those, or leave the data out"
            )


def write_work(network: Network, folder: Path, data: str = "") -> str:
    """Writes the data and the first weights of a comparison.

    Args:
        network: The network.
        folder: An existing folder.
        data: "" for examples that are made, or "mnist".

    Returns:
        What the data are, in words.
    """
    examples, words = _examples(network, data)
    test = max(1, int(HELD_BACK * len(examples)))
    np.savez(folder / EXAMPLES, x_train=examples[test:], x_test=examples[:test])
    splits = ArrayFile(str(folder / EXAMPLES), series=network.series).load()
    np.savez(folder / ARRAYS, train=splits.train.examples, validation=splits.validation.examples)
    weights: dict[str, Any] = {**initial_weights(network)}
    np.savez(folder / WEIGHTS, **weights)
    return words


def _examples(network: Network, data: str) -> tuple[np.ndarray, str]:
    """Examples in a random order, and what they are."""
    if data == "mnist":
        loaded = Mnist().load()
        return np.concatenate([loaded.train.examples, loaded.validation.examples]), "MNIST"
    random = np.random.default_rng(0)
    if network.shape == (28, 28, 1):
        return _digits(network.examples, random), "digits, shifted by up to 2 pixels"
    if network.series:
        return _waves((network.examples, *network.shape), random), "sums of waves"
    return _disks((network.examples, *network.shape), random), "colored disks"


def _digits(count, random):
    """The embedded digits again and again, each time shifted another way."""
    digits = embedded_digits()[0]
    chosen = random.permutation(len(digits) * -(-count // len(digits)))[:count] % len(digits)
    shifts = random.integers(-2, 3, (count, 2))
    return np.stack([np.roll(digits[i], shift, (0, 1)) for i, shift in zip(chosen, shifts, strict=True)])


def _waves(shape, random):
    """(n, time, channels), sines of three periods of random phase in [0, 1]."""
    count, steps, channels = shape
    periods = random.uniform(8, 64, (count, 1, channels, 3))
    phases = random.uniform(0, 2 * np.pi, (count, 1, channels, 3))
    waves = np.sin(2 * np.pi * np.arange(steps)[:, None, None] / periods + phases).mean(-1)
    return (0.5 + 0.5 * waves).astype(np.float32)


def _disks(shape, random):
    """(n, height, width, 3), bytes: a disk of one color before a ramp of another."""
    height, width = shape[1:3]
    rows, columns = np.mgrid[0:height, 0:width]
    images = np.empty(shape, np.uint8)
    for image in images:
        center, radius = random.uniform(0, height, 2), random.uniform(height / 8, height / 3)
        disk = np.hypot(rows - center[0], columns - center[1]) < radius
        ramp = (rows * random.uniform(0, 1) + columns * random.uniform(0, 1)) / (height + width)
        colors = random.integers(0, 256, (2, 3))
        image[:] = np.where(disk[..., None], colors[0], ramp[..., None] * colors[1])
    return images
