"""A trained model as a codec, beside principal components, JPEG and WebP at equal quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from keras_ae.codec.grid import are_whole
from keras_ae.errors import InputError
from keras_ae.experiments.codec.images import image_files
from keras_ae.experiments.codec.packed import (
    TRIED,
    Coded,
    Coder,
    coded,
    components,
    grid_for,
    psnr,
    stored,
)
from keras_ae.heads import batched
from keras_ae.imaging.grid import is_image_shape
from keras_ae.runs.run import Run

__all__ = ["TITLES", "compare_codecs", "pays_from", "table_rows"]

TITLES = ("", "PSNR", "bytes an example", "of them headers", "model / this", "model's bytes", "pays from")

TOLERANCE = 0.05
"""How much larger the mean squared error of a validation example may become by quantization."""

MOST_FITTED = 20_000
"""Training examples that principal components are fitted to, at most."""

MOST_COMPONENTS = 512
"""Principal components, at most."""

MOST_VALIDATION = 2_000
"""Validation examples that steps are chosen on, at most."""


def compare_codecs(
    run: Run, least: float | None = None, report: Callable[[str], None] = print
) -> list[Coded]:
    """Stores the test examples of a run in several ways, of one quality on the validation split.

    Args:
        run: A trained run of examples in [0, 1], whose decoder takes a code alone.
        least: The mean PSNR in dB that steps, components and qualities are chosen for; None for that of the
            model where its mean squared error grows by a twentieth, or of its whole numbers.
        report: Called with the quality.

    Returns:
        The model first, then principal components, and of images files of common formats.

    Raises:
        InputError: The examples, or the model, are of another kind.
    """
    model = _model(run)
    train, validation, test = (
        split.thin(most).numbers
        for split, most in (
            (run.data.train, MOST_FITTED),
            (run.data.validation, MOST_VALIDATION),
            (run.data.test, 2**62),
        )
    )
    least = _quality(model, validation) if least is None else least
    report(f"mean PSNR of validation examples: at least {least:.2f} dB")
    rows = [coded(model, validation, test, least), _best_components(train, validation, test, least)]
    if is_image_shape(test.shape[1:]):
        rows += image_files(validation, test, least)
    return rows


def _model(run: Run) -> Coder:
    """A run's heads as a coder."""
    heads, shape = run.heads, run.data.train.shape
    if not run.data.domain.unit_interval or None in shape:
        raise InputError(
            f"expected a model of values in [0, 1] for a comparison by PSNR, {run.name} has "
            f"{run.data.domain.kind} ones; keras-ae compress stores codes of any"
        )
    target = tuple(heads.decoder.output["reconstruction"].shape[1:])
    alone = {tensor.name for tensor in heads.decoder.inputs} <= {"code", "choices"}
    if not alone or target != shape or heads.any_size:
        raise InputError(
            f"expected a model that gives back its input from a code alone, the decoder of {run.name} takes "
            "more, or gives something else; take another recipe"
        )

    def encode(examples: np.ndarray) -> np.ndarray:
        codes = batched(heads.encoder, {"inputs": examples}, names=("code",))["code"]
        return codes.reshape(len(codes), -1)

    def decode(codes: np.ndarray) -> np.ndarray:
        dtype = heads.decoder.get_layer("code").output.dtype
        shaped = codes.reshape(len(codes), *heads.code_shape).astype(dtype)
        return batched(heads.decode, {"code": shaped}, names=("reconstruction",))["reconstruction"]

    return Coder(run.name, encode, decode, 4 * heads.decoder.count_params())


def _quality(model: Coder, validation: np.ndarray) -> float:
    """The PSNR of a model where its squared errors grow by a twentieth; its own where codes are whole."""
    codes = model.encode(validation)
    own = psnr(validation, model.decode(codes))
    return own if are_whole(codes) else own - 10 * float(np.log10(1 + TOLERANCE))


def _best_components(train: np.ndarray, validation: np.ndarray, test: np.ndarray, least: float) -> Coded:
    """Test examples as the principal components that take the fewest bytes on the validation split."""
    of = components(train, MOST_COMPONENTS)
    best: tuple[float, Coder] | None = None
    for count in TRIED:
        coder = of(count)
        codes = coder.encode(validation)
        if psnr(validation, coder.decode(codes)) >= least:  # else they are not good enough unquantized
            size = stored(codes, grid_for(coder, validation, least))[0].codes
            best = (size, coder) if best is None or size < best[0] else best
        if codes.shape[1] < count:  # there are no more
            break
    return coded(coder if best is None else best[1], validation, test, least)


def table_rows(rows: Sequence[Coded]) -> list[list[str]]:
    """The table of a comparison.

    Args:
        rows: As `compare_codecs` returns them, the model first.

    Returns:
        Rows of cells, the titles first.
    """
    model, table = rows[0], [list(TITLES)]
    for row in rows:
        pays = pays_from(model, row)
        table.append(
            [
                row.name,
                f"{row.psnr:.2f}",
                f"{row.size:.2f}",
                f"{row.header:.2f}",
                f"{model.size / row.size:.2f}",
                f"{row.model:,}",
                "-" if row is model else "never" if pays is None else f"{pays:,}",
            ]
        )
    return table


def pays_from(model: Coded, other: Coded) -> int | None:
    """The number of examples from which a model and its codes take less than another form.

    Args:
        model: The model's codes.
        other: The other form.

    Returns:
        The number; None for never.
    """
    gain = other.size - model.size
    return None if gain <= 0 else max(1, int(np.ceil((model.model - other.model) / gain)))
