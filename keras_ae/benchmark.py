"""One table that compares the variants: the same data and budget for each, and the same layers and code size.

But for those whose file says otherwise in `COMPARED`: the masked one has patches in the place of layers.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from sklearn.decomposition import PCA

from keras_ae import variants
from keras_ae.classifier import train_classifier
from keras_ae.data.dataset import Dataset, held_back_batches, values
from keras_ae.errors import InputError
from keras_ae.heads import Variant, apply
from keras_ae.metrics import active_units, cluster_agreement, evaluate, frechet_distance, linear_probe
from keras_ae.pictures import drawable, grid, save
from keras_ae.recipe import Recipe, override
from keras_ae.runs.kept import described
from keras_ae.runs.run import MOST_FITTED, Run
from keras_ae.runs.scores import reconstructor
from keras_ae.runs.shown import grid_examples
from keras_ae.samplers import FittedMixture, drawing, generate
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.training import train

COLUMNS = {
    "parameters": ("parameters", "{:,.0f}"),
    "code": ("code", "{:.0f}"),
    "seconds": ("s / epoch", "{:.1f}"),
    "mse": ("test MSE", "{:.4f}"),
    "excess_crossentropy": ("excess CE", "{:.4f}"),
    "active_units": ("active units", "{:.0f}"),
    "probe": ("linear probe", "{:.3f}"),
    "nmi": ("k-means NMI", "{:.3f}"),
    "frechet_prior": ("Frechet*, own sampler", "{:.1f}"),
    "frechet_mixture": ("Frechet*, mixture", "{:.1f}"),
}
"""The table's columns: title and form."""

FOOTNOTE = (
    "\\* Frechet distance of {samples:,} samples to as many test examples at most, in the features of a "
    "small classifier trained on the same data (test accuracy {accuracy:.3f}): not the Inception FID, and "
    'not to be compared across tables. "Own sampler": codes from where the variant says; "mixture": '
    "from ten Gaussians fitted to the training codes."
)
SAMPLES = 2000


@dataclass(frozen=True, eq=False)
class Row:
    """A line of the table, and its pictures.

    figures: by column. reconstructions, samples: (10, ...) each; samples may be None.
    """

    name: str
    figures: dict[str, float]
    reconstructions: np.ndarray
    samples: np.ndarray | None


def contenders() -> dict[str, Variant]:
    """Every variant by name: those of a file's `COMPARED`, or one with the defaults of its class."""
    found: dict[str, Variant] = {}
    for info in pkgutil.iter_modules(variants.__path__):
        module = importlib.import_module(f"{variants.__name__}.{info.name}")
        found |= getattr(module, "COMPARED", {info.name: type(module.EXAMPLE[0])()})
    return found


def benchmark(
    data: Dataset,
    root: Path,
    names: Sequence[str] = (),
    epochs: int = 40,
    settings: Sequence[str] = (),
    report: Callable[[str], None] = print,
) -> Path:
    """Trains the named variants, or all, and writes `table.md` and `pictures.png`; gives the folder.

    root: the folder of all benchmarks. One of other data, epochs or settings has a folder of its
    own; what is done in it is not done again, and a training that was cut off goes on.
    settings: changes to every recipe, such as `variant.latent_dim=16`; a variant that one does not fit
        is left out, unless it was named.
    Raises InputError for an unknown name, for settings that no variant takes, and for data that are
    no values in [0, 1].
    """
    all_of_them = contenders()
    unknown = [name for name in names if name not in all_of_them]
    if unknown:
        raise InputError(f"expected variants among {', '.join(all_of_them)}; received {', '.join(unknown)}")
    recipes = {}
    for name in names or all_of_them:
        recipe = Recipe(data, all_of_them[name], Reconstruction(), warmup=100)
        try:
            recipes[name] = replace(override(recipe, [f"epochs={epochs}", *settings]), name=name)
        except InputError as error:
            if name in names or (not recipes and name == list(all_of_them)[-1]):
                raise
            report(f"{name} is left out: {error}")
    first = next(iter(recipes.values()))
    loaded = first.data.load()
    if loaded.domain != "unit":
        raise InputError(
            f"the table compares reconstructions of values in [0, 1], received {loaded.domain} ones; "
            "scale numbers into [0, 1]; of classes there is no such table"
        )
    common = {key: value for key, value in described(first).items() if not key.startswith("variant")}
    common.pop("name")
    key = json.dumps([common, loaded.sha256, [text for text in settings if text.startswith("variant")]])
    folder = root / f"{loaded.name}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
    rows: list[Row] = []
    for name, recipe in recipes.items():
        report(f"{name}: {recipe.variant}")
        own = hashlib.sha256(json.dumps(described(recipe)).encode()).hexdigest()[:8]
        try:
            row = _row(recipe, folder / f"{name}-{own}", loaded, report)
        except InputError as error:
            if name in names:
                raise
            report(f"{name} is left out: {error}")
            continue
        if not rows:
            rows.append(_principal_components(first, loaded, int(row.figures["code"])))
        rows.append(row)
        _write(rows, folder, loaded, first)
    if not rows:
        raise InputError("no variant could be trained on this data with these settings")
    report((folder / "table.md").read_text())
    return folder


