"""Files of rows of typed columns: what is written is read again as data."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_ae.apps.prediction.outputs import OutputFiles, check_output, write
from keras_ae.data.sources.local import is_source, local_copy
from keras_ae.errors import InputError
from keras_ae.serving.typed_rows import ParquetRows, RecordRows, typed


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path


CODES = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
LABELS = np.arange(50) % 3


def writer(path):
    columns = {"code": CODES, "label": LABELS}
    opened = {".tfrecord": RecordRows, ".parquet": lambda path: ParquetRows(path, {
        name: typed(array) for name, array in columns.items()
    })}  # fmt: skip
    return columns, opened[path.suffix](path)


@pytest.mark.parametrize("name", ["codes.tfrecord", pytest.param("codes.parquet", marks=pytest.mark.extras)])
def test_codes_are_read_again_to_the_bit(folder, name):
    columns, file = writer(folder / name)
    for rows in (slice(0, 20), slice(20, 50)):
        file.add({name: array[rows] for name, array in columns.items()})
    file.close()
    with np.load(local_copy(str(folder / name))) as arrays:
        assert np.array_equal(arrays["x"], CODES)
        assert np.array_equal(arrays["y"], LABELS)


@pytest.mark.extras
def test_parquet_keeps_shapes_and_stores_floats_without_a_dictionary(folder):
    import pyarrow.parquet

    images = np.random.default_rng(0).random((40, 5, 4)).astype(np.float32)
    file = ParquetRows(folder / "x.parquet", {"reconstruction": typed(images), "name": ((), str)})
    file.add({"reconstruction": images, "name": ["a"] * 40})
    file.close()
    assert np.array_equal(np.load(local_copy(str(folder / "x.parquet"))), images)
    column = pyarrow.parquet.ParquetFile(folder / "x.parquet").metadata.row_group(0).column(0)
    assert "BYTE_STREAM_SPLIT" in column.encodings
    assert not column.has_dictionary_page


@pytest.mark.extras
def test_lists_beside_single_values_are_a_table(folder):
    import pyarrow
    import pyarrow.parquet

    path = str(folder / "rows.parquet")
    pyarrow.parquet.write_table(pyarrow.table({"a": [1.0, 2.0], "tags": [[1, 2], [3]]}), path)
    assert not is_source(path)


@pytest.mark.extras
def test_images_in_a_struct_are_a_folder(folder):
    import pyarrow
    import pyarrow.parquet

    file = io.BytesIO()
    Image.fromarray(np.zeros((6, 6), np.uint8)).save(file, "PNG")
    rows = {"image": [{"bytes": file.getvalue(), "path": None}] * 4, "label": [0, 1, 0, 1], "width": [6] * 4}
    pyarrow.parquet.write_table(pyarrow.table(rows), folder / "images.parquet")
    copy = Path(local_copy(str(folder / "images.parquet")))
    assert sorted(str(one.relative_to(copy)) for one in copy.rglob("*.png")) == [
        "0/0000000.png", "0/0000002.png", "1/0000001.png", "1/0000003.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["outputs.tfrecord", pytest.param("outputs.parquet", marks=pytest.mark.extras)]
)
def test_predictions_are_rows(folder, name):
    outputs = {
        "score": np.array([0.5, 1.5], np.float32),
        "is_anomaly": np.array([False, True]),
        "word": np.array([b"a", b"b"], object),
        "image_bytes": np.array([b"\x89PNG\r\n\x1a\n1", b"\x89PNG\r\n\x1a\n2"], object),
    }
    specs = {
        "score": {"shape": [None], "dtype": "float32"},
        "image_bytes": {"shape": [None], "dtype": "string"},
    }
    check_output(str(folder / name), specs)
    write(OutputFiles(arrays=folder / name), outputs, [0, 2], ["x.png", "y.png", "z.png"])
    assert rows_of(folder / name) == [
        {"name": b"x.png", "score": 0.5, "is_anomaly": 0, "word": b"a", "image_bytes": b"\x89PNG\r\n\x1a\n1"},
        {"name": b"z.png", "score": 1.5, "is_anomaly": 1, "word": b"b", "image_bytes": b"\x89PNG\r\n\x1a\n2"},
    ]


def rows_of(path):
    if path.suffix == ".parquet":
        import pyarrow.parquet

        rows = pyarrow.parquet.read_table(path).to_pylist()
    else:
        from keras_ae.data.sources.records import _examples

        rows = [
            {name: value if isinstance(value, bytes) else value.item() for name, value in row.items()}
            for row in _examples([path])
        ]
    return [{n: v.encode() if isinstance(v, str) else v for n, v in row.items()} for row in rows]


def test_other_outputs_are_refused(folder):
    with pytest.raises(InputError, match=r"end in .npz, .npy, .csv, .parquet or .tfrecord"):
        check_output(str(folder / "x.json"), {})
