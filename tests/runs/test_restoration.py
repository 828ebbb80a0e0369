"""A run that restores photographs: measured on whole images, exported, asked for files, in tiles."""

import dataclasses
import io
import json

import numpy as np
import pytest
import tensorflow as tf
from conftest import exporting, untrained
from PIL import Image

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.cli import main
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import Dataset
from keras_ae.data.images.crops import Cropping
from keras_ae.data.images.photos import Photographs
from keras_ae.data.images.published import Set5, Set12
from keras_ae.errors import InputError
from keras_ae.metrics import reconstruction
from keras_ae.recipe import load, override
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.runs.card import model_card
from keras_ae.runs.evaluation import evaluate
from keras_ae.runs.load import load_run
from keras_ae.runs.settings import differences
from keras_ae.serving import images
from keras_ae.serving.config_files import BATCHED
from keras_ae.serving.export import export_heads
from keras_ae.tasks.corruption import Gaussian
from keras_ae.tasks.holes import MissingPixels
from keras_ae.tasks.inpainting import Inpainting
from keras_ae.tasks.photo_denoising import PhotoDenoising
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.tensorboard.final import write_final_report
from keras_ae.training.train import train
from keras_ae.variants.skip_connected import SkipConnected
from keras_ae.variants.undercomplete import Undercomplete


@dataclasses.dataclass(frozen=True)
class Few(Dataset):
    """Less of the demonstration, in gray or in color."""

    channels: int

    def load(self):
        return dataclasses.replace(Photographs(Cropping(16), self.channels).sample(), name="few")


def exported(name, run, models):
    kept = load_artifacts(run.directory)
    card = model_card(run, {"baseline": {}, name: {}})
    return export_heads(kept, name, card, models)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """(runs, folder of exported restorers, names of heads) of a gray denoiser and of inpainting in color."""
    folder, runs = tmp_path_factory.mktemp("restoring"), {}
    tasks = {
        "photo_denoising": (PhotoDenoising(), "added"),
        "inpainting": (Inpainting(MissingPixels(0.3)), "kept"),
    }
    for name, (task, shortcut) in tasks.items():
        recipe = dataclasses.replace(
            load(name),
            data=Few(1 if name == "photo_denoising" else 3),
            variant=SkipConnected((6, 5), blocks=0, shortcut=shortcut),
            task=task,
            epochs=1,
        )
        with untrained():
            runs[name] = train(recipe, folder / name, report=lambda _: None)
        with exporting("restorer") as heads:
            exported(name, runs[name], folder / "models")
    return runs, folder / "models", heads


def as_file(image, kind="PNG", **settings):
    held = io.BytesIO()
    Image.fromarray(image).save(held, kind, **settings)
    return held.getvalue()


def levels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def signature(models, name, head="restorer", which="image_bytes"):
    loaded = tf.saved_model.load(str(models / name / head / "1"))
    return lambda **given: loaded.signatures[which](**given)


def test_whole_images_are_scored_and_not_crops(finished):
    run = finished[0]["photo_denoising"]
    table = evaluate(run)
    batches = run.paired.whole_batches()
    measure = reconstruction.published_metrics()["psnr"]
    due = [float(measure(targets, named["inputs"])[0]) for named, targets in batches]
    assert table["noisy input"]["psnr"] == pytest.approx(np.mean(due), abs=1e-4)
    assert list(table) == ["noisy input", "median, 3 x 3", "non-local means", "photo_denoising"]
    assert set(table["photo_denoising"]) == {"psnr", "ssim", "mse"}


def test_a_published_set_takes_the_place_of_the_test_images_in_the_colors_of_the_network(finished, own_cache):
    own_cache(Set5, 2, (30, 37))
    run, told = finished[0]["photo_denoising"], []
    measured = load_run(run.recipe, run.directory, told.append, test_set=Set5())
    assert [image.shape for image in measured.data.whole] == [(30, 37, 1)] * 2
    assert "2 photographs of Set5, to evaluate on" in told
    assert len(measured.data.train) == len(run.data.train)
    assert evaluate(measured)["noisy input"]["psnr"] == pytest.approx(20.17, abs=0.3)


