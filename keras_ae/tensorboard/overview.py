"""Pages that TensorBoard shows once for a run: text, graph, hyperparameters and the projector."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams

from keras_ae.heads import Heads


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
