"""The commands and the Python of the guides, run as they stand there, with short settings."""

import contextlib
import functools
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile
import standin
from guides import GUIDES, ROOT, blocks, commands, stub_make
from PIL import Image

from keras_ae.cli import main

pytestmark = pytest.mark.docs

DOCKER, PACKAGES, SHELL = "needs Docker", "downloads packages", "changes the shell alone"
TESTS, WINDOWS = "runs the tests, of which this is one", "is for Windows, and downloads packages"
LINT = "checks this code, as CI does; its tools need not be there"
NOT_RUN = {
    "make setup": PACKAGES,
    "make lint": LINT,
    "make test": TESTS,
    "make test-docs": TESTS,
    "make test-workers": TESTS,
    "make test-slow": TESTS,
    "make docs": PACKAGES,
    "make serve": DOCKER,
    "source .venv/bin/activate": SHELL,
    "python3 -m venv .venv": PACKAGES,
    "py -3.12 -m venv .venv": WINDOWS,
    r'.venv\Scripts\pip install ".[cpu]"': WINDOWS,
    r".venv\Scripts\keras-ae train denoising": WINDOWS,
    "pip install '.[cpu]'": PACKAGES,
    "pip install grpcio": PACKAGES,
    "pip install --no-deps tensorflow-serving-api": PACKAGES,
    "pip install '.[onnx,litert]'": PACKAGES,
    "pip install '.[beam]'": PACKAGES,
    "pip install '.[codec]'": PACKAGES,
}
"""Commands that are not run, as they stand in a guide without their comment, and why."""

NEEDS = {
    "keras-ae convert": ("onnx", "ai_edge_litert"),
    "keras_ae.apps.encoding.beam": ("apache_beam",),
    "codes.parquet": ("pyarrow",),
    "codes.kae": ("constriction",),
    "keras-ae codec": ("constriction",),
    "music_generation": ("music21",),
}
"""Parts of commands, and the modules of extras without which these are skipped."""

DOWNLOADED_OR_LARGE = {
    "mnist", "fashion_mnist", "photographs", "scikit_photographs", "chorales", "jsb", "mario", "zelda",
    "lode_runner", "made_levels", "nab", "ucr", "ecg5000", "nsl_kdd", "sprites", "Set5", "Set12", "Set14",
    "Set68", "BSD100", "CBSD68", "bsd400", "bsds500", "natural_patches",
}  # fmt: skip
"""Data sets by name whose own samples take their place."""

SHORT = {"": "epochs=1 min_steps_per_epoch=0"}
SHORT |= dict.fromkeys(
    ("photo_denoising", "super_resolution", "inpainting", "colorization"),
    "variant.filters=8 variant.blocks=0 data.cropping.count=16 data.cropping.size=24",
)
SHORT |= dict.fromkeys(("conditional", "vector_quantized", "level_generation"), "task.samples=16")
SHORT |= {"music_generation": "task.samples=4 task.importance_samples=2", "binarized_vae": "task.samples=2"}
"""Settings by recipe that follow those of a guide, and so win over them."""

FEWER = {
    "benchmark": ("--epochs", "1", "--seeds", "1"),
    "generate": ("--count", "2"),
    "speed": ("--networks", "dense", "--batches", "512", "--epochs", "2", "--peers", "keras,bare"),
}
"""Options by verb that follow those of a guide."""

OUTPUTS = ("generated", "interpolated", "traversed", "attributed", "reconstructed", "nearest", "restored")
OUTPUTS += ("detected",)


def _commands():
    """Each command once, with where it stands first."""
    once = {}
    for guide in GUIDES:
        for command in commands(guide):
            once.setdefault(command.words, command)
    return list(once.values())


def _plain(command):
    return command.text.partition("  #")[0].strip()


COMMANDS = _commands()
RUN = [command for command in COMMANDS if _plain(command) not in NOT_RUN]


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    return stub_make(tmp_path_factory.mktemp("make"))


@pytest.fixture(scope="module", autouse=True)
def samples():
    """Data sets that are downloaded or large give their samples."""
    from keras_ae.data.find import dataset_kinds
    from keras_ae.data.images import mnist
    from keras_ae.data.splits import split_by_content
    from keras_ae.data.types import Data
    from keras_ae.domains import UNIT

    within = []

    def sampled(load):
        @functools.wraps(load)
        def instead(self):
            if within:  # a sample may load a smaller one of its kind
                return load(self)
            within.append(self)
            try:
                return self.sample()
            finally:
                within.pop()

        return instead

    def fewer_digits(self):
        examples, labels = mnist.embedded_digits()
        return Data(self.name, **split_by_content(examples[::5], labels[::5]), domain=UNIT)

    with pytest.MonkeyPatch.context() as patch:
        for kind in dataset_kinds():
            if kind.name in DOWNLOADED_OR_LARGE:
                patch.setattr(kind, "load", sampled(kind.load))
        patch.setattr(mnist.Mnist5k, "load", fewer_digits)
        yield