def _row(recipe, folder, data, report):
    """The row of a recipe: read from its folder where it is there, else trained and measured."""
    file = folder / "row.npz"
    if file.exists():
        with np.load(file, allow_pickle=False) as kept:
            pictures = {name: kept[name] for name in ("reconstructions", "samples") if name in kept}
            return Row(
                recipe.name,
                json.loads(str(kept["figures"])),
                pictures["reconstructions"],
                pictures.get("samples"),
            )
    run = train(recipe, folder, resume=folder.exists(), report=report)
    row = measured(run)
    pictures = {"reconstructions": row.reconstructions}
    if row.samples is not None:
        pictures["samples"] = row.samples
    aside = folder / "new-row.npz"
    np.savez(aside, figures=json.dumps(row.figures), **pictures)
    os.replace(aside, file)
    return row


def measured(run: Run) -> Row:
    """The row of a trained model."""
    data = run.data
    pair = partial(run.recipe.task.pair, domain=data.domain)
    batches = held_back_batches(data.test, pair, run.recipe.seed, data.classes)
    scores = evaluate(reconstructor(run.heads.end_to_end), batches, data.domain)
    train_split = data.train.thin(MOST_FITTED)
    encoded = run.encode(train_split)
    figures = {
        "parameters": run.heads.end_to_end.count_params(),
        "code": run.latent_dim,
        "seconds": float(np.median([epoch["seconds"] for epoch in run.history])),
        "mse": scores["mse"],
        "excess_crossentropy": scores["excess_crossentropy"],
        **_of_codes(_numbers(encoded), train_split.labels, _numbers(run.encode(data.test)), data),
    }
    if "quantized" in encoded:
        del figures["active_units"]  # it would count the numbers of the vectors that the codes stand for
    named, _ = grid_examples(data.test, run.recipe, data)
    reconstructions = np.asarray(apply(run.heads.end_to_end, named)["reconstruction"])
    samples = None
    sampler = getattr(run.recipe.variant, "sampler", None)
    mixture = FittedMixture() if np.issubdtype(encoded["code"].dtype, np.floating) else None
    for column, kind in (("frechet_mixture", mixture), ("frechet_prior", sampler)):
        if kind is not None:
            labels = np.arange(SAMPLES) % max(1, data.classes)
            drawn = generate(
                run.heads, drawing(kind.fit(run.heads, encoded))(SAMPLES, 0), labels, data.classes
            )
            samples = drawn[:10]
            figures |= _frechet(column, drawn, data)
    return Row(run.name, figures, reconstructions, samples)


