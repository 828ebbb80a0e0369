"""The table: its columns, their means and standard deviations over seeds, and the images beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_ae.data.pipeline import PairedData
from keras_ae.data.types import Data
from keras_ae.experiments.benchmark.rows import SAMPLES, Row
from keras_ae.files import replace_text
from keras_ae.imaging.captions import with_captions
from keras_ae.imaging.grid import grid, is_image_shape, save
from keras_ae.metrics.classifier import train_classifier
from keras_ae.recipe import Recipe
from keras_ae.tensorboard.final import grid_examples

__all__ = ["COLUMNS", "write_table"]

COLUMNS = {
    "parameters": ("parameters", "{:,.0f}"),
    "code": ("code", "{:.0f}"),
    "seconds": ("s / epoch", "{:.1f}"),
    "mse": ("test MSE", "{:.4f}"),
    "excess_crossentropy": ("excess CE", "{:.4f}"),
    "checkerboard": ("checkerboard", "{:.2f}"),
    "active_units": ("active units", "{:.0f}"),
    "probe": ("linear probe", "{:.3f}"),
    "probe_100": ("linear probe, 100 labels", "{:.3f}"),
    "knn": ("nearest neighbors", "{:.3f}"),
    "nmi": ("k-means NMI", "{:.3f}"),
    "mig": ("MIG", "{:.3f}"),
    "beta_vae_score": ("beta-VAE score", "{:.3f}"),
    "frechet_prior": ("Frechet*, own sampler", "{:.1f}"),
    "frechet_mixture": ("Frechet*, mixture", "{:.1f}"),
}
"""The table's columns: title and number format."""

FOOTNOTE = (
    "\\* Frechet distance between {samples:,} samples and at most as many test examples, in the features of "
    "a small classifier trained on the same data (test accuracy {accuracy:.3f}): not the Inception FID, and "
    'not comparable across tables. "Own sampler": codes from the variant\'s own sampler; "mixture": codes '
    "from ten Gaussians fitted to the training codes."
)

OF_FACTORS = (
    "MIG (Chen et al. 2018; 20 bins) and beta-VAE score (Higgins et al. 2017; chance {chance:.3f}) are "
    "computed on the {count:,} test examples and the factors that vary in them: {names}."
)


def write_table(lines: Sequence[Sequence[Row]], folder: Path, data: Data, recipe: Recipe, seeds: int) -> None:
    """Writes `table.md`, `figures.json` and, if examples are images, `images.png`.

    Args:
        lines: The rows of all seeds for each variant; images are those of the first seed.
        folder: The folder to write into.
        data: The data.
        recipe: The recipe of the first seed.
        seeds: The number of seeds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(folder / "table.md", _table(lines, data, recipe, seeds))
    metrics = {
        "seeds": list(range(recipe.seed, recipe.seed + seeds)),
        "figures": {rows[0].name: [row.metrics for row in rows] for rows in lines},
    }
    replace_text(folder / "figures.json", json.dumps(metrics, indent=1) + "\n")
    if is_image_shape(data.test.shape):
        inputs = grid_examples(data.test, PairedData(data, recipe.task, recipe.seed))[0]["inputs"]
        save(_sheet([rows[0] for rows in lines], inputs, data.domain), folder / "images.png")


def _table(lines, data, recipe, seeds):
    """The text of the table and its footnotes."""
    used = [column for column in COLUMNS if any(column in rows[0].metrics for rows in lines)]
    text = [
        f"| variant | {' | '.join(COLUMNS[column][0] for column in used)} |",
        "|---|" + "---:|" * len(used),
        *(f"| {rows[0].name} | {' | '.join(_cell(rows, column) for column in used)} |" for rows in lines),
        "",
        f"{data.name}, {len(data.train):,} training examples, {recipe.epochs} epochs each"
        "; variants that train in stages have the epochs of their earlier stages in addition.",
    ]
    if seeds > 1:
        text[-1] += (
            f" Mean ± standard deviation (n - 1) of {seeds} trainings, seeds {recipe.seed} to "
            f"{recipe.seed + seeds - 1}; a single number if all agree."
        )
    if "mig" in used:
        varying = [name for name in data.factor_names if f"mig_{name}" in lines[0][0].metrics]
        facts = {"chance": 1 / len(varying), "count": len(data.test), "names": ", ".join(varying)}
        text += ["", OF_FACTORS.format(**facts)]
    if data.classes:
        text += ["", FOOTNOTE.format(samples=SAMPLES, accuracy=train_classifier(data).accuracy)]
    return "\n".join(text) + "\n"


def _cell(rows, column):
    """A metric, or its mean and standard deviation over several seeds."""
    metrics = [row.metrics[column] for row in rows if column in row.metrics]
    if not metrics:
        return "-"
    form = COLUMNS[column][1]
    if len(set(metrics)) == 1:
        return form.format(metrics[0])
    return f"{form.format(np.mean(metrics))} ± {form.format(np.std(metrics, ddof=1))}"


def _sheet(rows, inputs, domain):
    """Reconstructions on the left and samples on the right, one row per variant, labeled with its name."""
    blank = np.full_like(np.asarray(inputs), 0.5)
    halves = [
        grid({"input": inputs} | {row.name: row.reconstructions for row in rows}, domain),
        grid(
            {"input": blank}
            | {row.name: blank if row.samples is None else row.samples[: len(blank)] for row in rows},
            domain,
        ),
    ]
    body = np.concatenate(halves, axis=1)
    return with_captions(body, ["input", *(row.name for row in rows)])
