"""What restoration tasks pair, measure and serve: photographs denoised, enlarged, filled in, colored."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage import color
from skimage.restoration import inpaint_biharmonic

from keras_ae.apps.restoration.tiles import TileRestorer, restored_levels
from keras_ae.blocks.color import from_lab, from_ycbcr, to_lab, to_ycbcr
from keras_ae.blocks.filling import FILL_REACH, smoothly_filled
from keras_ae.blocks.palette import AnnealedColors, palette, soft_colors
from keras_ae.blocks.restoring import masked
from keras_ae.data.images.crops import Cropping
from keras_ae.data.images.photos import Photographs
from keras_ae.errors import InputError
from keras_ae.heads import Spec, TrainedHeads
from keras_ae.metrics import reconstruction
from keras_ae.metrics.reconstruction import colorfulness
from keras_ae.tasks import photo_denoising
from keras_ae.tasks.biharmonic import interpolated
from keras_ae.tasks.colorization import Colorization
from keras_ae.tasks.corruption import Gaussian, UnknownGaussian
from keras_ae.tasks.holes import MissingPixels, MixedHoles, Rectangles, Strokes
from keras_ae.tasks.inpainting import Inpainting
from keras_ae.tasks.photo_denoising import PhotoDenoising
from keras_ae.tasks.super_resolution import SuperResolution
from keras_ae.variants.color_distribution import ColorDistribution
from keras_ae.variants.skip_connected import SkipConnected


def seeds_of(count, begin=0):
    return tf.stack([tf.zeros(count, tf.int64), tf.range(begin, begin + count, dtype=tf.int64)], axis=1)


@pytest.fixture
def images(random):
    """Smooth images in color, for noise is no image; without the border, where resizing levels them."""
    coarse = random.uniform(size=(3, 8, 9, 3)).astype(np.float32)
    resized = tf.image.resize(coarse, (48, 54), "bicubic", antialias=True).numpy()
    return resized[:, 6:-6, 6:-6].clip(0, 1)


@pytest.fixture(scope="module")
def demonstration():
    """Two photographs' worth of data."""
    return Photographs(Cropping(24)).sample()


def heads_of(task, channels, shortcut, **fields):
    """Untrained heads for what a task makes of images of so many channels."""
    example = tf.zeros((1, 24, 24, channels))
    inputs, targets = task.pair(example, seeds_of(1), "unit")
    spec = Spec(tuple(inputs.shape[1:]), tuple(targets.shape[1:]), "unit")
    keras.utils.set_random_seed(1)
    heads = SkipConnected((6, 5), shortcut=shortcut, **fields).build(spec)
    random = np.random.default_rng(1)
    for weight in heads.end_to_end.weights:
        weight.assign(random.normal(0, 0.2, weight.shape))
    return heads


def test_colors_are_those_of_scikit_image(images):
    np.testing.assert_allclose(to_lab(images), color.rgb2lab(images), atol=1e-3)
    np.testing.assert_allclose(from_lab(to_lab(images)), images, atol=1e-5)
    np.testing.assert_allclose(to_ycbcr(images), color.rgb2ycbcr(images) / 255, atol=1e-6)
    np.testing.assert_allclose(from_ycbcr(to_ycbcr(images)), images, atol=1e-5)


def test_white_black_and_gray_have_no_color():
    grays = np.linspace(0, 1, 11, dtype=np.float32)[:, None].repeat(3, 1)
    lab = np.asarray(to_lab(grays))
    np.testing.assert_allclose(lab[:, 1:], 0, atol=1e-2)
    np.testing.assert_allclose(lab[[0, -1], 0], [0, 100], atol=1e-3)


def test_colors_that_there_are_not_become_the_nearest_in_range():
    found = np.asarray(
        from_lab(tf.constant([[50.0, 127.0, -128.0], [100.0, 100.0, 100.0], [0.0, -90.0, 90.0]]))
    )
    assert ((found >= 0) & (found <= 1)).all()
    assert np.isfinite(found).all()


