"""TensorBoard's pages of a run's recipe and model: text, graph and hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from keras_ae.heads import Heads
from keras_ae.metrics.titles import title_of

__all__ = ["write_hparams", "write_overview"]


def write_overview(log_dir: Path, recipe: Mapping[str, Any], heads: Heads) -> None:
    """Writes the recipe and the model's summary as text, and the op graph of the end-to-end model.

    Args:
        log_dir: The run's folder.
        recipe: The recipe's fields by their paths.
        heads: The heads of the run.
    """
    lines: list[str] = []
    heads.end_to_end.summary(print_fn=lines.append, expand_nested=True, line_length=100)
    table = "\n".join(["| field | value |", "|---|---|", *(f"| {k} | `{v}` |" for k, v in recipe.items())])
    signature = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in heads.end_to_end.inputs}
    graph = tf.function(heads.end_to_end, autograph=False).get_concrete_function(signature).graph
    writer = tf.summary.create_file_writer(str(log_dir))
    with writer.as_default(step=0):
        tf.summary.text("recipe", table)
        tf.summary.text("model", "\n".join(f"    {line}" for line in "\n".join(lines).splitlines()))
        tf.summary.graph(graph.as_graph_def())
    writer.close()


def write_hparams(log_dir: Path, recipe: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
    """Writes the recipe's fields as hyperparameters, and the test metrics.

    Args:
        log_dir: The run's folder.
        recipe: The recipe's fields by their paths.
        metrics: The model's test metrics by name; their tags begin with "test/".
    """
    from tensorboard.plugins.hparams import api as hparams  # at the end of a training alone

    fields = {
        path: value if isinstance(value, (int, float, str)) else str(value) for path, value in recipe.items()
    }
    writer = tf.summary.create_file_writer(str(log_dir))
    with writer.as_default(step=0):
        hparams.hparams(fields, trial_id=str(log_dir))
        for name, value in metrics.items():
            tf.summary.scalar(f"test/{name}", value, description=title_of(name).sentence)
    writer.close()
