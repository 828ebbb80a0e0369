"""The page of the Embedding Projector: codes with their labels and a sprite of their examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_ae.domains import CATEGORICAL
from keras_ae.imaging.grid import save, sprite

__all__ = ["write_projector"]

MAX_POINTS = 2000
"""Maximum number of codes in the projector."""


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
    if labels is None:
        rows = [str(index) for index in range(len(codes))]  # a single column has no header
    else:
        rows = [f"{' '.join(labels[index].split())}\t{index}" for index in range(len(codes))]
        rows = ["label\tindex", *rows]
    (folder / "metadata.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8", errors="replace")
    if examples.ndim == 4 and domain != CATEGORICAL:
        sheet, size = sprite(examples[:MAX_POINTS], domain)
        save(sheet, folder / "sprite.png")
        embedding.sprite.image_path = "projector/sprite.png"
        embedding.sprite.single_image_dim.extend(size)
    projector.visualize_embeddings(str(log_dir), config)