@pytest.mark.slow  # exports, evaluates and restores by the command line, each tested by itself
def test_evaluate_takes_a_published_set_by_its_name(finished, own_cache, tmp_path, monkeypatch, capsys):
    own_cache(Set5, 2, (30, 37))
    monkeypatch.chdir(tmp_path)
    small = "variant.filters=6,5 variant.blocks=0 data.cropping.size=16 data.cropping.count=16 epochs=1"
    with exporting("restorer"), untrained():
        assert main(["train", "super_resolution", "--set", small]) == 0
    capsys.readouterr()
    assert main(["evaluate", "super_resolution", "--data", "Set5"]) == 0
    out = capsys.readouterr().out
    assert "2 photographs of Set5, to evaluate on" in out
    assert any(line.startswith("bicubic") for line in out.splitlines())
    card = json.loads((tmp_path / "saved_models/super_resolution/restorer/1/card.json").read_text())
    assert card["restorer"] == {"scale": 2, "colored": False, "reach": 7, "multiple": 2}
    Image.fromarray(np.zeros((9, 7, 3), np.uint8)).save("one.png")
    assert main(["restore", "super_resolution", "one.png"]) == 0
    with Image.open("restored/super_resolution/one.png") as restored:
        assert restored.size == (14, 18)


def test_a_set_to_measure_on_is_not_trained_on(own_cache, tmp_path):
    own_cache(Set5, 2)
    recipe = dataclasses.replace(load("photo_denoising"), data=Set5())
    with pytest.raises(InputError, match="Set5 is a test set, for evaluation"):
        train(recipe, tmp_path / "run", report=lambda _: None)


def test_a_network_of_color_is_not_measured_on_gray_images(finished, own_cache):
    own_cache(Set12, 2, (30, 37))
    run = finished[0]["inpainting"]
    with pytest.raises(InputError, match="Set12 is gray, and to a network of color another problem"):
        load_run(run.recipe, run.directory, lambda _: None, test_set=Set12())


def test_data_that_are_no_images_are_not_measured_on_photographs(tmp_path, own_cache, random):
    own_cache(Set5, 1)
    np.save(tmp_path / "x.npy", random.normal(size=(40, 6)))
    data = ArrayFile(str(tmp_path / "x.npy"))
    recipe = dataclasses.replace(
        load("digits"), data=data, variant=Undercomplete(DenseBackbone(())), epochs=1
    )
    with untrained():
        run = train(recipe, tmp_path / "run", report=lambda _: None)
    with pytest.raises(InputError, match="Set5 holds images, the model was trained on real values"):
        load_run(run.recipe, run.directory, lambda _: None, test_set=Set5())


def test_a_network_of_one_size_is_scored_on_crops_of_photographs(tmp_path):
    recipe = dataclasses.replace(
        load("photo_denoising"), data=Few(3), variant=Undercomplete(DenseBackbone(()), 4), epochs=1
    )
    with untrained():
        run = train(recipe, tmp_path / "run", report=lambda _: None)
    assert np.isfinite(evaluate(run)["photo_denoising"]["psnr"])
    assert run.served_heads == ()
    recipe = dataclasses.replace(recipe, task=Reconstruction())
    assert "mse" in evaluate(load_run(recipe, tmp_path / "run", lambda _: None))["photo_denoising"]


def test_a_recipe_kept_before_a_field_was_there_is_the_same_with_its_default(finished):
    run = finished[0]["photo_denoising"]
    file = run.directory / "recipe.json"
    kept = json.loads(file.read_text())
    del kept["task.corruption.clipped"]
    assert kept.pop("task.corruption.sigma")
    file.write_text(json.dumps(kept))
    # unclipped noise is not the default, and neither is this sigma
    assert set(differences(run.recipe, run.directory)) == {"task.corruption.clipped", "task.corruption.sigma"}
    default = dataclasses.replace(run.recipe, task=PhotoDenoising(Gaussian()))
    assert not differences(default, run.directory)


def test_a_network_with_skips_serves_no_decoder_and_shares_no_batches(finished):
    _, models, heads = finished
    assert heads == {"encoder", "autoencoder", "restorer"}
    assert not list(models.glob(f"*/*/1/{BATCHED}"))


