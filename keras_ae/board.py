"""Pages that TensorBoard shows once for a run: text, graph, hyperparameters and the projector."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorboard.plugins import projector
from tensorboard.plugins.hparams import api as hparams

from keras_ae.heads import Heads
from keras_ae.pictures import drawable, save, sprite

MOST_POINTS = 2000
"""Codes shown in the projector."""


def write_overview(log_dir: Path, recipe: Mapping[str, object], heads: Heads) -> None:
    """The recipe and the model's summary as text, and the op graph of the end-to-end model."""
    lines: list[str] = []
    heads.end_to_end.summary(print_fn=lines.append, expand_nested=True, line_length=100)
    table = "\n".join(["| field | value |", "|---|---|", *(f"| {k} | `{v}` |" for k, v in recipe.items())])
    signature = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in heads.end_to_end.inputs}
    graph = tf.function(heads.end_to_end).get_concrete_function(signature).graph
    writer = tf.summary.create_file_writer(str(log_dir))
    with writer.as_default(step=0):
        tf.summary.text("recipe", table)
        tf.summary.text("model", "\n".join(f"    {line}" for line in "\n".join(lines).splitlines()))
        tf.summary.graph(graph.as_graph_def())
    writer.close()


def write_hparams(log_dir: Path, recipe: Mapping[str, object], scores: Mapping[str, float]) -> None:
    """The recipe's fields as hyperparameters, and the test scores that came of them."""
    plain = {
        key: value if isinstance(value, (int, float, str)) else str(value) for key, value in recipe.items()
    }
    writer = tf.summary.create_file_writer(str(log_dir))
    with writer.as_default(step=0):
        hparams.hparams(plain, trial_id=str(log_dir))
        for name, value in scores.items():
            tf.summary.scalar(f"test/{name}", value)
    writer.close()


def write_projector(
    log_dir: Path, codes: np.ndarray, labels: list[str] | None, examples: np.ndarray, domain: str
) -> None:
    """Codes for the Embedding Projector, with their labels and, where the examples are pictures, a sprite.

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
    if drawable(examples.shape[1:]):
        sheet, size = sprite(examples[:MOST_POINTS], domain)
        save(sheet, folder / "sprite.png")
        embedding.sprite.image_path = "projector/sprite.png"
        embedding.sprite.single_image_dim.extend(size)
    projector.visualize_embeddings(str(log_dir), config)
