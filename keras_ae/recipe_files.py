"""The files of recipes and their descriptions; it reads the files and imports none of them."""

from __future__ import annotations

import ast
import functools
import importlib
import logging
import os
from pathlib import Path

from keras_ae.catalog import names_beside, variants_called
from keras_ae.errors import InputError
from keras_ae.names import check_name, nearby

__all__ = [
    "FOLDERS",
    "new_imports",
    "new_name",
    "no_recipe",
    "recipe_file",
    "recipe_files",
    "recipe_names",
    "recipe_stem",
    "summary",
]

logger = logging.getLogger(__name__)


def _packaged_folder() -> Path:
    """The folder of the recipes that come with the package: inside it if installed, beside it in a clone."""
    inside = Path(__file__).resolve().parent / "recipes"
    return inside if _recipes_in(inside) else inside.parent.parent / "recipes"


def _recipes_in(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.py") if path.name[0] not in "_."]


FOLDERS = (Path("recipes"), _packaged_folder())
"""The folders of recipes: the working folder's own, then the one that comes with the package."""


def recipe_files() -> dict[str, Path]:
    """The recipes in the folders; those of the working folder take precedence, which is logged.

    Returns:
        The path of each recipe by its name, sorted by name.

    Raises:
        InputError: If there is none.
    """
    files = _files()
    if not files:
        raise InputError(
            f"expected recipes in {FOLDERS[0]}{os.sep} here or in {FOLDERS[1]}, found none; "
            "install keras_ae again, or write a recipe"
        )
    _tell_hidden(tuple(name for name, path in files.items() if _hides(path)))
    return files


def recipe_file(name: str) -> Path:
    """The file of a recipe.

    Args:
        name: The recipe's name, or the path of a .py file.

    Returns:
        The file's path. That it hides another recipe of the package is logged.

    Raises:
        InputError: If there is no such recipe or file, or the file's name is none that folders may have.
    """
    files = _files()
    path = files.get(name) or (Path(name) if name.endswith(".py") and os.path.isfile(name) else None)
    if path is None:
        raise no_recipe(name)
    check_name(path.stem, f"the name of a recipe's file, {path} without its suffix,")
    if name in files and _hides(path):
        _tell_hidden((name,))
    return path


def no_recipe(text: str) -> InputError:
    """The error that there is no recipe of a name.

    Args:
        text: A name, or the path of a .py file.

    Returns:
        The error, with names that are near; of a variant's name it says how a recipe takes one.
    """
    if text.endswith(".py"):
        return InputError(f"there is no file {text!r}{nearby(text, names_beside(text))}; check the path")
    called = variants_called(text)
    if called:
        variant, setting = called[0], f'SET="variant={called[0]}"'
        having = [name for name, path in _files().items() if _has(path, variant)]
        advice = (
            f"make train RECIPE={having[0]}, which has it"
            if having
            else f"make train RECIPE=digits {setting}"
        )
        others = f"; other recipes take it by {setting}" if having else ""
        return InputError(
            f"{text} is no recipe but a variant of autoencoders, {' or '.join(called)}: {advice}{others}; "
            "keras-ae benchmark compares variants"
        )
    near = nearby(text, recipe_names())
    return InputError(
        f"there is no recipe called {text!r}{near}; keras-ae list names the recipes; the path of a .py file "
        "may stand in the place of a name"
    )


def _has(path: Path, variant: str) -> bool:
    """Whether a recipe's file has a variant, so written as those of this package are."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return f"\n    variant={variant}(" in text


def recipe_names() -> list[str]:
    """The names of the recipes in the folders.

    Returns:
        The names, sorted.
    """
    return list(_files())


def recipe_stem(text: str) -> str:
    """The name that a recipe has, or would have.

    Args:
        text: A recipe's name, or the path of a .py file, which need not exist.

    Returns:
        The name; of a path that of the file, without its suffix.
    """
    return Path(text).stem if text.endswith(".py") else text


def _files() -> dict[str, Path]:
    """The path of each recipe by its name, sorted by name."""
    files = [path for folder in reversed(FOLDERS) for path in _recipes_in(folder)]
    return dict(sorted((path.stem, path) for path in files))


def _hides(path: Path) -> bool:
    """Whether a recipe takes the place of one of the package's that has another content."""
    packaged = FOLDERS[1] / path.name
    return packaged.is_file() and path.read_bytes() != packaged.read_bytes()


@functools.cache  # once in a process
def _tell_hidden(names: tuple[str, ...]) -> None:
    """Logs, in one line, which recipes of the working folder hide those of the package."""
    if names:
        logger.warning(
            "%s of %s%s here, instead of what comes with keras_ae", ", ".join(names), FOLDERS[0], os.sep
        )


def summary(path: Path) -> str:
    """The first line of a recipe's docstring.

    Args:
        path: The recipe's file.

    Returns:
        The line; where there is none, a note that says why.
    """
    try:
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    except (SyntaxError, UnicodeDecodeError) as error:
        return f"cannot be read: {error}"
    return text.splitlines()[0] if text else "(no description)"


def new_name(name: str) -> str | None:
    """The present name of a module, class or function of this package that has moved.

    Args:
        name: Its former dotted name, such as "keras_ae.blocks.dense.DenseBackbone".

    Returns:
        The present dotted name; None if the name has not changed.
    """
    package, *parts = name.split(".")
    for end in range(len(parts), 0, -1):
        moved = MOVED.get(".".join(parts[:end]))
        if moved is not None:
            return ".".join([package, moved, *parts[end:]])
    return None


def new_imports(path: Path) -> list[str]:
    """The imports to write in a file in place of those of names that have moved.

    Args:
        path: A Python file.

    Returns:
        Statements such as "from keras_ae.backbones.dense import DenseBackbone".
    """
    statements = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "keras_ae":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.split(".")[0] == "keras_ae"]
        else:
            continue
        for new in (new_name(name) for name in names if not _exists(name)):
            if new is not None:
                module, _, own = new.rpartition(".")
                is_plain = isinstance(node, ast.Import)
                statements.append(f"import {new}" if is_plain else f"from {module} import {own}")
    return statements


