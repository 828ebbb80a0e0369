"""The space of codes as one of real vectors: straight and spherical paths, one unit changed, a concept added.

Codes of whole numbers are walked through as the vectors that they stand for, and come back as the numbers of
the nearest ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_ae.apps.generation.generator import Generator
from keras_ae.errors import InputError
from keras_ae.metrics.codes import traversal_values


@dataclass(frozen=True, eq=False)
class CodeSpace:
    """entries: (codes, width) the vectors of a codebook, or None where codes are real numbers themselves."""

    entries: np.ndarray | None = None

    @classmethod
    def of(cls, generator: Generator) -> CodeSpace:
        code = generator.heads.decoder.get_layer("code").output
        if "int" not in code.dtype:
            return cls()
        return cls(np.asarray(generator.heads.decoder.get_layer("decoder_lookup").entries))

    def vectors(self, codes: np.ndarray) -> np.ndarray:
        """Codes (n, ...) as real ones (n, ..., width)."""
        return codes if self.entries is None else self.entries[codes]

    def codes(self, vectors: np.ndarray) -> np.ndarray:
        """Real vectors as codes: of a codebook the numbers of the nearest ones."""
        if self.entries is None:
            return vectors.astype(np.float32)
        squares = np.square(self.entries).sum(axis=-1)
        return (squares - 2.0 * vectors @ self.entries.T).argmin(axis=-1).astype(np.int32)

    def deviations(self, codes: np.ndarray) -> np.ndarray:
        """How far each unit of codes (n, ...) spreads, of whole numbers by their vectors: (units,)."""
        vectors = self.vectors(codes)
        width = 1 if self.entries is None else self.entries.shape[1]
        spread = vectors.reshape(len(codes), -1, width).std(axis=0)
        return np.sqrt(np.square(spread).sum(axis=-1))

    def path(self, first: np.ndarray, last: np.ndarray, steps: int) -> np.ndarray:
        """Codes (steps, ...) from one to another, both ends among them.

        Over the sphere of real codes, whose length a normal prior holds nearly fixed (Shoemake 1985; White
        2016, arXiv:1609.04468); straight through the vectors of a codebook, which have no such prior.
        Raises InputError for fewer than 2 steps.
        """
        if steps < 2:
            raise InputError(f"expected a path of at least 2 steps, its ends, received {steps}")
        ends = self.vectors(np.stack([first, last]))
        shares = np.linspace(0, 1, steps).reshape((-1,) + (1,) * (ends.ndim - 1))
        walked = (
            spherical(*ends, shares) if self.entries is None else (1 - shares) * ends[0] + shares * ends[1]
        )
        codes = self.codes(walked)
        codes[0], codes[-1] = first, last
        return codes

    def traversal(self, code: np.ndarray, unit: int, seen: np.ndarray, steps: int) -> np.ndarray:
        """Codes (steps, ...) that are one code but for a unit, which takes values over what it takes in
        `seen`.

        From the mean minus to the mean plus 3 standard deviations; of whole numbers the most usual ones.
        Raises InputError for a unit that there is not.
        """
        units = code.size
        if not 0 <= unit < units:
            raise InputError(f"expected a unit of the code from 0 to {units - 1}, received {unit}")
        values = seen.reshape(len(seen), -1)[:, unit]
        if self.entries is None:
            taken = traversal_values(values, steps)
        else:
            usual, counts = np.unique(values, return_counts=True)
            taken = usual[np.argsort(-counts, kind="stable")][:steps]
        walked = np.repeat(code.reshape(1, -1), len(taken), axis=0)
        walked[:, unit] = taken
        return walked.reshape(len(taken), *code.shape)

    def moved(self, codes: np.ndarray, concept: np.ndarray, strength: float) -> np.ndarray:
        """Codes (n, ...) with so much of a concept's vector added.

        Raises InputError for a strength that is no finite number.
        """
        if not np.isfinite(strength):
            raise InputError(f"expected a finite strength, such as 1.5 or -1; received {strength}")
        return self.codes(self.vectors(codes) + strength * concept)

    def concept(self, codes: np.ndarray, has: np.ndarray) -> np.ndarray:
        """Mean code of the examples that have something, minus that of those that have not (Larsen et al.
        2016).

        codes: (n, ...); has: (n,) bool. Raises InputError where all have it, or none.
        """
        if has.all() or not has.any():
            raise InputError(
                f"expected examples with and without it, {int(has.sum())} of {len(has)} have it; take another"
            )
        vectors = self.vectors(codes)
        return vectors[has].mean(axis=0) - vectors[~has].mean(axis=0)


def spherical(first: np.ndarray, last: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Points between two vectors along the arc that joins them, their lengths changing evenly."""
    lengths = np.linalg.norm(first), np.linalg.norm(last)
    straight = (1 - shares) * first + shares * last
    if min(lengths) < 1e-12:
        return straight
    ends = first / lengths[0], last / lengths[1]
    angle = np.arccos(np.clip(np.vdot(*ends), -1.0, 1.0))
    if np.sin(angle) < 1e-6:
        return straight
    arc = (np.sin((1 - shares) * angle) * ends[0] + np.sin(shares * angle) * ends[1]) / np.sin(angle)
    return arc * ((1 - shares) * lengths[0] + shares * lengths[1])
