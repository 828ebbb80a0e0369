"""Augmentations: pure functions of seed, epoch and index, of training examples alone."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.cli.arguments import split_settings
from keras_ae.data import augmentation
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.augmentation import Augmentation, augmented, check_augmentations, doubts_about
from keras_ae.data.augmentation.characters import Substitution
from keras_ae.data.augmentation.intensity import Brightness, Contrast, Gain, Noise, Scaling
from keras_ae.data.augmentation.random_numbers import by_seed
from keras_ae.data.augmentation.spatial import Flip, Rotation, Shift, Zoom, _mapped
from keras_ae.data.augmentation.time_axis import TimeShift, moved
from keras_ae.data.dataset import Sample
from keras_ae.data.examples import Split
from keras_ae.data.levels.generated import GeneratedLevels
from keras_ae.data.pipeline import Autoencoding, PairedData
from keras_ae.data.sequences.digit_paths import DigitPaths
from keras_ae.data.tables.tables import TableFile
from keras_ae.data.text.documentation import PythonDocs
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.files import classes_below
from keras_ae.formats.sounds.waveforms import Waveforms
from keras_ae.formats.text.texts import Texts
from keras_ae.recipe import Recipe, flat, override, replaced
from keras_ae.runs.rebuild import recipe_from_settings
from keras_ae.runs.settings import settings_of
from keras_ae.tasks.corruption import Gaussian
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.tasks.restoration import Denoising
from keras_ae.tensorboard.augmented import write_augmented
from keras_ae.training.examples import Examples, completed
from keras_ae.training.train import build, trainer_for
from keras_ae.variants.undercomplete import Undercomplete

SHAPES = {"images": (9, 7, 2), "clips": (3, 9, 7, 2), "series": (12, 3), "sounds": (40,), "vectors": (6,)}
SHAPES["texts"] = (30, 8)
ALL = (Shift(fill_mode="reflect"), Zoom(fill_mode="reflect"))
ALL += tuple(kind() for kind in classes_below(augmentation, Augmentation))
SEVERAL = (Shift(1), Flip(), Noise(0.1))


def data_of(kind, domain="unit", count=12, **fields):
    examples = np.random.default_rng(1).random((count, *SHAPES[kind])).astype(np.float32)
    if kind == "texts":
        examples, domain = texts_of(count), "categorical"
        fields = {"format": Texts(tuple("abcdef"), 30)} | fields
    split = Split(examples, np.arange(count) % 3)
    fields = {"format": Waveforms(8000)} | fields if kind == "sounds" else fields
    return Data(kind, split, split, split, domain, **fields)


def texts_of(count):
    """One-hot texts of 10 to 29 characters, an end each, and zeros after it."""
    lengths = 10 + np.arange(count) % 20
    classes = np.random.default_rng(2).integers(2, 8, (count, 30))
    classes[np.arange(count), lengths] = 0
    return np.eye(8, dtype=np.float32)[classes] * (np.arange(30) <= lengths[:, None])[..., None]


def seeds_of(count, epoch=0):
    return tf.stack([tf.zeros(count, tf.int64), epoch * 2**32 + tf.range(count, dtype=tf.int64)], axis=1)


def epoch_of(paired, epoch, from_epoch=0):
    batches, steps = paired.training_batches(4, from_epoch)
    batches = batches.skip(steps * (epoch - from_epoch)).take(steps)
    found = [(tensors["seeds"], targets, tensors["condition"]) for tensors, targets in batches]
    return [np.concatenate(part) for part in zip(*found, strict=True)]


CASES = [(each, kind) for each in ALL for kind in each.kinds]


@pytest.mark.parametrize(("each", "kind"), CASES, ids=lambda case: str(case).partition("(")[0])
def test_an_example_is_augmented_alike_in_any_batch_and_otherwise_in_another_epoch(each, kind):
    examples, seeds = data_of(kind).train.examples, seeds_of(12)
    whole = augmented((each,), examples, seeds, "real").numpy()
    order = np.array([7, 2, 11])
    some = augmented((each,), examples[order], tf.gather(seeds, order), "real").numpy()
    np.testing.assert_allclose(some, whole[order], atol=1e-6)  # kernels round by batch shape
    assert whole.shape == examples.shape
    assert np.abs(whole - examples).max() > 1e-3
    assert np.abs(whole - augmented((each,), examples, seeds_of(12, 1), "real").numpy()).max() > 1e-3
    assert len({row.tobytes() for row in whole - examples}) > 1


@pytest.mark.parametrize(("each", "kind"), CASES, ids=lambda case: str(case).partition("(")[0])
def test_values_stay_in_their_domain(each, kind):
    ends = (
        data_of(kind).train.examples
        if kind == "texts"
        else (data_of(kind).train.examples > 0.5).astype(np.float32)
    )
    changed = augmented((each,), ends, seeds_of(12), "unit").numpy()
    assert changed.min() >= 0
    assert changed.max() <= 1


def test_epochs_differ_and_a_resumed_run_sees_the_same():
    paired = PairedData(data_of("images"), Autoencoding(), 5, SEVERAL)
    whole, again, resumed = epoch_of(paired, 1), epoch_of(paired, 1), epoch_of(paired, 1, from_epoch=1)
    for part, same, other in zip(whole, again, resumed, strict=True):
        np.testing.assert_array_equal(part, same)
        np.testing.assert_array_equal(part, other)
    index = whole[0][:, 1] - 2**32
    np.testing.assert_allclose(whole[1], paired.augmented_examples(index, 1), atol=1e-6)  # as above
    assert np.abs(paired.augmented_examples(index, 0) - whole[1]).max() > 0.1


def test_classes_are_kept():
    data = data_of("images")
    seeds, _, condition = epoch_of(PairedData(data, Autoencoding(), 0, SEVERAL), 0)
    np.testing.assert_array_equal(condition.argmax(axis=1), data.train.labels[seeds[:, 1]])


def test_held_back_examples_are_never_augmented():
    data = data_of("images")
    plain, paired = (PairedData(data, Autoencoding(), 0, augment) for augment in ((), SEVERAL))
    for split in data.splits.values():
        np.testing.assert_array_equal(paired.held_back_batch(split)[1], plain.held_back_batch(split)[1])
        (_, of_one), (_, of_other) = next(iter(paired.held_back_batches(split))), plain.held_back_batch(split)
        np.testing.assert_array_equal(of_one, of_other)


def test_without_augmentations_examples_are_not_touched():
    examples = tf.zeros((2, 3))
    assert augmented((), examples, seeds_of(2), "unit") is examples


def test_targets_are_augmented_and_inputs_are_corrupted_as_without():
    data = data_of("images", "real")
    task = Denoising(Gaussian(0.2, clipped=False))
    noise = []
    for augment in ((), SEVERAL):
        tensors, targets = next(iter(PairedData(data, task, 0, augment).training_batches(12)[0]))
        noise.append(tensors["inputs"] - targets)
        order = tensors["seeds"][:, 1].numpy()
        assert (np.abs(targets - data.train.examples[order]).max() > 0.01) == bool(augment)
    np.testing.assert_allclose(*noise, atol=1e-6)  # the rounding of a difference


@pytest.mark.parametrize("count", [1, 5, 200])
def test_random_numbers_are_the_same_whether_a_batch_has_a_known_size_or_not(count):
    def sample(seeds):
        return by_seed(lambda seed: tf.random.stateless_normal((3,), seed), seeds)

    seeds = tf.reshape(tf.range(2 * count, dtype=tf.int64), (count, 2))
    known, unknown = (
        tf.function(sample, input_signature=[tf.TensorSpec((size, 2), tf.int64)]) for size in (count, None)
    )
    np.testing.assert_array_equal(known(seeds), unknown(seeds))
    np.testing.assert_array_equal(known(seeds), sample(seeds))
    assert known(seeds).shape == (count, 3)


def test_each_augmentation_has_random_numbers_of_its_own():
    examples = np.zeros((12, 6), np.float32)
    once, twice = (augmented((Noise(1.0),) * n, examples, seeds_of(12), "real").numpy() for n in (1, 2))
    assert (
        abs(np.corrcoef(once.ravel(), (twice - once).ravel())[0, 1]) < 0.5
    )  # 72 independent: below 0.12 mostly


def test_flips_are_mirrored_or_as_they_were():
    examples = data_of("images").train.examples
    for mode, ways in (("horizontal", ((1, 1), (1, -1))), ("vertical", ((1, 1), (-1, 1)))):
        found = set()
        for row, example in zip(
            augmented((Flip(mode),), examples, seeds_of(12), "unit"), examples, strict=True
        ):
            found |= {way for way in ways if np.array_equal(row, example[:: way[0], :: way[1]])}
        assert found == set(ways)


def test_shifts_reach_every_offset_and_no_further():
    paths = np.zeros((400, 9, 9, 1), np.float32)
    paths[:, 4, 4] = 1
    moved_to = np.argwhere(augmented((Shift(2),), paths, seeds_of(400), "unit").numpy()[..., 0])[:, 1:] - 4
    assert {tuple(row) for row in moved_to} == {(y, x) for y in range(-2, 3) for x in range(-2, 3)}


def test_what_moves_in_is_mirrored_or_the_outermost_again():
    row = np.arange(5, dtype=np.float32)[None]
    np.testing.assert_array_equal(moved(row, tf.constant([2]), 1, True), [[2, 1, 0, 1, 2]])
    np.testing.assert_array_equal(moved(row, tf.constant([-2]), 1, True), [[2, 3, 4, 3, 2]])
    np.testing.assert_array_equal(moved(row, tf.constant([2]), 1, False), [[0, 0, 0, 1, 2]])
    np.testing.assert_array_equal(moved(row, tf.constant([-2]), 1, False), [[2, 3, 4, 4, 4]])


def test_a_quarter_turn_moves_each_pixel():
    image = np.random.default_rng(0).random((1, 5, 5, 1)).astype(np.float32)
    turned = _mapped(image, tf.constant([0.0]), tf.constant([1.0]), "nearest")[0]
    matches = [np.allclose(turned, np.rot90(image[0], times), atol=1e-5) for times in (1, 3)]
    assert sum(matches) == 1
    np.testing.assert_allclose(_mapped(image, tf.ones(1), tf.zeros(1), "reflect"), image, atol=1e-6)


def test_frames_of_a_clip_are_changed_alike():
    image = data_of("images").train.examples[:, None]
    clip = np.repeat(image, 3, axis=1)
    for each in (Flip(), Shift(), Rotation(), Zoom(), Brightness()):
        frames = augmented((each,), clip, seeds_of(12), "real").numpy()
        np.testing.assert_allclose(frames, np.repeat(frames[:, :1], 3, axis=1), atol=1e-6)
        still = augmented((each,), image[:, 0], seeds_of(12), "real")
        np.testing.assert_allclose(frames[:, 0], still, atol=1e-5)  # read from other positions of a tensor


def test_gain_and_scaling_multiply_and_contrast_keeps_the_mean():
    sounds, series, images = (data_of(kind).train.examples for kind in ("sounds", "series", "images"))
    gain = augmented((Gain(6.0),), sounds, seeds_of(12), "real") / sounds
    np.testing.assert_allclose(gain, np.repeat(gain[:, :1], 40, axis=1), rtol=1e-5)
    assert 0.5 < np.min(gain) < 0.9 < 1.1 < np.max(gain) < 2
    factors = augmented((Scaling(0.1),), series, seeds_of(12), "real") / series
    np.testing.assert_allclose(factors, np.repeat(factors[:, :1], 12, axis=1), rtol=1e-5)
    contrast = augmented((Contrast(0.5),), images, seeds_of(12), "real").numpy()
    np.testing.assert_allclose(contrast.mean(axis=(1, 2, 3)), images.mean(axis=(1, 2, 3)), rtol=1e-5)


@pytest.mark.parametrize(
    ("each", "kind", "message"),
    [
        (Rotation(), "series", "Rotation is for images and clips; received series of shape 12x3; for them "
         'there is Noise, Scaling, TimeShift: SET="augment=Noise"$'),
        (Flip(), "vectors", "received vectors of shape 6; for them there is Noise:"),
        (TimeShift(), "images", "TimeShift is for series and sounds; received images"),
        (Scaling(), "sounds", "received sounds of shape 40"),
        (Shift(7), "images", "Shift needs pixels below the image's side, 7; received 7$"),
        (TimeShift(12), "series", "TimeShift needs steps below those of an example, 12; received 12$"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(each, kind, message):
    with pytest.raises(InputError, match=message):
        check_augmentations((each,), data_of(kind))


@pytest.mark.parametrize(
    "dataset", [GeneratedLevels(), TableFile("unused.csv"), DigitPaths()], ids=lambda one: one.category
)
def test_classes_tables_and_sequences_of_different_lengths_take_none(dataset):
    with pytest.raises(
        InputError,
        match='received (classes, such|rows of a table|sequences of).*; leave it out: SET="augment=none"$',
    ):
        check_augmentations((Noise(),), dataset.sample())


def test_characters_are_replaced_and_ends_are_not():
    texts = texts_of(400)
    for fraction in (0.1, 1.0):
        changed = augmented((Substitution(fraction),), texts, seeds_of(400), "categorical").numpy()
        np.testing.assert_array_equal(changed.sum(axis=-1), texts.sum(axis=-1))
        np.testing.assert_array_equal(changed[..., 0], texts[..., 0])
        assert changed[..., 1].max() == 0  # none becomes unknown
        replaced_ones = (changed.argmax(-1) != texts.argmax(-1)).sum() / texts[..., 2:].sum()
        # a sixth of the new characters are the old ones; of 7,800 characters 4 standard deviations are 0.017
        assert replaced_ones == pytest.approx(fraction * 5 / 6, abs=0.02)
        if fraction == 1:
            assert changed[..., 2:].sum(axis=(0, 1)) / texts[..., 2:].sum() == pytest.approx(1 / 6, abs=0.02)


def test_texts_take_an_augmentation_of_their_own():
    data = PythonDocs().sample()
    check_augmentations((Substitution(),), data)
    with pytest.raises(InputError, match='received texts of .*there is Substitution: SET="augment=Subst'):
        check_augmentations((Noise(),), data)


def test_training_refuses_before_a_network_is_built():
    recipe = Recipe(Sample(ArrayFile("unused.npy")), Undercomplete(), Reconstruction(), augment=TimeShift())
    with pytest.raises(InputError, match="augment=TimeShift is for series"):
        build(recipe, recipe.data.load())


@pytest.mark.parametrize(
    ("each", "message"),
    [
        ({"mode": "sideways"}, "mode must be one of horizontal, vertical, horizontal_and_vertical"),
        ({"fill_mode": "wrap"}, "fill_mode must be one of nearest, reflect"),
        ({"pixels": 0}, "pixels must be at least 1"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"degrees": 181.0}, "degrees must be above 0 and at most 180"),
        ({"fraction": 0.0}, "fraction must be above 0"),
        ({"sigma": 0.0}, "sigma must be above 0"),
        ({"amount": 0.0}, "amount must be above 0"),
        ({"decibels": 61.0}, "decibels must be above 0 and at most 60"),
    ],
)
def test_sizes_outside_their_range_are_refused(each, message):
    kinds = [type(one) for one in ALL if {field.name for field in dataclasses.fields(one)} >= set(each)]
    assert kinds
    for kind in kinds:
        with pytest.raises(InputError, match=message):
            kind(**each)


def test_doubts_are_told_of_signs_and_of_anomalies():
    digits = data_of("images")
    assert "mirrored digits and letters" in doubts_about((Flip(),), digits)[0]
    assert "45 degrees" in doubts_about((Rotation(90),), digits)[0]
    assert not doubts_about((Rotation(10), Shift()), digits)
    clothes = replace(digits, label_names=("shirt", "bag", "boot"))
    assert not doubts_about((Flip(), Rotation(90)), clothes)
    assert doubts_about((Shift(), Noise()), replace(clothes, calibration=clothes.test)) == [
        "augment=Shift, Noise: examples that are changed like this are learned as normal; leave out what "
        "may be an anomaly"
    ]
    assert not doubts_about((), replace(clothes, calibration=clothes.test))


def recipe_of(augment=()):
    return Recipe(Sample(ArrayFile("unused.npy")), Undercomplete(), Reconstruction(), augment=augment)


@pytest.mark.parametrize(
    "text",
    [
        "Shift(pixels=1), Flip(mode=vertical)",
        "(Shift(pixels=1),Flip(mode='vertical'))",
        "[Shift(pixels=1), Flip(mode=vertical)]",
    ],
)
def test_texts_stand_for_several(text):
    wanted = (Shift(1), Flip("vertical"))
    assert recipe_of(text).augment == wanted
    assert override(recipe_of(), split_settings([f"augment={text} seed=3"])) == replace(
        recipe_of(wanted), seed=3
    )
    assert replaced(recipe_of(), {"augment": list(wanted)}).augment == wanted


def test_one_alone_a_name_and_none():
    assert recipe_of(Noise(0.2)).augment == recipe_of(["Noise(sigma=0.2)"]).augment == (Noise(0.2),)
    assert recipe_of("time_axis").augment == (TimeShift(),)
    for text in ("augment=none", "augment=()"):
        assert override(recipe_of(Flip()), [text]).augment == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Flip, r"expected augmentations, received the class; write Flip\(\)"),
        (Gaussian(), "augment must be a tuple, each part of it an Augmentation"),
        ("Shfit", r"augment: there is no Augmentation called 'Shfit' \(near it: Shift\)"),
        ("Shift(", "augment: there is no Augmentation called"),
    ],
)
def test_what_is_no_augmentation_is_refused(value, message):
    with pytest.raises(InputError, match=message):
        recipe_of(value)


def test_a_field_of_one_of_several_is_refused():
    with pytest.raises(
        InputError, match=r"^augment.pixels: augment holds several values; set all of them at once"
    ):
        override(recipe_of(Shift()), ["augment.pixels=3"])


def test_a_run_says_how_it_was_augmented():
    recipe = recipe_of((Shift(1), Noise(0.2)))
    assert str(flat(recipe)["augment"]) == "(Shift(pixels=1, fill_mode='nearest'), Noise(sigma=0.2))"
    for augment in (recipe.augment, (Flip(),), ()):
        assert recipe_from_settings(settings_of(replace(recipe, augment=augment))).augment == augment


def test_a_run_with_an_augmentation_of_a_users_own_asks_for_its_recipe():
    settings = settings_of(recipe_of()) | {"augment": "(Doubled(times=2),)"}
    with pytest.raises(
        InputError, match=r"augment of the run is \(Doubled.*; give the recipe that it was trained"
    ):
        recipe_from_settings(settings)


def test_examples_that_are_trained_on_by_hand_are_augmented():
    x = tf.constant(data_of("images").train.examples)
    examples = Examples(
        lambda batch, seeds: (batch, batch), (9, 7, 2), (9, 7, 2), "unit",
        augment=lambda batch, seeds: augmented(SEVERAL, batch, seeds, "unit"),
    )  # fmt: skip
    validated, trained, again, later = (
        completed(x, {"inputs"}, examples, step)[1].numpy() for step in (None, 0, 0, 1)
    )
    np.testing.assert_array_equal(validated, x)
    np.testing.assert_array_equal(trained, again)
    assert np.abs(trained - validated).max() > 0.1
    assert np.abs(trained - later).max() > 0.1


def test_a_trainer_by_hand_augments_as_its_recipe_says():
    recipe = recipe_of(Noise(0.3))
    data = recipe.data.load()
    _, heads = build(recipe, data)
    trainer = trainer_for(recipe, heads, data.train.shape, data.scaler, 1)
    examples = data.train.numbers[:4]
    changed = trainer.examples.augment(tf.constant(examples), seeds_of(4))
    np.testing.assert_array_equal(changed, augmented(recipe.augment, examples, seeds_of(4), "unit"))
    assert np.abs(changed - examples).max() > 0.1


def test_tensorboard_shows_training_examples_as_they_are_augmented(tmp_path):
    data = data_of("images")
    data = replace(data, **{name: Split(split.examples[..., :1]) for name, split in data.splits.items()})
    write_augmented(tmp_path, PairedData(data, Autoencoding(), 0, SEVERAL))
    events = [
        event for file in tmp_path.glob("events*") for event in tf.compat.v1.train.summary_iterator(str(file))
    ]
    (value,) = [value for event in events for value in event.summary.value]
    assert value.tag == "augmented"
    assert (
        "Shift(pixels=1, fill_mode='nearest'), Flip(mode='horizontal'), Noise(sigma=0.1)"
        in value.metadata.summary_description
    )


def test_tensorboard_shows_nothing_without_augmentations(tmp_path):
    write_augmented(tmp_path, PairedData(data_of("images"), Autoencoding()))
    assert not list(tmp_path.iterdir())
