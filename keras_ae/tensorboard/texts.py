"""TensorBoard's pages of examples that are texts: reconstructions, samples and a walk between two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import code_sampler, generate
from keras_ae.data.scaling import Scaler
from keras_ae.formats import Format
from keras_ae.runs.run import MOST_FITTED, Run

__all__ = ["text_block", "text_of_rows", "write_final_texts"]

SHOWN, STEPS = 10, 7
"""Texts of a page, and steps of a walk."""


def text_of_rows(rows: Mapping[str, Any], scaler: Scaler, format: Format | None) -> str:
    """Rows of examples as a page of texts, one example after another.

    Args:
        rows: Rows by name, (n, ...) each, model inputs.
        scaler: The scaler between the examples and their original units.
        format: The examples' format, if they have one.

    Returns:
        Markdown; "" for examples that are no texts.
    """
    if format is None:
        return ""
    values = {name: scaler.inverse_transform(np.asarray(row[:SHOWN])) for name, row in rows.items()}
    width = max(map(len, values))
    lines = [
        f"{name:{width}}  {text}"
        for examples in zip(*values.values(), strict=True)
        for name, text in zip(values, map(format.text, examples), strict=True)
    ]
    has_text = any(line.strip() not in values for line in lines)
    return text_block(lines) if has_text else ""


def text_block(lines: Sequence[str]) -> str:
    """Lines as Markdown that shows them as they are.

    Args:
        lines: The lines; newlines inside one are shown as such.

    Returns:
        Markdown.
    """
    shown = [line.replace("\n", "\\n") for line in lines]
    return "\n".join(f"    {line}" for line in shown)


def write_final_texts(run: Run) -> None:
    """Writes samples and a walk between two test examples of a finished run, where examples are texts.

    Args:
        run: A finished run.
    """
    format, heads, scaler = run.data.format, run.heads, run.data.scaler
    if format is None or not format.served_name or not heads.takes_code_alone or run.data.classes:
        return

    def texts(tensors: dict[str, np.ndarray]) -> list[str]:
        return [
            format.text(example) for example in scaler.inverse_transform(generate(heads, tensors, None, 0))
        ]

    pages = {}
    codes = run.encode(run.data.test.take(slice(2)))["code"]
    if len(codes) == 2 and np.issubdtype(codes.dtype, np.floating):
        along = np.linspace(0, 1, STEPS, dtype=np.float32).reshape((-1,) + (1,) * (codes.ndim - 1))
        pages["interpolation"] = texts({"code": (1 - along) * codes[:1] + along * codes[1:]})
    sampler = run.recipe.variant.sampler
    if sampler is not None:
        encoded = run.encode(run.data.train.thin(MOST_FITTED))
        pages["samples"] = texts(code_sampler(sampler.fit(heads, encoded))(SHOWN, 0))
    writer = tf.summary.create_file_writer(str(run.directory))
    with writer.as_default(step=0):
        for name, lines in pages.items():
            if any(lines):
                tf.summary.text(name, text_block(lines))
    writer.close()
