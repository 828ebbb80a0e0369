"""Rows of a table on the command line: their codes, and rows in and out of standard input and output."""

import bz2
import csv
import gzip
import io
import json
import lzma
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_ae import cli
from keras_ae.apps.encoding.head import Head
from keras_ae.errors import InputError

ROWS = "the size,color,unused\n1.5,red,x\n2,blue,y\n-4,,z\n"
CODES = [[1.5, 3], [2, 4], [-4, 9]]
"""By hand: the size, and the length of the word, which is (missing) in the last row."""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """An encoder of a table's columns, whose code is the size and the length of the color's word."""
    root = tmp_path_factory.mktemp("models")
    takes = {
        "color": tf.TensorSpec((None,), tf.string, name="color"),
        "the_size": tf.TensorSpec((None,), tf.float32, name="the_size"),
    }

    @tf.function(input_signature=[takes])
    def serve(columns):
        length = tf.cast(tf.strings.length(columns["color"]), tf.float32)
        return {"code": tf.stack([columns["the_size"], length], axis=1), "word": length}

    module = tf.Module()
    module.serve = serve
    folder = root / "table" / "encoder" / "1"
    tf.saved_model.save(module, str(folder), signatures={"serving_default": serve})
    described = {
        "inputs": {name: {"shape": [None], "dtype": spec.dtype.name} for name, spec in takes.items()},
        "outputs": {
            "code": {"shape": [None, 2], "dtype": "float32"},
            "word": {"shape": [None], "dtype": "float32"},
        },
    }
    card = {
        "data": {"domain": "real", "shape": [3]},
        "signatures": {"serving_default": described},
        "weights_sha256": "0",
    }
    (folder / "card.json").write_text(json.dumps(card))
    return root


