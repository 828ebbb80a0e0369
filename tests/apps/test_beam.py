"""Shards of codes by a Beam pipeline: the same codes, gone on with where it was, refused after a change."""

import contextlib
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

pytest.importorskip("apache_beam")

from conftest import write_images

from keras_ae.apps.encoding.beam import __main__ as program
from keras_ae.apps.encoding.beam import pipeline, shards
from keras_ae.apps.encoding.head import Head
from keras_ae.apps.encoding.writers import RowColumns
from keras_ae.errors import InputError

pytestmark = pytest.mark.extras
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def images(tmp_path, random):
    """A folder of 9 images below two labels, one of them broken."""
    write_images(tmp_path / "images", random, (12, 12))
    (tmp_path / "images" / "b" / "5.png").write_bytes(b"no image")
    return tmp_path / "images"


@pytest.fixture
def array(tmp_path, random):
    """A file of 50 random images."""
    np.save(tmp_path / "x.npy", random.integers(0, 255, (50, 12, 12), dtype=np.uint8))
    return tmp_path / "x.npy"


def run(models, file, folder, *words, count=4):
    return program.main(
        [
            *("tiny", str(file), "--output", str(folder), "--shards", str(count), "--models", str(models)),
            *map(str, words),
        ]
    )


def due(models, raw):
    loaded = tf.saved_model.load(str(models / "tiny/encoder/1"))
    seen = tf.constant(raw.reshape(-1, 12, 12, 1) / np.float32(255))
    return loaded.signatures["serving_default"](inputs=seen)["code"].numpy()


def made(folder):
    return sorted(path.name for path in folder.glob("codes-*"))


def test_shards_in_their_order_are_the_codes(exported, tmp_path, array, capsys):
    joined = tmp_path / "codes.npy"
    assert run(exported, array, tmp_path / "shards", "--batch", 5, "--join", joined) == 0
    expected = due(exported, np.load(array))
    parts = [np.load(tmp_path / "shards" / name) for name in made(tmp_path / "shards")]
    assert [len(part) for part in parts] == [12, 13, 12, 13]
    np.testing.assert_allclose(np.concatenate(parts), expected, atol=1e-6)
    np.testing.assert_array_equal(np.load(joined), np.concatenate(parts))
    printed = capsys.readouterr().out
    assert "4 of 4 shards written" in printed
    assert "codes.npy: 50 rows" in printed


def test_what_was_cut_off_goes_on_with_the_shards_that_are_missing(exported, tmp_path, array, capsys):
    folder = tmp_path / "shards"
    run(exported, array, folder)
    names = made(folder)
    assert names[1] == "codes-00001-of-00004.npy"
    before = {name: (folder / name).stat().st_mtime_ns for name in names}
    content = (folder / names[1]).read_bytes()
    (folder / names[1]).unlink()
    capsys.readouterr()
    assert run(exported, array, folder) == 0
    assert "1 of 4 shards written" in capsys.readouterr().out
    assert (folder / names[1]).read_bytes() == content
    changed = [name for name in names if (folder / name).stat().st_mtime_ns != before[name]]
    assert changed == [names[1]]
    assert run(exported, array, folder) == 0
    assert "0 of 4 shards written" in capsys.readouterr().out


def test_a_folder_begun_with_something_else_is_refused(exported, tmp_path, array, capsys):
    folder, models = tmp_path / "shards", tmp_path / "models"
    run(exported, array, folder)
    (folder / made(folder)[0]).unlink()
    assert run(exported, array, folder, count=5) == 2
    assert (
        "was started with other settings (shards was 4, is 5); name another folder" in capsys.readouterr().err
    )
    shutil.copytree(exported / "tiny", models / "tiny")
    card = models / "tiny/encoder/1/card.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"weights_sha256": "other"}))
    assert run(models, array, folder) == 2
    assert "is other); name another folder" in capsys.readouterr().err
    np.save(array, np.load(array)[::-1])
    assert run(exported, array, folder) == 2
    assert "(input_sha256 was " in capsys.readouterr().err
    assert len(made(folder)) == 3


def test_shards_without_a_manifest_that_can_be_read_are_refused(exported, tmp_path, array, capsys):
    folder = tmp_path / "shards"
    run(exported, array, folder)
    (folder / shards.MANIFEST).write_text("{")
    assert run(exported, array, folder) == 2
    assert "_manifest.json cannot be read" in capsys.readouterr().err
    (folder / shards.MANIFEST).unlink()
    assert run(exported, array, folder) == 2
    assert "contains shards of unknown origin" in capsys.readouterr().err