def test_files_of_several_sizes_are_restored_each_at_its_own(finished, random):
    ask = signature(finished[1], "photo_denoising")
    given = [random.integers(0, 256, shape, np.uint8) for shape in ((20, 31, 3), (9, 5, 3), (12, 12))]
    answers = ask(image_bytes=tf.constant([as_file(image) for image in given]))["reconstruction_bytes"]
    shapes = [levels(png).shape for png in answers.numpy()]
    assert shapes == [(20, 31, 3), (9, 5, 3), (12, 12, 3)]
    arrays = signature(finished[1], "photo_denoising", which="serving_default")
    values = arrays(inputs=tf.constant(given[1][None] / np.float32(255)))["reconstruction"]
    assert np.abs(np.round(255 * values[0].numpy()) - levels(answers.numpy()[1])).max() <= 1


def test_a_turned_photograph_comes_back_upright(finished, random):
    ask = signature(finished[1], "photo_denoising")
    exif = Image.Exif()
    exif[0x0112] = 6
    file = as_file(random.integers(0, 256, (20, 31, 3), np.uint8), "JPEG", exif=exif)
    [png] = ask(image_bytes=tf.constant([file]))["reconstruction_bytes"].numpy()
    assert levels(png).shape == (31, 20, 3)


def test_known_pixels_of_a_file_come_back_as_they_were(finished, random):
    ask = signature(finished[1], "inpainting")
    image = random.integers(0, 256, (20, 31, 3), np.uint8)
    missing = random.uniform(size=(20, 31)) < 0.5
    mask = as_file((255 * missing).astype(np.uint8))
    [png] = ask(image_bytes=tf.constant([as_file(image)]), mask_bytes=tf.constant([mask]))[
        "reconstruction_bytes"
    ].numpy()
    np.testing.assert_array_equal(levels(png)[~missing], image[~missing])
    assert (levels(png)[missing] != image[missing]).mean() > 0.9


def test_a_mask_is_white_where_its_mean_is_and_transparent_is_not(finished, random):
    ask = signature(finished[1], "inpainting")
    image = random.integers(0, 256, (12, 16, 3), np.uint8)
    mask = np.zeros((12, 16, 4), np.uint8)
    mask[2, :, :] = 255  # white
    mask[4, :, 0], mask[4, :, 3] = 255, 255  # red
    mask[6, :, :3] = 255  # white but transparent
    files = {"image_bytes": tf.constant([as_file(image)]), "mask_bytes": tf.constant([as_file(mask)])}
    [png] = ask(**files)["reconstruction_bytes"].numpy()
    changed = (levels(png) != image).any(axis=(1, 2))
    np.testing.assert_array_equal(np.flatnonzero(changed), [2])


def test_a_mask_of_another_size_and_one_too_many_are_refused(finished, random):
    ask = signature(finished[1], "inpainting")
    file, mask = (as_file(np.zeros(shape, np.uint8)) for shape in ((20, 31, 3), (20, 30)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected images of one size"):
        ask(image_bytes=tf.constant([file]), mask_bytes=tf.constant([mask]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected as many of each file"):
        ask(image_bytes=tf.constant([file]), mask_bytes=tf.constant([file, file]))


def test_a_image_too_large_to_restore_in_one_piece_is_refused(monkeypatch):
    monkeypatch.setattr(images, "MAX_RESTORED_PIXELS", 100)
    files = {"image_bytes": tf.constant([as_file(np.zeros((11, 10, 3), np.uint8))])}
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected an image of at most 100 pixels"):
        images.restore_images(lambda given: given["inputs"], files)


def test_what_is_shown_of_a_run_needs_no_decoder_of_codes_alone(finished):
    run = finished[0]["inpainting"]
    write_final_report(run, evaluate(run))
    assert np.loadtxt(run.directory / "projector" / "codes.tsv").shape[1] == 5
    sheet = np.asarray(Image.open(run.directory / "examples.png"))
    assert sheet.shape[0] == 3 * (16 * 3 + 2) + 2
    assert not (run.directory / "traversal.png").exists()


def test_settings_reach_the_crops_of_photographs():
    recipe = override(
        load("photo_denoising"), ["data.cropping.size=32", "task.corruption=UnknownGaussian(highest=0.3)"]
    )
    assert recipe.data.cropping.size == 32
    assert recipe.task.corruption.highest == 0.3
