"""The Embedding Projector's page: codes with their labels and a sprite of their examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tensorboard.plugins import projector

from keras_ae.imaging.grid import is_image_shape, save, sprite

MOST_POINTS = 2000
"""Codes shown in the projector."""


def write_projector(
    log_dir: Path, codes: np.ndarray, labels: list[str] | None, examples: np.ndarray, domain: str
) -> None:
    """Codes for the Embedding Projector, with their labels and, where the examples are images, a sprite.

    codes: (n, latent_dim). labels: n texts, or None. examples: (n, ...), of the domain.
    """
    config = projector.ProjectorConfig()
    embedding = config.embeddings.add(
        tensor_name="code", tensor_path="projector/codes.tsv", metadata_path="projector/metadata.tsv"
    )
    folder = log_dir / "projector"
    folder.mkdir(exist_ok=True)
    np.savetxt(folder / "codes.tsv", codes[:MOST_POINTS], fmt="%.6g", delimiter="\t")
    shown = range(len(codes[:MOST_POINTS]))
    if labels is None:
        rows = [str(index) for index in shown]  # a single column has no header
    else:
        rows = ["label\tindex", *(f"{' '.join(labels[index].split())}\t{index}" for index in shown)]
    (folder / "metadata.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8", errors="replace")
    if is_image_shape(examples.shape[1:]):
        sheet, size = sprite(examples[:MOST_POINTS], domain)
        save(sheet, folder / "sprite.png")
        embedding.sprite.image_path = "projector/sprite.png"
        embedding.sprite.single_image_dim.extend(size)
    projector.visualize_embeddings(str(log_dir), config)