def test_noise_of_photographs_is_not_clipped(images):
    noisy, clean = PhotoDenoising().pair(images, seeds_of(3), "unit")
    np.testing.assert_array_equal(clean, images)
    assert float(np.std(noisy - images)) == pytest.approx(25 / 255, rel=0.02)
    clipped = Gaussian(25 / 255)(images, seeds_of(3), "unit")
    np.testing.assert_allclose(clipped, np.clip(noisy, 0, 1), atol=1e-6)  # within rounding


def test_noise_of_unknown_strength_is_another_for_each_image():
    corruption = UnknownGaussian(0.0, 0.2)
    examples = tf.fill((50, 30, 30, 1), 0.5)
    spreads = np.std(corruption(examples, seeds_of(50), "unit"), axis=(1, 2, 3))
    assert spreads.min() < 0.03
    assert spreads.max() > 0.17
    assert float(np.mean(spreads)) == pytest.approx(0.1, abs=0.025)
    few, whole = (corruption(examples[at:], seeds_of(50 - at, at), "unit") for at in (47, 0))
    np.testing.assert_allclose(few, whole[47:], atol=1e-6)  # other batch sizes: within rounding
    assert (
        float(np.max(dataclasses.replace(corruption, clipped=True)(examples + 0.5, seeds_of(50), "unit")))
        == 1
    )


def test_a_range_of_noise_the_wrong_way_round_is_refused():
    with pytest.raises(InputError, match=r"below highest, received 0\.3 and 0\.2"):
        UnknownGaussian(0.3, 0.2)


def test_filters_remove_noise(demonstration, images):
    noisy, _ = PhotoDenoising().pair(images, seeds_of(3), "unit")
    scores = {
        name: float(
            np.mean(reconstruction.psnr(tf.constant(images), tf.constant(predict(noisy), tf.float32)))
        )
        for name, predict in PhotoDenoising().baselines(demonstration, 0, 1).items()
    }
    assert scores["noisy input"] == pytest.approx(20.2, abs=0.2)
    assert scores["median, 3 x 3"] > scores["noisy input"] + 3
    assert scores["non-local means"] > scores["noisy input"] + 3


