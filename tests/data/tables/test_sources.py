"""Texts of files of rows: compressed ones, encodings, and what is no text."""

import bz2
import gzip
import lzma
import zipfile

import pytest

from keras_ae.data.tables import sources
from keras_ae.data.tables.reading import read_table
from keras_ae.data.tables.suffixes import holds_rows, row_suffix
from keras_ae.errors import InputError

TEXT = b"a,b\n1,2.5\n3,4.5\n"


def zipped(path, *names):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, TEXT)


@pytest.mark.parametrize(("suffix", "module"), [(".gz", gzip), (".bz2", bz2), (".xz", lzma)])
def test_compressed_texts_are_read(tmp_path, suffix, module):
    file = tmp_path / f"table.csv{suffix}"
    file.write_bytes(module.compress(TEXT))
    assert read_table(file).columns["b"].values.tolist() == [2.5, 4.5]
    file.write_bytes(module.compress(TEXT * 1000)[:-20])
    with pytest.raises(InputError, match="cannot be decompressed|cannot be read"):
        read_table(file)


def test_a_zip_of_one_file_is_read(tmp_path):
    file = tmp_path / "table.csv.zip"
    zipped(file, "table.csv", "__MACOSX/._table.csv", "folder/")
    assert len(read_table(file)) == 2
    zipped(file, "a.csv", "b.csv")
    with pytest.raises(InputError, match=r"expected one file in .*, received 2 \(a.csv, b.csv\); unpack it"):
        read_table(file)
    file.write_bytes(b"PK\3\4 and no more")
    with pytest.raises(InputError, match="cannot be decompressed"):
        read_table(file)


def test_a_text_that_is_too_large_once_decompressed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_BYTES", 2**21)
    file = tmp_path / "table.csv.gz"
    file.write_bytes(gzip.compress(b"1,2\n" * 2**20))
    with pytest.raises(InputError, match="more than .* GiB of text"):
        read_table(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,\0\0\0\n", "is binary; save it"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "is binary; save it"),
        (b"\xff\xfea\0,\0\x00\xd8,\0", "no text in utf-16, as its first bytes say"),
        (b"\xef\xbb\xbfa,b\n\xff", "no text in utf-8-sig"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, content, message):
    (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "table.csv")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.csv", ".csv"),
        ("a.b/c.TSV", ".tsv"),
        ("a.txt.gz", ".txt"),
        ("a.CSV.XZ", ".csv"),
        ("a.xlsx", ".xlsx"),
        ("a.parquet", ".parquet"),
        ("a.xlsx.gz", ""),
        ("a.gz", ""),
        ("a.npz", ""),
        ("csv", ""),
    ],
)
def test_the_suffix_tells_files_of_rows(name, suffix):
    assert row_suffix(name) == suffix
    assert holds_rows(name) == bool(suffix)