def test_images_left_out_are_named_and_the_others_keep_their_names(exported, tmp_path, images, capsys):
    joined = tmp_path / "codes.npy"
    for _ in range(2):  # the second run recomputes nothing
        assert run(exported, images, tmp_path / "shards", "--join", joined, "--force", count=3) == 0
        assert "left out 1 of 9 images: b/5.png (cannot identify" in capsys.readouterr().out
    with open(f"{joined}.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["name"] for row in table] == [
        *(f"a/{n}.png" for n in (0, 2, 4, 6, 8)),
        *("b/1.png", "b/3.png", "b/7.png"),
    ]
    assert [row["label"] for row in table] == ["0"] * 5 + ["1"] * 3
    assert [row["index"] for row in table] == list(map(str, range(8)))
    pixels = np.stack([np.asarray(Image.open(images / row["name"])) for row in table])
    np.testing.assert_allclose(np.load(joined), due(exported, pixels), atol=1e-6)


def test_a_folder_of_tables_is_read_as_one(exported, tmp_path, array):
    parquet = pytest.importorskip("pyarrow.parquet")
    assert run(exported, array, tmp_path / "shards", "--format", "parquet") == 0
    table = parquet.read_table(tmp_path / "shards")
    assert table["index"].to_pylist() == list(range(50))
    np.testing.assert_allclose(table["code"].to_pylist(), due(exported, np.load(array)), atol=1e-6)


def test_a_shard_that_fails_is_reported_once_the_others_are_written(exported, tmp_path, random, capsys):
    raw = random.uniform(size=(40, 12, 12))
    raw[25] = 7
    np.save(tmp_path / "x.npy", raw)
    for _ in range(2):
        assert run(exported, tmp_path / "x.npy", tmp_path / "shards") == 2
        told = capsys.readouterr().err
        assert "1 of 4 shards could not be encoded: expected values in [0, 1]" in told
        assert "example 25 holds 7.0" in told
        assert made(tmp_path / "shards") == [f"codes-0000{n}-of-00004.npy" for n in (0, 1, 3)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--shards", "0"], "expected 1 to 50 shards, as there are examples; received 0"),
        (["--shards", "51"], "expected 1 to 50 shards, .* received 51"),
        (["--batch", "0"], "batches of at least 1 example"),
        (["--outputs", "mode"], "gives no output 'mode'"),
        (["--head", "autoencoder", "--outputs", "reconstruction,error"], "an .npy holds one output"),
        (["--join", "x.txt"], "--join makes an .npy, received 'x.txt'; name a file"),
        (["--join", "x.tfrecord"], "--join makes an .npy, received 'x.tfrecord'"),
        (["--format", "parquet", "--join", "x.npy"], "--join makes an .npy of .npy .*; read .* as one table"),
    ],
)  # fmt: skip
def test_unusable_requests_are_refused(exported, tmp_path, array, words, message, capsys):
    assert run(exported, array, tmp_path / "shards", *words) == 2
    assert re.search(message, capsys.readouterr().err)
    assert not (tmp_path / "shards").exists()