def test_noise_is_estimated_without_being_told(random):
    noise = random.normal(size=(400, 301, 3))
    smooth = np.linspace(0, 1, 301)[None, :, None] + np.zeros((400, 1, 3))
    for sigma in (0.02, 0.1):
        channel = (smooth + sigma * noise)[..., 1]
        np.testing.assert_allclose(photo_denoising._estimate_sigma(channel), sigma, rtol=0.01)
    assert photo_denoising._estimate_sigma(smooth[..., 0]) < photo_denoising.LEAST_SIGMA
    np.testing.assert_array_equal(
        photo_denoising._non_local_means(smooth), smooth
    )  # there is nothing to clean


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_luminance_is_reduced_and_asked_for_as_it_was(images, scale, channels):
    given = images[:, :35, :41, :channels]
    small, large = SuperResolution(scale).pair(tf.constant(given), seeds_of(3), "unit")
    sides = [side // scale for side in (35, 41)]
    assert small.shape == (3, *sides, 1)
    assert large.shape == (3, *(side * scale for side in sides), 1)
    luminance = np.asarray(to_ycbcr(given)) if channels == 3 else given
    expected = luminance[:, : large.shape[1], : large.shape[2], :1]
    np.testing.assert_allclose(large, expected, atol=1e-6)


def test_bicubic_enlargement_is_the_baseline(demonstration, images):
    task = SuperResolution(2)
    small, large = task.pair(tf.constant(images), seeds_of(3), "unit")
    found = task.baselines(demonstration, 0, 1)["bicubic"](small)
    assert found.shape == large.shape
    assert float(np.min(reconstruction.psnr(large, tf.constant(found)))) > 30


def test_another_scale_is_refused():
    with pytest.raises(InputError, match="scale must be one of 2, 3, 4; received 5"):
        SuperResolution(5)


def test_published_measures_are_of_whole_levels_and_without_the_border():
    target = np.full((1, 20, 20, 1), 0.5, np.float32)
    output = target + 0.3 / 255
    output[:, 0] += 0.4
    assert float(reconstruction.published_metrics(border=1)["mse"](target, output)[0]) == 0
    assert float(reconstruction.published_metrics()["mse"](target, output)[0]) > 0.001
    output[:, 5, 5] += 1 / 255
    wanted = 10 * np.log10(255**2 * 18 * 18)
    assert float(reconstruction.published_metrics(border=1)["psnr"](target, output)[0]) == pytest.approx(
        wanted, 1e-4
    )


@pytest.mark.parametrize(
    ("holes", "lowest", "highest"),
    [(MissingPixels(0.3), 0.25, 0.35), (Rectangles(2, 0.5), 0.001, 0.6), (Strokes(2, 2, 3), 0.003, 0.5)],
)
def test_holes_take_a_share_of_the_pixels_and_follow_from_their_seeds(holes, lowest, highest):
    examples = tf.zeros((9, 40, 50, 3))
    masks = np.asarray(holes.masks(examples, seeds_of(9)))
    assert masks.shape == (9, 40, 50, 1)
    assert set(np.unique(masks)) == {0.0, 1.0}
    shares = masks.mean(axis=(1, 2, 3))
    assert (shares > lowest).all()
    assert (shares < highest).all()
    np.testing.assert_array_equal(masks[7:9], holes.masks(examples[:2], seeds_of(2, 7)))
    assert len({mask.tobytes() for mask in masks}) == 9


def test_a_rectangle_and_a_stroke_are_in_one_piece():
    from scipy.ndimage import label

    for holes in (Rectangles(1, 0.5), Strokes(1, 1, 5)):
        for mask in np.asarray(holes.masks(tf.zeros((5, 40, 50, 1)), seeds_of(5))):
            assert label(mask[..., 0], np.ones((3, 3)))[1] <= 1
    [mask] = np.asarray(Rectangles(1, 0.5).masks(tf.zeros((1, 40, 50, 1)), seeds_of(1)))
    rows, columns = mask[..., 0].any(axis=1), mask[..., 0].any(axis=0)
    np.testing.assert_array_equal(mask[..., 0], np.outer(rows, columns))


def test_mixed_holes_are_of_all_three_kinds():
    mixed = MixedHoles(MissingPixels(0.5), Rectangles(1, 0.2), Strokes(1, 1, 1))
    examples = tf.zeros((12, 40, 50, 1))
    masks = np.asarray(mixed.masks(examples, seeds_of(12)))
    kinds = (mixed.pixels, mixed.rectangles, mixed.strokes)
    alone = np.stack([np.asarray(kind.masks(examples, seeds_of(12))) for kind in kinds])
    same = (alone == masks).all(axis=(2, 3, 4))  # (kinds, images)
    assert (same.sum(axis=0) == 1).all()
    assert (same.sum(axis=1) > 0).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MissingPixels(0), "rate must be above 0 and below 1, received 0"),
        (lambda: Rectangles(0), "count must be at least 1, received 0"),
        (lambda: Rectangles(1, 1.5), r"largest must be above 0 and at most 1, received 1\.5"),
        (lambda: Strokes(bends=0), "bends must be at least 1, received 0"),
    ],
)
def test_holes_that_are_none_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_missing_pixels_are_filled_smoothly_and_the_network_is_told_which(images):
    task = Inpainting(MissingPixels(0.5))
    inputs, targets = task.pair(tf.constant(images), seeds_of(3), "unit")
    filled, known = np.split(np.asarray(inputs), [3], axis=-1)
    np.testing.assert_array_equal(filled * known, images * known)
    np.testing.assert_array_equal(targets, images)
    np.testing.assert_array_equal(1 - known, task.restorer_mask(images, seeds_of(3)))
    smoothest = task.baselines(None, 0, 1)["biharmonic"](inputs)
    assert np.square(filled - images).mean() < 2 * np.square(smoothest - images).mean()
    np.testing.assert_array_equal(task.rows(inputs, targets, targets)["holes"], images * known)


def test_what_lies_under_a_hole_never_shows(images):
    holes = MissingPixels(0.5).masks(images, seeds_of(3))
    np.testing.assert_allclose(
        masked(images, holes), masked(images * (1 - holes) + 0.3 * holes, holes), atol=1e-6
    )


