"""What is checked of files before TensorFlow is imported."""

import bz2
import gzip
import io
import lzma
import sys
from types import SimpleNamespace

import pytest

from keras_ae.cli import checks
from keras_ae.cli.checks import check_file
from keras_ae.cli.standard import input_file
from keras_ae.errors import InputError

ROWS = b"a,b\n1,2\n"


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Checks a file of some name and content, as if all extras were installed."""
    monkeypatch.setattr(checks, "check_package", lambda *_: None)

    def check(name, content):
        (tmp_path / name).write_bytes(content)
        check_file(tmp_path / name)

    return check


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", ROWS),
        ("a.CSV", ROWS.decode().encode("utf-16")),
        ("a.tsv", ROWS.decode().encode("utf-16-le") * 10),
        ("a.csv.gz", gzip.compress(ROWS)),
        ("a.txt.bz2", bz2.compress(ROWS)),
        ("a.csv.xz", lzma.compress(ROWS)),
        ("a.csv.zip", b"PK\3\4"),
        ("a.xlsx", b"PK\3\4"),
        ("a.parquet", b"PAR1..."),
        ("a.feather", b"ARROW1..."),
        ("a.other", b"\0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_of_rows_begin_as_their_kind_does(check, name, content):
    check(name, content)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"a\0b,\n", "is binary; save it as comma-separated values"),
        ("a.csv.gz", ROWS, "begins with other bytes than a .gz does"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0", "begins with other bytes than a .xlsx does"),
        ("a.parquet", ROWS, "begins with other bytes than a .parquet does"),
        ("a.feather", b"", "begins with other bytes than a .feather does"),
    ],
)
def test_files_of_another_kind_are_refused(check, name, content, message):
    with pytest.raises(InputError, match=message):
        check(name, content)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.xlsx", r"an .xlsx needs openpyxl: .*\[excel\]"),
        ("a.feather", r"a .feather needs pyarrow: .*\[parquet\]"),
    ],
)
def test_a_missing_extra_is_named(tmp_path, monkeypatch, name, message):
    monkeypatch.setattr(checks.importlib.util, "find_spec", lambda module: None)
    with pytest.raises(InputError, match=message):
        check_file(tmp_path / name)


@pytest.mark.parametrize(
    ("beginning", "suffix"),
    [
        (b"RIFF\x24\0\0\0WAVEfmt ", ".wav"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", ".webp"),
        (b"MThd\0\0\0\x06", ".mid"),
        (b"fLaC", ".flac"),
        (b"GIF89a", ".gif"),
        (b"to be or not to be", ".csv"),
    ],
)
def test_standard_input_has_the_suffix_of_its_kind(monkeypatch, beginning, suffix):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(beginning)))
    with input_file("-") as file:
        assert (file.suffix, file.read_bytes()) == (suffix, beginning)
