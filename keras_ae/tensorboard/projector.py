"""The page of the Embedding Projector: codes with their labels and a sprite of their examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_ae.domains import CATEGORICAL
from keras_ae.imaging.grid import save, sprite

__all__ = ["add_projection", "write_projector"]

MAX_POINTS = 2000
"""Maximum number of codes in the projector."""

CONFIG_FILE = "projector_config.pbtxt"
"""What TensorBoard reads of a run's projector."""


def write_projector(
    log_dir: Path, codes: np.ndarray, labels: Sequence[str] | None, examples: np.ndarray, domain: str
) -> None:
    """Writes codes for the Embedding Projector, with labels and, where examples are images, a sprite.

    Args:
        log_dir: The run's folder.
        codes: (n, latent_dim).
        labels: n texts, or None.
        examples: (n, ...), model inputs.
        domain: The domain of the examples.
    """
    from tensorboard.plugins import projector  # at the end of a training alone

    config = projector.ProjectorConfig()
    embedding = config.embeddings.add(
        tensor_name="code", tensor_path="projector/codes.tsv", metadata_path="projector/metadata.tsv"
    )
    folder = log_dir / "projector"
    folder.mkdir(exist_ok=True)
    codes = codes[:MAX_POINTS]
    np.savetxt(folder / "codes.tsv", codes, fmt="%.6g", delimiter="\t")
    _write_metadata(folder / "metadata.tsv", labels, len(codes))
    if examples.ndim == 4 and domain != CATEGORICAL:
        sheet, size = sprite(examples[:MAX_POINTS], domain)
        save(sheet, folder / "sprite.png")
        embedding.sprite.image_path = "projector/sprite.png"
        embedding.sprite.single_image_dim.extend(size)
    projector.visualize_embeddings(str(log_dir), config)


def add_projection(log_dir: Path, name: str, coordinates: np.ndarray, labels: Sequence[str] | None) -> None:
    """Adds coordinates to the Embedding Projector of a run, in the place of those of the same name.

    Args:
        log_dir: The run's folder.
        name: The name of the tensor.
        coordinates: (n, dimensions); evenly spaced ones of very many.
        labels: n texts, or None.
    """
    from google.protobuf import text_format
    from tensorboard.plugins import projector

    config, file = projector.ProjectorConfig(), log_dir / CONFIG_FILE
    if file.exists():
        text_format.Parse(file.read_text(encoding="utf-8"), config)
    others = [each for each in config.embeddings if each.tensor_name != name]
    del config.embeddings[:]
    config.embeddings.extend(others)
    folder = log_dir / "projector"
    folder.mkdir(exist_ok=True)
    some = np.arange(len(coordinates))[:: -(-len(coordinates) // MAX_POINTS)]
    np.savetxt(folder / f"{name}.tsv", coordinates[some], fmt="%.6g", delimiter="\t")
    own = None if labels is None else [labels[index] for index in some]
    _write_metadata(folder / f"{name}_metadata.tsv", own, len(some))
    config.embeddings.add(
        tensor_name=name,
        tensor_shape=[len(some), coordinates.shape[1]],
        tensor_path=f"projector/{name}.tsv",
        metadata_path=f"projector/{name}_metadata.tsv",
    )
    projector.visualize_embeddings(str(log_dir), config)


def _write_metadata(file: Path, labels: Sequence[str] | None, count: int) -> None:
    """The labels and numbers of points."""
    if labels is None:
        rows = [str(index) for index in range(count)]  # a single column has no header
    else:
        rows = [f"{' '.join(labels[index].split())}\t{index}" for index in range(count)]
        rows = ["label\tindex", *rows]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8", errors="replace")
