"""What several test files need: small recipes on small data."""

import contextlib
import dataclasses
import gc
import hashlib
import os
import shutil
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads that wait use as much time as those that compute
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.pop("MAKELEVEL", None)  # under make, messages speak of its variables

import numpy as np
import pytest
from PIL import Image

# TensorFlow and what imports it are imported by fixtures: the process that hands tests to workers needs none.

gc.disable()  # until tests are collected: what is read stays, and is searched again and again


def pytest_collection_finish(session):
    """Sets TensorFlow up for the tests of this process."""
    if session.items:
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()  # as train() does; Keras then does not use XLA
        if not any(item.get_closest_marker("slow") for item in session.items):
            # a graph that runs a few times costs more to optimize than that saves; trainings of minutes do it
            tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        # what is imported stays, and each search of it for garbage takes a second
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 50, 50)
    gc.enable()


def write_images(folder, random, shape):
    """A folder of 9 gray images below two labels."""
    for number in range(9):
        file = folder / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, shape, dtype=np.uint8)).save(file)
    return folder


def with_weights_of(model, other):
    """Copies weights into a model of longer examples; what it has more of is random, and should not count."""
    for weight, source in zip(model.weights, other.weights, strict=True):
        value = np.random.default_rng(3).normal(size=weight.shape).astype(np.float32)
        value[tuple(map(slice, source.shape))] = source
        weight.assign(value)


@pytest.fixture(scope="session")
def tiny_recipe():
    """A denoiser of 12 x 12 blobs that trains in a second."""
    from keras_ae.backbones.dense import DenseBackbone
    from keras_ae.data.arrays import ArrayFile
    from keras_ae.data.dataset import Sample
    from keras_ae.recipe import Recipe
    from keras_ae.tasks.corruption import Gaussian
    from keras_ae.tasks.restoration import Denoising
    from keras_ae.variants.undercomplete import Undercomplete

    return Recipe(
        data=Sample(ArrayFile("unused.npy")),
        variant=Undercomplete(DenseBackbone((16,)), latent_dim=4),
        task=Denoising(Gaussian(0.2)),
        epochs=3,
        batch_size=8,
        name="tiny",
    )


@pytest.fixture(scope="session")
def tiny_run(tiny_recipe, tmp_path_factory):
    """A run of the tiny recipe that was not trained, and that no test changes."""
    from keras_ae.training.train import train

    folder = tmp_path_factory.mktemp("tiny") / "run"
    with untrained():
        return train(dataclasses.replace(tiny_recipe, epochs=1), folder, report=lambda _: None)


@pytest.fixture(scope="session")
def exported(tiny_run, tmp_path_factory):
    """A folder of exported models: `tiny`, a denoiser of 12 x 12 blobs, and its run's folder beside it.

    Workers share it: the first that needs it exports.
    """
    from keras_ae.runs.artifacts import load_artifacts
    from keras_ae.serving.export import export_heads

    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    if not shared.exists():
        own = tmp_path_factory.mktemp("exported")
        shutil.copytree(tiny_run.directory, own / "run")
        card = {"recipe": "tiny", "data": {"domain": "unit", "shape": [12, 12, 1]}}
        export_heads(load_artifacts(tiny_run.directory), "tiny", card, own / "models")
        with contextlib.suppress(OSError):  # another worker was faster
            own.rename(shared)
    return shared / "models"


@pytest.fixture(scope="session", autouse=True)
def loaded_once():
    """A SavedModel that many tests open, or that was moved, is loaded once: that takes half a second."""
    import tensorflow as tf

    load, loaded = tf.saved_model.load, {}

    def cached(folder):
        files = [Path(folder, "saved_model.pb"), *sorted(Path(folder, "variables").glob("*"))]
        if not files[0].is_file():
            return load(folder)
        key = tuple((file.stat().st_size, file.stat().st_mtime_ns) for file in files)
        if key not in loaded:
            loaded[key] = load(folder)
            for oldest in list(loaded)[:-16]:
                del loaded[oldest]
        return loaded[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf.saved_model, "load", cached)
        yield


@contextlib.contextmanager
def untrained():
    """Trainings take no steps: tracing one takes longer than all else, and many tests need any run at all.

    Weights grow by a hundredth in each epoch, so that epochs differ. Checkpoints are written as ever, of
    losses of 1, and epochs begin for callbacks. There are no batches, and no pages for TensorBoard.
    """
    import keras

    from keras_ae.callbacks.checkpoint import Checkpoint
    from keras_ae.data.pipeline import PairedData
    from keras_ae.training import train
    from keras_ae.training.trainer import Trainer

    def fit(self, batches, epochs, initial_epoch, callbacks, **_):
        callbacks = [one for one in callbacks if not isinstance(one, keras.callbacks.TensorBoard)]
        for callback in callbacks:
            callback.set_model(self)
        for epoch in range(initial_epoch, epochs):
            for callback in callbacks:
                callback.on_epoch_begin(epoch)
            for weight in self.trainable_weights:
                weight.assign(1.01 * weight)
            for callback in callbacks:
                if isinstance(callback, Checkpoint):
                    callback.on_epoch_end(epoch, {"loss": 1.0, "val_loss": 1.0})

    def no_batches(paired, batch_size, *_):
        return None, len(paired.data.train) // min(batch_size, len(paired.data.train))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "fit", fit)
        patch.setattr(PairedData, "training_batches", no_batches)
        patch.setattr(PairedData, "validation_batches", lambda *_: None)
        patch.setattr(train, "write_overview", lambda *_: None)
        patch.setattr(train, "images_and_more", lambda _, recipe, *__: [make() for make in recipe.callbacks])
        yield


@contextlib.contextmanager
def eagerly():
    """Trainings run op by op: of one or two steps, tracing them would take longer."""
    from keras_ae.training.trainer import Trainer

    compile_it = Trainer.compile
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "compile", lambda self, **of: compile_it(self, run_eagerly=True, **of))
        yield


@contextlib.contextmanager
def exporting(*heads):
    """Exports these heads alone: to write those that a test does not read takes seconds.

    Yields:
        A set, which takes the names of all heads that would have been exported.
    """
    from keras_ae.serving import export

    every, names = export.head_signatures, set()

    def those(*of):
        signatures = every(*of)
        names.update(signatures)
        return {head: signatures[head] for head in signatures if head in heads}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "head_signatures", those)
        yield names


def gradient(height, width, number=0):
    """An image (height, width, 3) each pixel of which says where it is."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows % 256, columns % 256, np.full_like(rows, number)], axis=-1).astype(np.uint8)


@pytest.fixture
def own_cache(monkeypatch, tmp_path):
    """(kind, count, sides, part) -> a published set of our own making in an empty cache."""
    from keras_ae.data import download
    from keras_ae.data.images import published

    manifest = tmp_path / "manifest"
    manifest.write_text("")
    monkeypatch.setattr(published, "MANIFEST", manifest)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def fill(kind, count, sides=(40, 40), part=""):
        folder = kind.folder + part
        for number in range(count):
            file = tmp_path / "datasets" / folder / f"{number:03d}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(gradient(*sides, number)).save(file)
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            with open(manifest, "a") as lines:
                lines.write(f"{digest}  {folder}/{file.name}\n")
        download.read_manifest.cache_clear()

    yield fill
    download.read_manifest.cache_clear()


@pytest.fixture
def random():
    return np.random.default_rng(0)