def _principal_components(recipe, data, size):
    """PCA of the code size of the first variant, by scikit-learn, as the first row."""
    train_split = data.train.thin(MOST_FITTED)
    flat = {
        name: np.asarray(values(split.examples)).reshape(len(split), -1)
        for name, split in (("train", train_split), ("test", data.test))
    }
    size = min(size, *flat["train"].shape)
    pca = PCA(size, random_state=0).fit(flat["train"])
    codes = {name: pca.transform(part).astype(np.float32) for name, part in flat.items()}

    def decode(part):
        return pca.inverse_transform(part).clip(0, 1).reshape(-1, *data.test.shape).astype(np.float32)

    pair = partial(recipe.task.pair, domain=data.domain)
    batches = held_back_batches(data.test, pair, recipe.seed)
    scores = evaluate(
        lambda named: decode(pca.transform(np.asarray(named["inputs"]).reshape(len(named["inputs"]), -1))),
        batches,
        data.domain,
    )
    drawn = decode(drawing(FittedMixture().fit(None, {"code": codes["train"]}))(SAMPLES, 0))
    figures = {
        "parameters": pca.components_.size + pca.mean_.size,
        "code": size,
        "mse": scores["mse"],
        "excess_crossentropy": scores["excess_crossentropy"],
        **_of_codes(codes["train"], train_split.labels, codes["test"], data),
        **_frechet("frechet_mixture", drawn, data),
    }
    named, _ = grid_examples(data.test, recipe, data)
    shown = pca.transform(np.asarray(named["inputs"]).reshape(len(named["inputs"]), -1))
    return Row("PCA", figures, decode(shown), drawn[:10])


def _numbers(encoded):
    """Codes to measure with: of quantized ones the vectors that the numbers stand for."""
    return encoded.get("quantized", encoded["code"])


def _of_codes(train_codes, train_labels, test_codes, data):
    """What the codes alone tell."""
    train_codes, test_codes = (part.reshape(len(part), -1) for part in (train_codes, test_codes))
    found = {"active_units": active_units(test_codes)}
    if data.classes and len(np.unique(train_labels)) > 1:  # else there is nothing to tell apart
        found["probe"] = linear_probe((train_codes, train_labels), (test_codes, data.test.labels))
        found["nmi"] = cluster_agreement(test_codes, data.test.labels)
    return found


def _frechet(column, samples, data):
    if not data.classes or len(data.test) < 2:
        return {}
    classifier = train_classifier(data)
    real = np.asarray(values(data.test.thin(SAMPLES).examples))
    return {column: frechet_distance(classifier(samples)["features"], classifier(real)["features"])}


def _write(rows, folder, data, recipe):
    """The table and the picture grid of the rows that there are."""
    folder.mkdir(parents=True, exist_ok=True)
    used = [column for column in COLUMNS if any(column in row.figures for row in rows)]
    lines = [
        f"| variant | {' | '.join(COLUMNS[column][0] for column in used)} |",
        "|---|" + "---:|" * len(used),
    ]
    for row in rows:
        cells = (
            COLUMNS[column][1].format(row.figures[column]) if column in row.figures else "-"
            for column in used
        )
        lines.append(f"| {row.name} | {' | '.join(cells)} |")
    lines += ["", f"{data.name}, {len(data.train):,} examples to train on, {recipe.epochs} epochs each"]
    lines[-1] += "; what trains in stages has those of its earlier stages besides."
    if data.classes:
        accuracy = train_classifier(data).accuracy
        lines += ["", FOOTNOTE.format(samples=SAMPLES, accuracy=accuracy)]
    (folder / "table.md").write_text("\n".join(lines) + "\n")
    if drawable(data.test.shape):
        save(
            _sheet(rows, grid_examples(data.test, recipe, data)[0]["inputs"], data.domain),
            folder / "pictures.png",
        )


def _sheet(rows, inputs, domain):
    """Reconstructions to the left and samples to the right, a variant's name before its row."""
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
    height = body.shape[0] // (len(rows) + 1)
    margin = Image.new("L", (8 * max(len(row.name) for row in rows) + 16, body.shape[0]), 128)
    drawing = ImageDraw.Draw(margin)
    for number, name in enumerate(["input"] + [row.name for row in rows]):
        drawing.text((6, number * height + height // 2 - 4), name, fill=255)
    side = np.repeat(np.asarray(margin)[..., None], body.shape[-1], axis=-1)
    return np.concatenate([side, body], axis=1)