def _exists(name: str) -> bool:
    """Whether a dotted name can be imported."""
    module, _, own = name.rpartition(".")
    try:
        if module and own in vars(importlib.import_module(module)):
            return True
        importlib.import_module(name)
    except ImportError:
        return False
    return True


MOVED = dict(
    line.split()
    for line in """
    baselines tasks.baselines
    beam apps.encoding.beam
    benchmark experiments.benchmark
    blocks.colour blocks.color
    blocks.conv1d backbones.conv1d
    blocks.conv2d backbones.conv2d
    blocks.corruption tasks.corruption
    blocks.critic.Permuted blocks.critic.PermuteDimensions
    blocks.decay backbones.weight_decay
    blocks.dense backbones.dense
    blocks.discrepancy blocks.divergences
    blocks.holes tasks.holes
    blocks.patches backbones.patches
    blocks.patches.Hide backbones.patches.RandomMasking
    blocks.patches.Places backbones.patches.PositionEncoding
    blocks.pseudo blocks.pseudo_inputs
    blocks.pseudo.MixtureDraw blocks.pseudo_inputs.PosteriorMixtureSampling
    blocks.recurrent backbones.recurrent
    blocks.restoring.Coloured blocks.restoring.Colored
    blocks.restoring.Recoloured blocks.restoring.Recolored
    blocks.sampling.PriorDraws blocks.sampling.PriorSampling
    blocks.scoring.Drawn blocks.scoring.PosteriorSamples
    blocks.scoring.Shares blocks.scoring.Contributions
    blocks.scoring.Standardised blocks.scoring.Standardized
    blocks.steps backbones.steps
    board tensorboard.overview
    board.write_projector tensorboard.projector.write_projector
    callbacks.Checkpoint callbacks.checkpoint.Checkpoint
    callbacks.Pictures callbacks.images.ReconstructionImages
    callbacks.Throughput callbacks.throughput.Throughput
    callbacks.kept_epochs runs.checkpoint.completed_epochs
    callbacks.read_state runs.checkpoint.read_state
    card runs.card
    catalogue recipe_files
    classifier metrics.classifier
    cli.asked apps.generation.session
    cli.conversions cli.convert
    cli.detections cli.detect
    cli.encoding cli.encode
    cli.exports cli.serve
    cli.folders cli.arguments
    cli.generations cli.generate
    cli.predictions cli.predict
    cli.restorations cli.restore
    cli.sweeps cli.sweep
    cli.trainings cli.train
    client.faults client.transport
    data.connections data.tables.connections
    data.crops data.images.crops
    data.csvs data.tables.reading
    data.csvs.Column data.tables.columns.Column
    data.csvs.Table data.tables.columns.Table
    data.csvs.detect_dialect data.tables.dialect.detect_dialect
    data.daily data.series.daily
    data.dataset.Data data.types.Data
    data.dataset.Named data.dataset.Dataset
    data.dataset.Pictures data.types.ImageSequence
    data.dataset.Points data.series.points.Points
    data.dataset.Split data.examples.Split
    data.dataset.Units data.scaling.Scaler
    data.dataset.assign data.splits.assign
    data.dataset.digests data.splits.digests
    data.dataset.hashes data.splits.hashes
    data.dataset.inference_batch heads.inference_batch
    data.dataset.people_have data.scaling.in_original_units
    data.dataset.split_by_content data.splits.split_by_content
    data.dataset.values data.tensors.values
    data.images data.images.folder
    data.intake data.tables.preprocessing
    data.intake.Intake data.tables.preprocessing.Preprocessor
    data.kept_pieces data.music.cache
    data.level_folder data.levels.folder
    data.level_windows data.levels.windows
    data.levels data.levels.published
    data.made_levels data.levels.generated
    data.made_levels.MadeLevels data.levels.generated.GeneratedLevels
    data.midi_folder data.music.folder
    data.mnist data.images.mnist
    data.music data.music.published
    data.network data.tables.nsl_kdd
    data.one_class data.images.one_class
    data.photos data.images.photos
    data.pieces data.music.pieces
    data.published data.images.published
    data.rows data.streams.rows
    data.series data.series.resample
    data.series_sets data.series.published
    data.sprites data.images.sprites
    data.stream data.streams.stream
    data.tables data.tables.tables
    data.timeseries data.series.windows
    data.types.LARGEST data.examples.LARGEST
    data.types.Points data.series.points.Points
    data.types.Scaler data.scaling.Scaler
    data.types.SeriesGroup data.series.points.SeriesGroup
    data.types.Split data.examples.Split
    data.types.in_original_units data.scaling.in_original_units
    data.types.values data.tensors.values
    decoding imaging.decode
    detecting apps.detection
    detecting.scored apps.detection.scoring
    detecting.written apps.detection.report
    disentanglement metrics.disentanglement
    drawing tensorboard.render
    encoding apps.encoding
    generating apps.generation
    generating.choosing apps.generation.selection
    generating.codes apps.generation.latent_space
    generating.given apps.generation.inputs
    generating.made apps.generation.generate
    generating.stitched apps.generation.stitching
    heads.Variant variants.Variant
    latent callbacks.latent
    latent.Latent callbacks.latent.LatentSpace
    levels formats.levels
    levels.drawings formats.levels.sprites
    levels.platformer.stands formats.levels.jumps.stands
    levels.repair formats.levels.game
    levels.traits formats.levels.tile_attributes
    media formats
    media.Medium formats.Format
    media.chorales formats.music.chorales
    media.levels formats.levels.tile_levels
    media.pictures formats.images
    media.pictures.Pictures formats.images.Images
    metrics metrics.reconstruction
    metrics.active_units metrics.codes.active_units
    metrics.cluster_agreement metrics.codes.cluster_agreement
    metrics.colour_error losses.color_distance
    metrics.frechet_distance metrics.samples.frechet_distance
    metrics.importance_sampled_nll metrics.likelihood.importance_sampled_nll
    metrics.linear_probe metrics.codes.linear_probe
    metrics.measures metrics.reconstruction.domain_metrics
    metrics.published_measures metrics.reconstruction.published_metrics
    music formats.music
    music.figures formats.music.metrics
    neighbours metrics.nearest
    pictures imaging.grid
    points tasks.window_scores
    ranges metrics.ranges
    restoring apps.restoration
    restoring.pictures apps.restoration.images
    restoring.pictures.Picture apps.restoration.images.DecodedImage
    recipe.override_data overrides.override_data
    recipe.recipe_classes overrides.recipe_classes
    runs.kept runs.artifacts
    runs.kept.Saved runs.artifacts.Artifacts
    runs.kept.check_same_data runs.data_facts.check_same_data
    runs.kept.differences runs.settings.differences
    runs.kept.reopen runs.load.load_run
    runs.kept.save_data_facts runs.data_facts.save_data_facts
    runs.kept.save_heads runs.artifacts.save_artifacts
    runs.kept.saved runs.artifacts.load_artifacts
    runs.run.fits runs.data_facts.fits
    runs.scores runs.evaluation
    runs.shown tensorboard.final
    runtimes serving.runtimes
    samplers blocks.samplers
    samplers.OwnPrior blocks.samplers.LearnedPrior
    scores tasks.anomaly_scores
    serving.files serving.config_files
    serving.pictures serving.images
    sheet imaging.contact_sheet
    sweep experiments.sweep
    tasks.inpainting.Holes tasks.holes.Holes
    tasks.restoration.Corruption tasks.corruption.Corruption
    tasks.restoration.check_photographs tasks.photo_restoration.check_photographs
    thresholds tasks.thresholds
    thresholds.Fitted tasks.thresholds.FittedThreshold
    trainees training.trainer
    trainees.AdversarialTrainee training.adversarial.AdversarialTrainer
    trainees.Trainee training.trainer.Trainer
    training training.train
    training.loss_for training.objective.loss_for
    training.optimizer_for training.schedule.optimizer_for
    variants.disentangled_prior variants.dip_vae
    variants.disentangled_prior.DisentangledPrior variants.dip_vae.DIPVAE
    variants.factor variants.factor_vae
    variants.factor.Factor variants.factor_vae.FactorVAE
    variants.info variants.info_vae
    variants.info.Info variants.info_vae.InfoVAE
    variants.total_correlation variants.beta_tc_vae
    variants.total_correlation.TotalCorrelation variants.beta_tc_vae.BetaTCVAE
    variants.vamp variants.vamp_prior
    variants.vamp.Vamp variants.vamp_prior.VampPrior
    """.strip().splitlines()
)
"""Present names of modules, classes and functions by their former ones, both without the package's."""