@pytest.fixture
def run(models, tmp_path, monkeypatch, capsysbinary):
    """Runs a verb in a folder with the rows in it: (status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(ROWS)

    def run(verb, *words, received=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(received)))
        status = cli.main([verb, "table", *words, "--models", str(models)])
        return status, *capsysbinary.readouterr()

    return run


def table(content):
    first, *rows = csv.reader(io.StringIO(content.decode()))
    return first, [[float(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("batch", ["1", "2", "64"])
def test_a_tables_rows_become_codes(run, tmp_path, batch):
    status, printed, _ = run("encode", "rows.csv", "--output", "codes.npy", "--batch", batch)
    assert status == 0
    assert b"codes.npy: code 3x2 float32, 3 examples" in printed
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npy"), CODES)
    assert run("encode", "rows.csv", "--outputs", "code,word", "--output", "codes.csv")[0] == 0
    content = (tmp_path / "codes.csv").read_bytes()
    assert table(content) == (["code_0", "code_1", "word"], [[*code, code[1]] for code in CODES])


@pytest.mark.parametrize("verb", ["encode", "predict"])
def test_rows_pass_through_standard_input_and_output(run, verb):
    status, printed, told = run(verb, "-", "--outputs", "code", "--output", "-", received=ROWS.encode())
    assert status == 0, told
    assert table(printed) == (["code_0", "code_1"], CODES)
    assert b"standard output" in told
    assert b"standard_output" not in told


def zipped(content):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("rows.csv", content)
    return written.getvalue()


@pytest.mark.parametrize(
    "received",
    [gzip.compress(ROWS.encode()), bz2.compress(ROWS.encode()), lzma.compress(ROWS.encode()), zipped(ROWS),
     ROWS.encode("utf-16"), ROWS.replace("\n", "\r").encode(), b"\n# size, color\n\n" + ROWS.encode()],
    ids=["gz", "bz2", "xz", "zip", "utf-16", "carriage returns", "remark"],
)  # fmt: skip
def test_rows_of_any_form_pass_through_standard_input(run, received):
    status, printed, told = run("encode", "-", "--outputs", "code", "--output", "-", received=received)
    assert status == 0, told
    assert table(printed) == (["code_0", "code_1"], CODES)
    assert b"read as 3 columns" in told


def test_rows_are_read_from_compressed_files(run, tmp_path):
    (tmp_path / "rows.txt.gz").write_bytes(gzip.compress(ROWS.encode()))
    for verb in ("encode", "predict"):
        assert run(verb, "rows.txt.gz", "--outputs", "word", "--output", f"{verb}.npy")[0] == 0
        np.testing.assert_array_equal(np.load(tmp_path / f"{verb}.npy"), [3, 4, 9])


@pytest.mark.extras
@pytest.mark.parametrize("kind", ["xlsx", "parquet", "feather"])
def test_rows_are_read_from_sheets_and_typed_files(run, kind):
    pytest.importorskip({"xlsx": "openpyxl"}.get(kind, "pyarrow"))
    written = io.BytesIO()
    frame = pd.read_csv(io.StringIO(ROWS))
    {"xlsx": frame.to_excel, "parquet": frame.to_parquet, "feather": frame.to_feather}[kind](written)
    status, printed, told = run(
        "encode", "-", "--outputs", "code", "--output", "-", received=written.getvalue()
    )
    assert status == 0, told
    assert table(printed) == (["code_0", "code_1"], CODES)


def test_predictions_are_written_as_a_table_or_one_array(run, tmp_path):
    assert run("predict", "rows.csv", "--output", "out.csv")[0] == 0
    assert table((tmp_path / "out.csv").read_bytes())[0] == ["code_0", "code_1", "word"]
    assert run("predict", "rows.csv", "--outputs", "word", "--output", "out.npy")[0] == 0
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), [3, 4, 9])


def test_an_array_on_standard_input_gives_one_on_standard_output(exported, capsysbinary, monkeypatch, random):
    inputs = random.uniform(size=(3, 12, 12, 1)).astype(np.float32)
    content = io.BytesIO()
    np.save(content, inputs)
    outputs = []
    for verb in ("encode", "predict"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.getvalue())))
        assert cli.main([verb, "tiny", "-", "--output", "-", "--models", str(exported)]) == 0
        outputs.append(np.load(io.BytesIO(capsysbinary.readouterr().out)))
    assert outputs[0].shape == (3, 4)
    np.testing.assert_allclose(*outputs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("words", "received", "message"),
    [
        (("encode", "-", "--output", "-"), b"", "on standard input, received nothing"),
        (("encode", "-", "--output", "-"), b"size,color\n1,red\n", "it lacks the_size"),
        (("encode", "rows.csv", "--split", "test", "--output", "c.npy"), b"", "leave out --split and --key"),
        (
            ("encode", ".", "--output", "c.npy"),
            b"",
            "expected a file of rows (.csv, .tsv, .txt, ",
        ),
        (
            ("predict", "rows.csv", "--outputs", "mode"),
            b"",
            "it gives code, word: name those of them with --outputs",
        ),
        (
            ("predict", "rows.csv", "--output", "c.npy"),
            b"",
            "an .npy holds one output, the head gives code, word",
        ),
        (("predict", "-", "--output", "-"), b"a\0b", "is binary; save it as comma-separated values"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(run, tmp_path, words, received, message):
    status, printed, told = run(*words, received=received)
    assert (status, printed) == (2, b"")
    [line] = [line for line in told.decode().splitlines() if line.startswith("keras-ae: ")]
    assert message in line
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_a_column_of_several_numbers_is_no_tables(models, tmp_path):
    card = json.loads((models / "table/encoder/1/card.json").read_text())
    card["signatures"]["serving_default"]["inputs"]["the_size"]["shape"] = [None, 2]
    (tmp_path / "card.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match=r"a column each of a table, .* takes color, the_size"):
        Head.of(tmp_path)


def test_images_of_a_head_fit_in_no_table(exported, tmp_path, capsys):
    np.save(tmp_path / "codes.npy", np.zeros((2, 4), np.float32))
    words = ["predict", "tiny", str(tmp_path / "codes.npy"), "--head", "decoder", "--signature", "png"]
    assert cli.main([*words, "--output", str(tmp_path / "x.csv"), "--models", str(exported)]) == 2
    assert "a .csv holds no files, reconstruction_bytes is encoded images" in capsys.readouterr().err
