"""The latent space as real vectors: paths, traversals of a dimension, and attribute vectors.

Codes of whole numbers are taken as the vectors of the codebook that they stand for, and come back as the
indices of the nearest ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_ae.apps.generation.generator import Generator
from keras_ae.errors import InputError
from keras_ae.metrics.codes import traversal_values

__all__ = ["LatentSpace", "spherical_interpolation"]


@dataclass(frozen=True, eq=False)
class LatentSpace:
    """The latent space of a decoder.

    Attributes:
        codebook: (embeddings, width), or None if codes are real vectors.
    """

    codebook: np.ndarray | None = None

    @classmethod
    def of(cls, generator: Generator) -> LatentSpace:
        """The latent space of a generator.

        Args:
            generator: The generator.

        Returns:
            The space.
        """
        code = generator.heads.decoder.get_layer("code").output
        if "int" not in code.dtype:
            return cls()
        return cls(np.asarray(generator.heads.decoder.get_layer("decoder_lookup").entries))

    def vectors(self, codes: np.ndarray) -> np.ndarray:
        """Codes as real vectors.

        Args:
            codes: (n, ...).

        Returns:
            (n, ..., width), or the codes themselves where they are real.
        """
        return codes if self.codebook is None else self.codebook[codes]

    def codes(self, vectors: np.ndarray) -> np.ndarray:
        """Real vectors as codes: of a codebook the indices of the nearest ones.

        Args:
            vectors: (n, ..., width), or (n, ...) where codes are real.

        Returns:
            (n, ...).
        """
        if self.codebook is None:
            return vectors.astype(np.float32)
        squares = np.square(self.codebook).sum(axis=-1)
        return (squares - 2.0 * vectors @ self.codebook.T).argmin(axis=-1).astype(np.int32)

    def deviations(self, codes: np.ndarray) -> np.ndarray:
        """The standard deviation of each dimension, of whole numbers that of their vectors.

        Args:
            codes: (n, ...).

        Returns:
            (dimensions,).
        """
        vectors = self.vectors(codes)
        width = 1 if self.codebook is None else self.codebook.shape[1]
        spread = vectors.reshape(len(codes), -1, width).std(axis=0)
        return np.sqrt(np.square(spread).sum(axis=-1))

    def path(self, first: np.ndarray, last: np.ndarray, steps: int) -> np.ndarray:
        """Codes on the path from one code to another, including both ends.

        Real codes go along the sphere, because a normal prior nearly fixes their length (Shoemake 1985; White
        2016, arXiv:1609.04468); the vectors of a codebook have no such prior and go straight.

        Args:
            first: A code, (...).
            last: Another code, (...).
            steps: Number of codes, at least 2.

        Returns:
            (steps, ...).

        Raises:
            InputError: If there are fewer than 2 steps.
        """
        if steps < 2:
            raise InputError(f"expected a path of at least 2 steps, its ends, received {steps}")
        start, end = self.vectors(np.stack([first, last]))
        fractions = np.linspace(0, 1, steps).reshape((-1,) + (1,) * start.ndim)
        if self.codebook is None:
            walked = spherical_interpolation(start, end, fractions)
        else:
            walked = (1 - fractions) * start + fractions * end
        codes = self.codes(walked)
        codes[0], codes[-1] = first, last
        return codes

    def traversal(self, code: np.ndarray, dimension: int, codes: np.ndarray, steps: int) -> np.ndarray:
        """Varies one dimension of a code over the range of its values in other codes.

        From the mean minus to the mean plus 3 standard deviations; of whole numbers the most frequent ones.

        Args:
            code: (...).
            dimension: The index of a number of the flattened code.
            codes: Other codes, (n, ...).
            steps: Number of values; integers may have fewer.

        Returns:
            (steps, ...).

        Raises:
            InputError: If the dimension does not exist.
        """
        if not 0 <= dimension < code.size:
            raise InputError(
                f"expected a dimension of the code from 0 to {code.size - 1}, received {dimension}"
            )
        values = codes.reshape(len(codes), -1)[:, dimension]
        if self.codebook is None:
            taken = traversal_values(values, steps)
        else:
            frequent, counts = np.unique(values, return_counts=True)
            taken = frequent[np.argsort(-counts, kind="stable")][:steps]
        walked = np.repeat(code.reshape(1, -1), len(taken), axis=0)
        walked[:, dimension] = taken
        return walked.reshape(len(taken), *code.shape)

    def shift(self, codes: np.ndarray, vector: np.ndarray, strength: float) -> np.ndarray:
        """Adds an attribute vector to codes.

        Args:
            codes: (n, ...).
            vector: (...), as returned by `attribute_vector`.
            strength: The factor on the vector; a negative one removes the attribute.

        Returns:
            (n, ...).

        Raises:
            InputError: If the strength is not finite.
        """
        if not np.isfinite(strength):
            raise InputError(f"expected a finite strength, such as 1.5 or -1; received {strength}")
        return self.codes(self.vectors(codes) + strength * vector)

    def attribute_vector(self, codes: np.ndarray, has: np.ndarray) -> np.ndarray:
        """The mean code of examples with an attribute minus that of those without (Larsen et al. 2016).

        Args:
            codes: (n, ...).
            has: Whether each example has the attribute, (n,) bool.

        Returns:
            (...), a vector of the space.

        Raises:
            InputError: If all examples have the attribute, or none.
        """
        if has.all() or not has.any():
            raise InputError(
                f"expected examples with and without it, {int(has.sum())} of {len(has)} have it; use another"
            )
        vectors = self.vectors(codes)
        return vectors[has].mean(axis=0) - vectors[~has].mean(axis=0)


def spherical_interpolation(first: np.ndarray, last: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Points between two vectors along the arc that joins them, their lengths changing evenly.

    Args:
        first: (...).
        last: (...).
        fractions: Fractions of the way, in [0, 1], broadcastable to the vectors.

    Returns:
        The points, in the shape that they broadcast to.
    """
    lengths = np.linalg.norm(first), np.linalg.norm(last)
    straight = (1 - fractions) * first + fractions * last
    if min(lengths) < 1e-12:
        return straight
    ends = first / lengths[0], last / lengths[1]
    angle = np.arccos(np.clip(np.vdot(*ends), -1.0, 1.0))
    if np.sin(angle) < 1e-6:
        return straight
    arc = (np.sin((1 - fractions) * angle) * ends[0] + np.sin(fractions * angle) * ends[1]) / np.sin(angle)
    return arc * ((1 - fractions) * lengths[0] + fractions * lengths[1])