def test_a_hole_is_filled_by_means_of_what_is_known_near_it(random):
    holes = (random.uniform(size=(2, 20, 70, 1)) < 0.9).astype(np.float32)
    np.testing.assert_allclose(masked(np.full_like(holes, 0.7), holes)[..., :1], 0.7, atol=1e-5)
    ramp = np.broadcast_to(np.linspace(0, 1, 70, dtype=np.float32)[:, None], holes.shape)
    np.testing.assert_allclose(masked(ramp, holes)[..., :1], ramp, atol=0.2)


RAMP = np.add.outer(np.linspace(0.1, 0.5, 48), np.linspace(0.05, 0.4, 64)).astype(np.float32)
HOLES = {
    "inside": np.s_[12:28, 20:36], "at an edge": np.s_[12:28, :16], "in a corner": np.s_[:16, :16],
    "in the other corner": np.s_[-16:, -16:], "across": np.s_[20:30, :], "at a whole edge": np.s_[:, -10:],
}  # fmt: skip
"""Holes whose pixels are up to 16 pixels from a known one."""


@pytest.mark.parametrize("hole", HOLES.values(), ids=HOLES)
def test_a_slope_goes_on_in_a_hole_up_to_the_border(hole):
    known = np.ones(RAMP.shape, bool)
    known[hole] = False
    one_channel = RAMP[..., None]
    np.testing.assert_allclose(interpolated(one_channel * known[..., None], known), one_channel, atol=1e-5)
    filled = smoothly_filled(one_channel[None], known[None, ..., None].astype(np.float32))
    # slopes are fitted with a penalty; a filling that is level at the border is .15 off in corners
    np.testing.assert_allclose(filled[0], one_channel, atol=0.02)


def test_a_slope_goes_on_between_scattered_pixels(random):
    known = random.uniform(size=RAMP.shape) < 0.3
    one_channel = RAMP[..., None]
    np.testing.assert_allclose(interpolated(one_channel * known[..., None], known), one_channel, atol=1e-5)
    filled = smoothly_filled(one_channel[None], known[None, ..., None].astype(np.float32))
    np.testing.assert_allclose(filled[0], one_channel, atol=0.01)


def test_away_from_the_border_interpolation_is_biharmonic(images):
    known = np.ones(images.shape[1:3], bool)
    known[8:20, 10:22] = False
    known[25, 30] = False
    theirs = inpaint_biharmonic(images[0], ~known, channel_axis=-1)
    # scikit-image solves in the images' own float32
    np.testing.assert_allclose(interpolated(images[0], known), theirs, atol=1e-4)
    corner = np.s_[:3, :3]
    known[corner] = False  # beyond the known pixels, where values may leave their range
    assert np.isfinite(interpolated(images[0], known)).all()


@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (2, 9), (1, 1), (3, 3)])
def test_thin_images_are_filled_too(shape):
    ramp = np.linspace(0.2, 0.8, shape[0] * shape[1]).reshape(*shape, 1).astype(np.float32)
    known = np.ones(shape, bool)
    known.flat[-1] = shape == (1, 1)
    np.testing.assert_allclose(interpolated(ramp, known), ramp, atol=1e-5)
    filled = smoothly_filled(ramp[None], known[None, ..., None].astype(np.float32))
    np.testing.assert_allclose(filled[0], ramp, atol=0.02)


def test_a_fill_sees_no_farther_than_its_reach():
    image, holes = np.zeros((1, 3, 120, 1), np.float32), np.ones((1, 3, 120, 1), np.float32)
    np.testing.assert_allclose(masked(image, holes)[..., 0], np.full((1, 3, 120), 0.5), atol=1e-6)
    holes[0, 1, 50] = 0
    changed = np.abs(np.asarray(masked(image, holes))[0, 1, :, 0] - 0.5) > 1e-6  # by more than rounding
    away = np.abs(np.arange(120) - 50)
    assert FILL_REACH / 3 < away[changed].max() <= FILL_REACH


