"""Requests for generated examples."""

from __future__ import annotations

from dataclasses import dataclass

from keras_ae.errors import InputError

__all__ = ["GenerationRequest"]

MAX_COUNT, MAX_LENGTH = 10_000, 10_000
"""Maximum number of examples per request, and of columns or bars per example."""


@dataclass(frozen=True)
class GenerationRequest:
    """A request for generated examples.

    Attributes:
        count: Number of examples, from 1 to 10,000.
        seed: Random seed, at least 0.
        temperature: Factor on the noise, above 0; below 1 for more typical examples.
        label: The class of all examples, by name or number; None for all classes in turn.
        length: Columns, or bars, that windows are joined to; None for windows.
        opening: Path of a file that they begin with; only with a length.
        best_of: Number of samples from which the most valid is chosen, at least 1.
        valid: Whether examples are repaired, or resampled, until they are valid.
    """

    count: int = 16
    seed: int = 0
    temperature: float = 1.0
    label: str | None = None
    length: int | None = None
    opening: str | None = None
    best_of: int = 1
    valid: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_COUNT:
            raise InputError(f"expected a count of examples from 1 to {MAX_COUNT:,}, received {self.count}")
        if self.seed < 0:
            raise InputError(f"expected a seed of at least 0, received {self.seed}")
        if self.best_of < 1:
            raise InputError(
                f"expected the best of at least 1 sample, BEST=5 (--best-of 5), received {self.best_of}"
            )
        if self.opening and not self.length:
            raise InputError("expected a length with an opening: LENGTH=100 (--length 100)")
        if self.length is not None and not 1 <= self.length <= MAX_LENGTH:
            raise InputError(f"expected a length from 1 to {MAX_LENGTH:,}, received {self.length}")