def start(models, folder, shards, *words):
    """The program in a process of its own."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "keras_ae.apps.encoding.beam", "tiny", "x.npy", "--output", "shards"),
            *("--shards", str(shards), "--models", str(models), *words),
        ],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def same(folder, other):
    """Whether two folders hold the same shards, to the bit."""
    return made(folder) == made(other) and all(
        (folder / name).read_bytes() == (other / name).read_bytes() for name in made(folder)
    )


PROCESSES = ("--direct_num_workers=2", "--direct_running_mode=multi_processing")


def test_workers_give_the_codes_of_one_process(exported, tmp_path, array):
    """Of a process each, which find the pipeline's classes by the module's name; and of threads."""
    assert run(exported, array, tmp_path / "alone") == 0
    with start(exported, tmp_path, 4, *PROCESSES, "--join", "codes.npy") as process:
        told = process.communicate()[0]
    assert process.returncode == 0, told[-2000:]
    assert same(tmp_path / "shards", tmp_path / "alone")
    parts = [np.load(tmp_path / "alone" / name) for name in made(tmp_path / "alone")]
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npy"), np.concatenate(parts))
    threads = ("--direct_num_workers", 2, "--direct_running_mode", "multi_threading")
    assert run(exported, array, tmp_path / "threads", *threads) == 0
    assert same(tmp_path / "threads", tmp_path / "alone")


def test_a_job_server_gives_the_codes_of_one_process(exported, tmp_path, array):
    """The jobs of Flink and Spark take this way too, from the server on."""
    service = pytest.importorskip("apache_beam.runners.portability.local_job_service")
    assert run(exported, array, tmp_path / "alone") == 0
    server = service.LocalJobServicer(str(tmp_path / "staging"))
    port = server.start_grpc_server(0)
    try:
        words = ("--runner", "PortableRunner", "--job_endpoint", f"localhost:{port}")
        assert run(exported, array, tmp_path / "shards", *words, "--environment_type", "LOOPBACK") == 0
    finally:
        server.stop()
    assert same(tmp_path / "shards", tmp_path / "alone")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds the worker in /proc")
def test_a_worker_that_dies_ends_the_program_with_its_shards_kept(exported, tmp_path, array):
    """Beam alone would wait for its answer for ever."""
    np.save(array, np.tile(np.load(array), (40, 1, 1)))
    with start(exported, tmp_path, 1000, *PROCESSES) as process:
        until = time.monotonic() + 120
        while not made(tmp_path / "shards") and process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        os.kill(worker_of(process.pid), signal.SIGKILL)
        told = process.communicate(timeout=120)[0]
    assert process.returncode == 1
    assert "a worker ended, as where memory runs out" in told.splitlines()[-1]
    assert 0 < len(made(tmp_path / "shards")) < 1000
    assert not [name for name in os.listdir(tmp_path / "shards") if "partial" in name]


def worker_of(parent):
    """The process of a worker below another: a shell's child, or the shell itself where it has become it."""
    words = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            above = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            words[int(stat.parent.name)] = above, (stat.parent / "cmdline").read_bytes()
    below = {parent}
    for _ in range(3):
        below |= {pid for pid, (above, _) in words.items() if above in below}
    return next(
        pid
        for pid in below
        if b"sdk_worker_main" in words[pid][1] and not words[pid][1].startswith(b"/bin/sh")
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--direct_num_worker", "2"], "neither this program nor Beam knows --direct_num_worker;"),
        (["--heads=encoder", "--runner", "DirectRunner"], "neither this program nor Beam knows --heads;"),
        (["more.npy"], "neither this program nor Beam knows more.npy;"),
        (["--direct_running_mode", "threads"], "--direct_running_mode: invalid choice: 'threads'"),
        (["--runner", "Foo"], "Unexpected pipeline runner: Foo"),
    ],
)
def test_flags_that_nothing_takes_are_refused(exported, tmp_path, array, words, message, capsys):
    assert run(exported, array, tmp_path / "shards", *words) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "shards").exists()


def test_a_worker_that_finds_another_input_or_a_join_too_early_is_refused(exported, tmp_path, array):
    head = Head.of(exported / "tiny/encoder/1")
    job = shards.Job(
        head, str(array), None, None, 49, RowColumns(False, False), tmp_path / "shards", 4, ".npy", 8
    )
    due = "4 of 4 shards could not be encoded: .* held 49 examples, but 50 for a worker"
    with pytest.raises(InputError, match=due):
        pipeline.encode_shards(job, head.open_stream(str(array)), pipeline.options_of(()))
    with pytest.raises(InputError, match="4 of 4 shards are missing in"):
        shards.join(job, tmp_path / "codes.npy")


def test_a_missing_beam_is_reported(exported, tmp_path, array, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_ae.apps.encoding.beam.pipeline", None)
    assert run(exported, array, tmp_path / "shards") == 2
    assert re.search(r"needs Apache Beam: .*pip install 'keras_ae\[beam\]'", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (KeyboardInterrupt, 130, "interrupted; run the same command to resume"),
        (OSError("No space left on device"), 2, "No space left on device"),
        (ArithmeticError("too much"), 1, "too much"),
    ],
)
def test_what_ends_a_pipeline_leaves_the_shards_that_are_there(
    exported, tmp_path, array, capsys, monkeypatch, error, status, told
):
    process = pipeline.WriteShard.process

    def ended(self, element):
        if element[0] == 2:
            raise error
        return process(self, element)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline.WriteShard, "process", ended)
        assert run(exported, array, tmp_path / "shards") == status
    assert told in capsys.readouterr().err
    assert 0 < len(made(tmp_path / "shards")) < 4
    assert run(exported, array, tmp_path / "shards") == 0
    assert len(made(tmp_path / "shards")) == 4