def test_baselines_fill_holes_and_keep_what_is_known(demonstration, images):
    task = Inpainting(MissingPixels(0.5))
    inputs, _ = task.pair(tf.constant(images), seeds_of(3), "unit")
    known = np.broadcast_to(np.asarray(inputs[..., 3:]) > 0.5, images.shape)
    scores = {}
    for name, predict in task.baselines(demonstration, 0, 1).items():
        filled = predict(inputs)
        np.testing.assert_allclose(filled[known], images[known], atol=1e-6)
        scores[name] = float(np.mean(reconstruction.psnr(tf.constant(images), tf.constant(filled))))
    assert scores["mean of the known"] + 5 < scores["biharmonic"]


def test_interpolation_has_an_answer_where_next_to_nothing_is_known(demonstration):
    image = np.zeros((1, 8, 8, 2), np.float32)
    for predict in Inpainting().baselines(demonstration, 0, 1).values():
        assert np.isfinite(predict(image)).all()
    image[0, 2, 3] = 0.75, 1
    found = Inpainting().baselines(demonstration, 0, 1)["biharmonic"](image)
    np.testing.assert_allclose(found, np.full((1, 8, 8, 1), 0.75), atol=1e-6)  # of a system solved


def test_lightness_and_colors_give_the_image_back(images):
    lightness, colors = Colorization().pair(tf.constant(images), seeds_of(3), "unit")
    assert lightness.shape == (3, 36, 42, 1)
    assert colors.shape == (3, 36, 42, 2)
    rows = Colorization().rows(lightness, colors, colors)
    np.testing.assert_allclose(rows["colorized"], images, atol=1e-5)
    gray = np.asarray(rows["gray"])
    np.testing.assert_allclose(gray.max(axis=-1), gray.min(axis=-1), atol=1e-3)


@pytest.mark.parametrize(
    ("examples", "domain", "message"),
    [
        (np.zeros((1, 8, 8, 3)), "real", r"received shape \(8, 8, 3\) of the real domain"),
        (np.zeros((1, 8, 8, 4)), "unit", r"received shape \(8, 8, 4\)"),
        (np.zeros((1, 64)), "unit", r"received shape \(64,\)"),
    ],
)
@pytest.mark.parametrize("task", [PhotoDenoising(), SuperResolution(), Inpainting(), Colorization()])
def test_what_is_no_photograph_is_refused(task, examples, domain, message):
    with pytest.raises(InputError, match=message):
        task.pair(tf.constant(examples, tf.float32), seeds_of(1), domain)


def test_interpolation_has_an_answer_where_all_that_is_known_lies_on_a_line(demonstration):
    image = np.ones((1, 1, 30, 2), np.float32)
    image[0, 0, ::2] = 0, 0
    for predict in Inpainting().baselines(demonstration, 0, 1).values():
        np.testing.assert_allclose(predict(image), 1, atol=1e-5)


def test_colors_are_not_learned_from_gray():
    with pytest.raises(InputError, match="colors are learned from images in color, received 1 channel"):
        Colorization().pair(tf.zeros((1, 8, 8, 1)), seeds_of(1), "unit")


