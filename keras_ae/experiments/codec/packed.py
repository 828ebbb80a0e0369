"""Codes of a model or of principal components, quantized for a quality and stored alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from keras_ae.codec.codes_file import CodesFile, Sizes, written
from keras_ae.codec.grid import Grid, are_whole
from keras_ae.codec.steps import grid_within

__all__ = ["Coded", "Coder", "coded", "components", "psnr"]

SMALLEST_ERROR = 1e-10
"""Mean squared error that counts as none: a PSNR of 100 dB."""

TRIED = (4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
"""Numbers of principal components that are tried."""


@dataclass(frozen=True, eq=False)
class Coder:
    """What makes codes of examples and examples of codes, both of a fixed number of numbers.

    Attributes:
        name: Its name in the table.
        encode: (n, *shape), values in [0, 1] -> (n, dimensions).
        decode: (n, dimensions) -> (n, *shape).
        size: The bytes of the numbers that the decoder needs.
        orthonormal: Whether a step costs the same in each dimension.
    """

    name: str
    encode: Callable[[np.ndarray], np.ndarray]
    decode: Callable[[np.ndarray], np.ndarray]
    size: int
    orthonormal: bool = False


@dataclass(frozen=True)
class Coded:
    """Examples in a form that stores them.

    Attributes:
        name: Of the form.
        psnr: The mean of the examples' peak signal-to-noise ratios in dB.
        size: The bytes of an example.
        header: Of these the bytes that hold nothing of it: its part of tables, headers and checksums.
        model: The bytes of the model that is needed beside all of them.
    """

    name: str
    psnr: float
    size: float
    header: float
    model: int = 0


def psnr(examples: np.ndarray, again: np.ndarray) -> float:
    """The mean of the examples' peak signal-to-noise ratios in dB, of values in [0, 1].

    Args:
        examples: (n, ...).
        again: (n, ...), what became of them.

    Returns:
        The mean, at most 100.
    """
    squares = np.square(np.asarray(again, np.float64) - examples).reshape(len(examples), -1)
    return float(-10 * np.log10(np.maximum(squares.mean(axis=1), SMALLEST_ERROR)).mean())


def components(train: np.ndarray, most: int) -> Callable[[int], Coder]:
    """Principal components of training examples.

    Args:
        train: (n, *shape).
        most: Components, at most.

    Returns:
        A number of components -> their coder, whose reconstructions are clipped to [0, 1].
    """
    from sklearn.decomposition import PCA

    flat, shape = train.reshape(len(train), -1), train.shape[1:]
    fitted = PCA(min(most, *flat.shape), random_state=0).fit(flat)
    mean, vectors = fitted.mean_.astype(np.float32), fitted.components_.astype(np.float32)

    def of(count: int) -> Coder:
        own = vectors[:count]
        return Coder(
            f"PCA, {len(own)} components",
            lambda examples: (examples.reshape(len(examples), -1) - mean) @ own.T,
            lambda codes: (codes @ own + mean).clip(0, 1).reshape(len(codes), *shape),
            4 * (own.size + mean.size),
            orthonormal=True,
        )

    return of


def coded(coder: Coder, validation: np.ndarray, test: np.ndarray, least: float) -> Coded:
    """Examples stored as codes, in the largest steps that keep a quality on the validation split.

    Args:
        coder: What makes the codes.
        validation: (n, *shape), the examples that the steps are chosen on.
        test: (m, *shape), the examples that are stored.
        least: The quality, in dB; codes that are whole numbers are stored as they are.

    Returns:
        The stored test examples.
    """
    grid = grid_for(coder, validation, least)
    sizes, levels = stored(coder.encode(test), grid)
    codes = levels.astype(np.float32) if grid is None else grid.codes(levels)
    header = sizes.total - sizes.codes
    quality = psnr(test, coder.decode(codes))
    return Coded(coder.name, quality, sizes.total / len(test), header / len(test), coder.size)


def grid_for(coder: Coder, validation: np.ndarray, least: float) -> Grid | None:
    """The grid of the largest steps that keep a quality; None for codes that are whole numbers."""
    codes = coder.encode(validation)
    if are_whole(codes):
        return None
    quality = partial(psnr, validation)
    found = np.ones(codes.shape[1]) if coder.orthonormal else None
    return grid_within(
        codes, lambda some, _: coder.decode(some), lambda again: -quality(again), -least, found
    )


def stored(codes: np.ndarray, grid: Grid | None) -> tuple[Sizes, np.ndarray]:
    """The bytes of codes in a file, and their levels."""
    levels = codes.astype(np.int32) if grid is None else grid.levels(codes)
    file = CodesFile(levels, grid, codes.shape[1:], "float32", "model", bytes(32))
    return written(file)[1], levels
