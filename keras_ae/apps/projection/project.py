"""Projects codes of a run's examples to the plane, in files and in TensorBoard's projector."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.apps.projection.chart import scatter
from keras_ae.data.examples import Split
from keras_ae.errors import InputError
from keras_ae.files import written_whole
from keras_ae.metrics.neighborhoods import neighborhoods
from keras_ae.runs.run import Run
from keras_ae.tasks.projections import PCA, TSNE, UMAP, Projection, Spectral
from keras_ae.tensorboard.projector import add_projection

__all__ = ["METHODS", "OWN", "Projected", "codes_of", "project"]

METHODS: Mapping[str, Projection] = {
    "pca": PCA(),
    "tsne": TSNE(),
    "umap": UMAP(),
    "spectral": Spectral(normalized=False),
}
"""The projections by their names in commands."""

OWN = "code"
"""The name of codes of two numbers, which are in the plane as they are."""


@dataclass(frozen=True)
class Projected:
    """Codes in the plane.

    Attributes:
        method: The projection's name.
        coordinates: (n, 2).
        metrics: Trustworthiness and continuity.
        seconds: How long it took.
        files: The files that were written.
    """

    method: str
    coordinates: np.ndarray
    metrics: Mapping[str, float]
    seconds: float
    files: tuple[Path, ...]


def codes_of(run: Run, split: str, most: int) -> tuple[np.ndarray, list[str] | None, np.ndarray]:
    """The codes of examples of a run's data.

    Args:
        run: A finished run.
        split: "train", "validation" or "test"; "all" for all of them.
        most: Examples at most, spread evenly over all.

    Returns:
        The codes (n, d), the names of their labels (None without labels), and the examples' positions in the
        split, or in all splits one after the other.

    Raises:
        InputError: For fewer than 4 examples.
    """
    chosen = _all(run) if split == "all" else run.data.splits[split]
    if len(chosen) < 4:
        raise InputError(
            f"expected at least 4 examples to project, received {len(chosen)}; name another --split, or "
            "other data"
        )
    indices = np.arange(len(chosen))[:: max(1, -(-len(chosen) // most))]
    some = chosen.take(indices)
    encoded = run.encode(some)
    codes = encoded.get("quantized", encoded["code"]).reshape(len(indices), -1).astype(np.float32)
    names = run.data.label_names
    labels = None if some.labels is None else [names[i] if names else str(i) for i in some.labels]
    return codes, labels, indices


def project(
    run: Run,
    folder: Path,
    codes: np.ndarray,
    labels: Sequence[str] | None,
    indices: np.ndarray,
    methods: Sequence[str],
    seed: int = 0,
    report: Callable[[str], None] = print,
) -> list[Projected]:
    """Projects codes by several methods; those of two numbers are in the plane as they are, too.

    Args:
        run: The run whose codes they are.
        folder: Where METHOD.png, METHOD.csv and METHOD.npy are written; it is created.
        codes: (n, d).
        labels: Their labels' names, or None.
        indices: Their examples' positions, (n,).
        methods: Names of `METHODS`.
        seed: Random seed.
        report: Called with a line before each method.

    Returns:
        What each method gave.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name in [*([OWN] if codes.shape[1] == 2 else []), *methods]:
        started = time.perf_counter()
        if name == OWN:
            title, coordinates = "codes of two numbers", codes.astype(np.float64)
        else:
            title = METHODS[name].title
            report(f"projecting {len(codes):,} codes of {codes.shape[1]} numbers by {title}")
            coordinates = METHODS[name].coordinates(codes, 2, seed)
        seconds, metrics = time.perf_counter() - started, neighborhoods(codes, coordinates)
        files = tuple(folder / f"{name}{suffix}" for suffix in (".png", ".csv", ".npy"))
        heading = "{}: trustworthiness {trustworthiness:.3f}, continuity {continuity:.3f}"
        scatter(files[0], coordinates, labels, heading.format(title, **metrics))
        _write(files[1:], coordinates, labels, indices)
        add_projection(run.directory, name, coordinates, labels)
        found.append(Projected(name, coordinates, metrics, seconds, files))
    return found


def _all(run: Run) -> Split:
    train, *others = run.data.splits.values()
    for other in others:
        if len(other):
            train = train.in_memory().joined(other.in_memory())
    return train


def _write(files: Sequence[Path], coordinates: np.ndarray, labels: Any, indices: np.ndarray) -> None:
    """The coordinates as rows and as an array."""
    with written_whole(*files) as (table, array):
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["position", *([] if labels is None else ["label"]), "x", "y"])
            for at, (x, y) in enumerate(coordinates.tolist()):
                own = [] if labels is None else [labels[at]]
                writer.writerow([indices[at], *own, f"{x:.6g}", f"{y:.6g}"])
        np.save(array, coordinates, allow_pickle=False)