def write_image(path, random, size=(28, 28), mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (*size[::-1], 3) if mode == "RGB" else size[::-1]
    smooth = Image.fromarray(random.integers(0, 255, shape, dtype=np.uint8))
    smooth.resize((4, 4)).resize(size, Image.Resampling.BICUBIC).save(path)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with all files that the guides speak of, in which their commands run one after the other."""
    folder, random = tmp_path_factory.mktemp("work"), np.random.default_rng(0)
    shutil.copytree(ROOT / "recipes", folder / "recipes", ignore=shutil.ignore_patterns("gallery"))
    for number in range(60):
        write_image(folder / "path/to/folder" / "ab"[number % 2] / f"{number}.png", random)
        write_image(folder / "photos" / f"{number}.jpg", random, (30, 28))
    for number in range(6):
        write_image(folder / "folder/of/photos" / f"{number}.png", random, (60, 40), "RGB")
    for number in range(90):
        kind = "good" if number < 70 else "scratched"
        write_image(folder / "parts" / kind / f"{number}.png", random, (16, 16))
    write_image(folder / "digit.png", random)
    write_image(folder / "photo.jpg", random, (60, 40), "RGB")
    write_image(folder / "photo.png", random, (60, 40), "RGB")
    mask = np.zeros((40, 60), np.uint8)
    mask[10:20, 10:30] = 255
    Image.fromarray(mask).save(folder / "holes.png")
    digits = random.integers(0, 255, (200, 28, 28), dtype=np.uint8)
    np.savez(folder / "file.npz", x=digits)
    np.save(folder / "file.npy", digits)
    np.save(folder / "activations.npy", random.normal(size=(200, 16)).astype("float16"))
    np.save(folder / "volumes.npy", random.integers(0, 255, (80, 16, 16, 16), dtype=np.uint8))
    write_clips_and_sounds(folder, random)
    write_rows(folder, random)
    return folder


def write_clips_and_sounds(folder, random):
    """Folders of GIFs and of recordings, of which some are good."""
    for number in range(48):
        kind = "good" if number < 44 else "jumps"
        for name in ("clips", "recordings"):
            (folder / name / kind).mkdir(parents=True, exist_ok=True)
        frames = [Image.fromarray(frame) for frame in random.integers(0, 255, (26, 16, 16), dtype=np.uint8)]
        frames[0].save(folder / "clips" / kind / f"{number}.gif", save_all=True, append_images=frames[1:])
        soundfile.write(
            folder / "recordings" / kind / f"speaker{number % 4}_{number}.wav",
            random.uniform(-0.5, 0.5, 6000),
            8000,
        )


def write_rows(folder, random):
    """A table, two series of the same columns, and sequences."""
    trips = [
        f"{trip},{step},{random.normal():.4f},{'bus' if trip % 2 else 'car'}"
        for trip in range(40)
        for step in range(8 + trip % 7)
    ]
    (folder / "trips.csv").write_text("\n".join(["trip,time,speed,kind", *trips]) + "\n")
    gestures = [
        ",".join(f"{value:.4f}" for value in random.normal(size=8 + number % 5)) + f":{number % 2}"
        for number in range(30)
    ]
    head = ["@problemName Gestures", "@timeStamps false", "@univariate true", "@classLabel true 0 1", "@data"]
    (folder / "Gestures_TRAIN.ts").write_text("\n".join([*head, *gestures]) + "\n")
    rows = zip(random.normal(size=(300, 2)), random.choice(["red", "green"], 300), strict=True)
    lines = [f"{first:.4f},{second:.4f},{word}" for (first, second), word in rows]
    (folder / "my.csv").write_text("\n".join(["温度,km/h,color", *lines]) + "\n", "utf-8")
    (folder / "today.csv").write_text("\n".join(["温度,km/h,color", *lines[:50]]) + "\n", "utf-8")
    for name, count in (("series", 6000), ("new", 1000)):
        times = np.datetime64("2024-01-01") + np.arange(count) * np.timedelta64(15, "m")
        values = np.sin(np.arange(count) / 96 * 2 * np.pi) + random.normal(0, 0.05, count)
        lines = [f"{time},{value:.4f}" for time, value in zip(times, values, strict=True)]
        (folder / f"{name}.csv").write_text("\n".join(["time,load", *lines]) + "\n")


class Runner:
    """Runs keras-ae in a folder, each call once, after what it needs.

    Attributes:
        folder: The folder.
        done: The calls so far.
    """

    def __init__(self, folder):
        self.folder, self.done = folder, set()

    def run(self, *words):
        """Runs one call, unless the same was run."""
        if words not in self.done:
            self._prepare(words)
            assert main(list(map(str, self._short(words)))) == 0, words
            self.done.add(words)

    def _short(self, words):
        verb = words[0]
        if verb in ("train", "detect") and "--trained" not in words:
            name = Path(words[1]).stem
            words = (*words, "--set", f"{SHORT['']} {SHORT.get(name, '')}".strip())
        elif verb == "sweep":
            words = (*words, "--set", SHORT[""])
        if verb == "benchmark" and "--variants" not in words:
            words = (*words, "--variants", "sparse,variational")
        words = (*words, *FEWER.get(verb, ()))
        if "--time" in words:
            words = (*words, "--time", "5")
        if verb == "generate" and "--length" in words:
            shorter = {"level_generation": "60", "music_generation": "8"}[words[1]]
            words = (*words, "--length", shorter)
        return ["0,1" if word == "0..9" else word for word in words]

    def _prepare(self, words):
        """Trains what a call works on, makes its inputs, and removes its former outputs."""
        verb, recipe = words[0], words[1] if len(words) > 1 else ""
        if "--output" in words:
            output = self.folder / words[words.index("--output") + 1]
            shutil.rmtree(output) if output.is_dir() else output.unlink(missing_ok=True)
            Path(f"{output}.csv").unlink(missing_ok=True)  # the files of an array's rows
        elif verb not in ("predict", "nearest"):
            for name in OUTPUTS:
                shutil.rmtree(self.folder / name, ignore_errors=True)
        if verb in ("monitor", "watch") or "--trained" in words:
            self.run("detect", "series_anomaly", "series.csv", "--set", "data.normal=40%")
        elif recipe == "table_anomaly" and verb not in ("detect", "train"):
            self.run("detect", "table_anomaly", "my.csv")
        elif verb in NEEDS_TRAINING and recipe and not (self.folder / "runs" / recipe).is_dir():
            self.run(*MODELS.get(recipe, ("train", recipe)))
        if verb in ("rollback", "label"):
            self.run("export", recipe)
        own = words[words.index("--output") + 1] if "--output" in words else None
        for word in words[1:]:
            if word in MADE and word != own and not (self.folder / word).exists():
                MADE[word](self)


MODELS = {"pets": ("train", "denoising", "--data", "photos", "--name", "pets")}
"""Models that are not called as their recipes, and what trains them."""

NEEDS_TRAINING = (
    "evaluate", "export", "predict", "encode", "restore", "generate", "interpolate", "traverse", "attribute",
    "reconstruct", "nearest", "rollback", "label", "convert", "verify", "heads", "pack",
    "compress", "codec",
)  # fmt: skip


def _generate(runner):
    runner.done.discard(GENERATED)
    runner.run(*GENERATED)


GENERATED = ("generate", "level_generation", "--count", "2", "--seed", "1")


def _level(runner):
    _generate(runner)
    [level, *_] = (runner.folder / "generated/level_generation").glob("*.txt")
    shutil.copy(level, runner.folder / "level.txt")


MADE = {
    "codes.npz": lambda runner: runner.run("predict", "denoising", "photos/", "--output", "codes.npz"),
    "generated/level_generation/made_from.npz": _generate,
    "level.txt": _level,
    "codes.kae": lambda runner: runner.run("compress", "denoising", "photos", "--output", "codes.kae"),
    "denoising.zip": lambda runner: runner.run("pack", "denoising", "--output", "denoising.zip"),
}
"""Inputs that other commands of the guides make."""


@pytest.fixture(scope="module")
def shared(workplace):
    """Runs what works on a recipe's newest run, trained on the recipe's own data."""
    return Runner(workplace)


@pytest.fixture
def apart(workplace, tmp_path):
    """Runs a training on other data or with other settings, whose run is nobody else's."""
    for path in workplace.iterdir():
        if path.name not in ("runs", "saved_models"):
            (tmp_path / path.name).symlink_to(path)
    return Runner(tmp_path)


@pytest.fixture(scope="module")
def servers(workplace):
    """Stand-ins for a server of the folder's exported models: (REST's, gRPC's or None)."""
    has_grpc = all(importlib.util.find_spec(name) for name in ("grpc", "tensorflow_serving"))
    models = workplace / "saved_models"
    with (
        standin.rest(models) as rest,
        standin.grpc(models) if has_grpc else contextlib.nullcontext() as grpc,
    ):
        yield rest, grpc


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    """No proxy stands between a test and its stand-in; no make runs the command line."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("MAKELEVEL", raising=False)


@pytest.mark.parametrize("command", RUN, ids=str)
def test_a_command_of_a_guide_runs(command, make, shared, request, monkeypatch):
    words = command.words
    for part, modules in NEEDS.items():
        missing = [module for module in modules if importlib.util.find_spec(module) is None]
        if part in command.text and missing:
            pytest.skip(f"needs {' and '.join(missing)}")
    if words[0] in ("make", "keras-ae") or words[:3] == ("python", "-m", "keras_ae"):
        calls = make(*words[1:]) if words[0] == "make" else [words[1 if words[0] == "keras-ae" else 3 :]]
        assert calls
        for call in calls:
            run_keras_ae(call, shared, request, monkeypatch)
        return
    monkeypatch.chdir(shared.folder)
    text = command.text
    if words[0] == "curl":
        if shutil.which("curl") is None:
            pytest.skip("needs curl")
        shared.run("train", "denoising")
        rest, _ = request.getfixturevalue("servers")
        text = text.replace("curl localhost:8501", f"curl --silent --show-error --fail {rest.url}")
    if "table_anomaly" in text:
        shared.run("detect", "table_anomaly", "my.csv")
    programs = f'python() {{ {sys.executable} "$@"; }}\nkeras-ae() {{ python -m keras_ae "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", programs + text], capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    if words[0] == "curl":
        assert '"predictions"' in done.stdout or '"outputs"' in done.stdout


def run_keras_ae(call, shared, request, monkeypatch):
    """Runs a call of keras-ae where it disturbs no other."""
    is_apart = call[0] == "train" and len(call) > 2
    runner = request.getfixturevalue("apart") if is_apart else shared
    monkeypatch.chdir(runner.folder)
    if call[0] == "tensorboard":
        serves_a_page(call, runner)
    elif "--resume" in call:
        runner.run("train", call[1])
        assert main([*call, "--set", "epochs=2"]) == 0
    else:
        if "--url" in call:
            runner.run("train", "denoising")
            url = request.getfixturevalue("servers")[0].url
            call = [url if word == "http://localhost:8501" else word for word in call]
        if call == ("train", "mine"):
            shutil.copy(runner.folder / "recipes/denoising.py", runner.folder / "recipes/mine.py")
        runner.run(*call)


def serves_a_page(call, runner):
    """TensorBoard answers at the address."""
    (runner.folder / "runs").mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "keras_ae", *call, "--port", str(port)]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}) as process:
        try:
            for _ in range(600):
                with contextlib.suppress(requests.ConnectionError):
                    page = requests.get(f"http://127.0.0.1:{port}/data/environment", timeout=60)
                    assert page.ok
                    return
                assert process.poll() is None
                time.sleep(0.1)
            raise AssertionError("no page within a minute")
        finally:
            process.terminate()


PYTHON = [(guide, line, text) for guide in GUIDES for line, text in blocks(guide, "python")]


@pytest.mark.parametrize(
    ("guide", "line", "text"), PYTHON, ids=[f"{guide.relative_to(ROOT)}:{line}" for guide, line, _ in PYTHON]
)
def test_the_python_of_a_guide_runs(guide, line, text, shared, request, monkeypatch):
    monkeypatch.chdir(shared.folder)
    if any(name in text for name in ("denoising_encoder", "table_anomaly", "saved_models")):
        shared.run("train", "denoising")
        if "table_anomaly" in text:
            shared.run("detect", "table_anomaly", "my.csv")
        rest, grpc = request.getfixturevalue("servers")
        if "import grpc" in text and grpc is None:
            pytest.skip("needs the extra grpc")
        text = text.replace("http://localhost:8501", rest.url)
        text = text.replace("localhost:8500", grpc.url.removeprefix("grpc://") if grpc else "")
    names = {"images": np.zeros((5, 28, 28, 1), np.float32)}
    exec(compile("\n" * (line - 1) + text, str(guide), "exec"), names)  # its errors name the guide's lines
    if "table_anomaly" in text:
        assert names["flags"].dtype == bool
    elif "client" in text:
        assert names["code"].shape == (5, 64)


def test_what_is_not_run_stands_in_a_guide():
    assert set(NOT_RUN) <= {_plain(command) for command in COMMANDS}
