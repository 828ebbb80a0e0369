"""How well anomaly scores of images tell what their folders and masks say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_ae.apps.detection.image_folder import FolderOfImages
from keras_ae.apps.detection.image_scoring import ScoredImages
from keras_ae.data.examples import Split
from keras_ae.imaging.masks import read_masks
from keras_ae.tasks.anomaly_metrics import pixel_metrics, ranking_metrics

__all__ = ["folder_metrics"]


def folder_metrics(folder: FolderOfImages, scored: ScoredImages) -> tuple[dict[str, float], str]:
    """How well the scores tell what folders and masks say, in images that the model was not trained on.

    Args:
        folder: The images.
        scored: Their scores.

    Returns:
        "auroc" and "auprc" of images, where folders say which are normal, and "pixel_auroc", "pixel_auprc"
        and "pixel_aupro" where there are masks; and what they are of.
    """
    anomalous, unseen = folder.anomalous(), folder.unseen(scored.contents)
    rows = np.flatnonzero(unseen & (anomalous >= 0) & np.isfinite(scored.scores))
    labels = anomalous[rows] == 1
    if labels.all() or not labels.any():
        return {}, ""
    metrics: dict[str, Any] = ranking_metrics(scored.scores[rows], labels)
    own = unseen[scored.mapped]
    indices = scored.mapped[own]
    masks, masked = _masks(folder, indices, scored.maps.shape[1:])
    test = Split(np.zeros((len(indices), 1), np.uint8), anomalous[indices].astype(np.int64), masks=masks)
    metrics |= pixel_metrics(scored.maps[own][..., None], test) if masked else {}
    told = f"{(~labels).sum():,} normal images and {labels.sum():,} others"
    told += " that the model was not trained on" if folder.learned_from is not None else ""
    return metrics, told + (f"; pixels of {masked:,} masks" if masked else "")


def _masks(folder, rows, size) -> tuple[np.ndarray, int]:
    """The masks of images, -1 where there is none, and how many there are."""
    masks, count = np.full((len(rows), *size), -1, np.int8), 0
    files: Mapping[str, tuple[str, ...]] = folder.layout.masks
    for pixels, row in zip(masks, rows, strict=True):
        name = folder.frames[row].name
        own = [folder.path / mask for mask in files.get(name, ())]
        count += bool(own) and read_masks(own, folder.headers[name].size, pixels, folder.fit) is None
    return masks, count