def test_no_color_and_the_mean_color_are_the_baselines(demonstration, images):
    lightness, colors = Colorization().pair(tf.constant(images), seeds_of(3), "unit")
    predicted = {name: f(lightness) for name, f in Colorization().baselines(demonstration, 0, 1).items()}
    measures = Colorization().metrics()
    assert float(np.max(measures["colorfulness"](colors, predicted["gray"]))) < 1e-3
    chroma = np.linalg.norm(np.asarray(to_lab(images))[..., 1:], axis=-1).mean(axis=(1, 2))
    np.testing.assert_allclose(measures["ab_error"](colors, predicted["gray"]), chroma, rtol=1e-3)
    train = np.asarray(to_lab(demonstration.train.examples / np.float32(255)))[..., 1:].mean(axis=(0, 1, 2))
    np.testing.assert_allclose((predicted["mean color"][0, 0, 0] * 2 - 1) * 128, train, atol=1e-3)
    np.testing.assert_allclose(
        measures["colorfulness_true"](colors, predicted["gray"]),
        measures["colorfulness"](None, colors),
        rtol=1e-5,
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_of_gray_restores_any_channels_and_one_of_color_three(channels, images):
    task = PhotoDenoising()
    heads = heads_of(task, channels, "added")
    restorer = task.restorer(heads)
    found = np.asarray(restorer({"inputs": images})["reconstruction"])
    assert found.shape == images.shape
    if channels == 1:
        one = heads.end_to_end({"inputs": images[..., 1:2]})["reconstruction"]
        np.testing.assert_allclose(found[..., 1:2], one, atol=1e-6)
        assert restorer({"inputs": images[..., :1]})["reconstruction"].shape == (3, 36, 42, 1)


def test_a_restorer_enlarges_colors_bicubically(images):
    task = SuperResolution(2)
    restorer = task.restorer(heads_of(task, 3, "added", unshuffle=1))
    found = restorer({"inputs": images})["reconstruction"]
    assert found.shape == (3, 72, 84, 3)
    wanted = tf.image.resize(to_ycbcr(images)[..., 1:], (72, 84), "bicubic", antialias=True)
    inside = np.all((np.asarray(found) > 0) & (np.asarray(found) < 1), axis=-1)
    np.testing.assert_allclose(
        np.asarray(to_ycbcr(found))[..., 1:][inside], np.asarray(wanted)[inside], atol=1e-5
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_a_restorer_leaves_known_pixels_as_they_are(channels, images):
    task = Inpainting(MissingPixels(0.4))
    restorer = task.restorer(heads_of(task, channels, "kept"))
    holes = task.restorer_mask(images, seeds_of(3))
    found = np.asarray(restorer({"inputs": tf.constant(images), "mask": holes})["reconstruction"])
    known = np.broadcast_to(np.asarray(holes) == 0, images.shape)
    np.testing.assert_array_equal(found[known], images[known])
    assert (found[~known] != images[~known]).mean() > 0.9


def test_holes_of_another_size_than_the_images_are_refused(images):
    task = Inpainting()
    restorer = task.restorer(heads_of(task, 3, "kept"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected holes of the images"):
        restorer({"inputs": images, "mask": np.zeros((3, 36, 41, 1), np.float32)})


def test_a_restorer_keeps_the_lightness_that_it_colors(images):
    task = Colorization()
    heads = heads_of(task, 3, "none")
    logits = heads.decoder.get_layer("decoder_logits")
    logits.kernel.assign(tf.zeros(logits.kernel.shape))
    logits.bias.assign(tf.fill(logits.bias.shape, 0.04))
    given = 0.25 + 0.5 * images
    found = task.restorer(heads)({"inputs": given})["reconstruction"]
    np.testing.assert_allclose(np.asarray(to_lab(found))[..., 0], np.asarray(to_lab(given))[..., 0], atol=0.5)
    np.testing.assert_allclose(np.asarray(to_lab(found))[..., 1:], 2 * 0.04 * 128, atol=0.5)


def distribution_heads():
    """Untrained heads that give a distribution over colors, with random weights."""
    keras.utils.set_random_seed(1)
    return ColorDistribution((8, 6)).build(Spec((24, 24, 1), (24, 24, 2), "unit"))


@pytest.mark.parametrize("temperature", [1.0, 0.05])
def test_colors_are_decoded_from_the_distribution_that_stands_for_them(random, temperature):
    colors = (0.5 + random.uniform(-20, 20, size=(1, 6, 7, 2)) / 256).astype(np.float32)
    layer = AnnealedColors(np.ones(len(palette())), temperature, 1)
    found = layer(tf.math.log(soft_colors(colors) + 1e-12), colors).numpy()
    # the mean of a normal distribution is its center; the likeliest color is at most half a grid step away
    assert np.abs(found - colors).max() * 256 < (0.5 if temperature == 1.0 else 7.1)


def test_a_palette_is_of_the_colors_that_a_screen_can_show():
    colors = 256.0 * (palette() - 0.5)
    assert 200 < len(colors) < 400
    assert (np.abs(colors).sum(axis=1) == 0).sum() == 1  # gray
    assert len(np.unique(colors, axis=0)) == len(colors)
    assert not (np.abs(colors - (-80, -80)).sum(axis=1) < 1).any()  # no screen shows it


def test_rare_colors_are_preferred_by_as_much_as_is_said(demonstration):
    heads = distribution_heads()
    lightness = tf.fill((1, 16, 16, 1), 0.5)
    far = []
    for rarity in (0.0, 0.5, 0.9):
        colors = Colorization(rarity=rarity)._vivid(heads, demonstration)(lightness)
        far.append(float(tf.reduce_mean(colorfulness(colors))))
    assert far[0] < far[1] < far[2]


def test_a_distribution_over_colors_has_a_second_answer_of_the_same_lightness(images, demonstration):
    heads, task = distribution_heads(), Colorization()
    variant = ColorDistribution((8, 6))
    plain, vivid = task.served_heads(TrainedHeads(heads, demonstration, variant.reach, variant.multiple))
    assert (plain.name, vivid.name) == ("restorer", "vivid_restorer")
    assert vivid.facts == plain.facts | {"temperature": 0.38, "rarity": 0.5}
    answers = [head.model({"inputs": images})["reconstruction"].numpy() for head in (plain, vivid)]
    lightness, _ = task.pair(tf.constant(images), seeds_of(3), "unit")
    inside = np.all([np.all((answer > 0.01) & (answer < 0.99), axis=-1) for answer in answers], axis=0)
    for answer in answers:  # where no color was clipped
        assert np.abs(to_lab(answer).numpy()[..., 0] / 100 - lightness[..., 0])[inside].max() < 1e-3
    assert np.abs(answers[0] - answers[1]).max() > 0.01
    rows = task.further_metrics(heads, demonstration, 0, None)
    assert rows["vivid"]["ab_error"] > 0


def test_a_vivid_answer_is_a_tile_s_as_the_whole_image_s(demonstration):
    variant, task = ColorDistribution((8, 6)), Colorization()
    vivid = task.served_heads(TrainedHeads(distribution_heads(), demonstration, variant.reach, 8))[1]

    class Tiles(TileRestorer):
        scale, reach, multiple = 1, vivid.facts["reach"], vivid.facts["multiple"]

        def __call__(self, tile, missing=None):
            return vivid.model({"inputs": tile[None]})["reconstruction"].numpy()[0]

    image = np.random.default_rng(0).integers(0, 256, (200, 150, 3), dtype=np.uint8)
    whole = vivid.model({"inputs": image[None] / np.float32(255)})["reconstruction"].numpy()[0]
    tiled = restored_levels(Tiles(), image, 24)
    assert np.abs(tiled.astype(int) - np.rint(255 * whole).astype(int)).max() <= 1


def test_a_distribution_over_colors_is_of_colors_alone():
    with pytest.raises(InputError, match="a and b of Lab"):
        ColorDistribution().build(Spec((24, 24, 3), (24, 24, 3), "unit"))


@pytest.mark.parametrize("fields", [{"temperature": 0.0}, {"temperature": 1.5}, {"rarity": 1.0}])
def test_a_temperature_and_a_rarity_that_are_none_are_refused(fields):
    with pytest.raises(InputError, match=next(iter(fields))):
        Colorization(**fields)


def test_the_crossentropy_of_colors_is_least_for_their_own_distribution(random):
    colors = random.uniform(0.4, 0.6, size=(2, 8, 8, 2)).astype(np.float32)
    blocks = tf.nn.avg_pool2d(colors, 4, 4, "VALID")
    term = ColorDistribution((8, 6)).terms()[0]
    own = tf.math.log(soft_colors(blocks) + 1e-20)
    values = [
        term.value({"targets": colors, "color_logits": logits}).numpy()
        for logits in (own, own[::-1], 0.0 * own)
    ]
    assert values[0].shape == (2,)
    assert (values[0] < values[1]).all()
    assert (values[0] < values[2]).all()
    np.testing.assert_allclose(values[2], np.log(len(palette())), rtol=1e-5)
