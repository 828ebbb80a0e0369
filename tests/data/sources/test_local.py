"""Local copies of sources, and the data sets that are made of them."""

import dataclasses
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import fsspec
import numpy as np
import pytest

from keras_ae.cli.standard import sent_output
from keras_ae.data.find import as_dataset, find_dataset
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.images.one_class import OneClass
from keras_ae.data.sources import objects
from keras_ae.data.sources.local import is_source, local, local_copy, title_of, with_paths
from keras_ae.data.sources.object_facts import name_here
from keras_ae.data.sources.objects import RemoteObject
from keras_ae.data.sources.source import DataSource, Unreachable
from keras_ae.data.tables.tables import TableFile
from keras_ae.errors import InputError
from keras_ae.files import check_folder
from keras_ae.names import is_name, slug
from keras_ae.runs.request import RunRequest

ROWS = b"temp,pressure\n" + b"".join(f"{i}.5,{i % 7}\n".encode() for i in range(60))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "datasets" / "copies"


@pytest.fixture
def memory(request):
    """fsspec's file system in memory, below a folder of its own, and the address of that folder."""
    folder = slug(request.node.name)
    system = fsspec.filesystem("memory")
    yield lambda name, content: system.pipe(f"/{folder}/{name}", content), f"memory://{folder}"
    if system.exists(f"/{folder}"):
        system.rm(f"/{folder}", recursive=True)


def test_a_file_at_an_address_is_a_table(memory, cache):
    put, address = memory
    put("rows.csv", ROWS)
    dataset = find_dataset(f"{address}/rows.csv")
    assert isinstance(dataset, TableFile)
    assert dataset.path == f"{address}/rows.csv"
    here = local(dataset)
    assert Path(here.path).read_bytes() == ROWS
    assert Path(here.path).is_relative_to(cache)
    assert here.load().name == "rows.csv"
    assert as_dataset(f"{address}/rows.csv") == dataset


def test_a_copy_is_described_beside_it(memory):
    put, address = memory
    put("rows.csv", ROWS)
    file = Path(local_copy(f"{address}/rows.csv"))
    facts = json.loads((file.parent / "copy.json").read_text(encoding="utf-8"))
    assert facts["from"] == f"{address}/rows.csv"
    assert facts["bytes"] == len(ROWS)
    assert len(facts["sha256"]) == 64


def test_a_folder_at_an_address_is_read_with_its_labels(memory, tmp_path):
    from PIL import Image

    put, address = memory
    for number in range(6):
        file = tmp_path / "one.png"
        Image.fromarray(np.full((8, 8), number * 30, np.uint8)).save(file)
        put(f"images/{'ab'[number % 2]}/{number}.png", file.read_bytes())
    dataset = find_dataset(f"{address}/images")
    assert isinstance(dataset, ImageFolder)
    data = local(dataset).load()
    assert sum(map(len, data.splits.values())) == 6
    assert data.label_names == ("a", "b")


def test_arrays_and_wrapped_data_sets_come_from_addresses(memory, tmp_path):
    put, address = memory
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((40, 5, 5)).astype(np.float32))
    put("x.npy", (tmp_path / "x.npy").read_bytes())
    assert local(find_dataset(f"{address}/x.npy")).load().train.shape == (5, 5, 1)
    wrapped = OneClass(of=ImageFolder("memory://nowhere"))
    assert with_paths(wrapped, lambda path: "here") == OneClass(of=ImageFolder("here"))
    assert local(wrapped.of.__class__("here")) == ImageFolder("here")


def test_what_changed_is_copied_again_and_what_did_not_is_taken(tmp_path, cache, monkeypatch):
    source = Counting(str(tmp_path))
    folder = source.copy(cache)
    assert source.copy(cache) == folder
    assert Counting.brought == 1
    monkeypatch.setattr(Counting, "present", "2")
    assert source.copy(cache) != folder
    assert folder.exists()  # another training may read it
    monkeypatch.setattr(Counting, "present", "")
    content = source.copy(cache)
    assert source.copy(cache) == content  # the same content again
    assert Counting.brought == 4
    assert not list(cache.rglob(".*"))


def test_without_the_source_its_newest_copy_is_taken(tmp_path, cache, monkeypatch, caplog):
    source = Counting(str(tmp_path))
    monkeypatch.setattr(Counting, "present", None)
    with pytest.raises(Unreachable, match="no network"):
        source.copy(cache)
    monkeypatch.setattr(Counting, "present", "1")
    folder = source.copy(cache)
    monkeypatch.setattr(Counting, "present", None)
    assert source.copy(cache) == folder
    assert "no network; taking the copy of" in caplog.text


@dataclasses.dataclass(frozen=True)
class Counting(DataSource):
    """A source that counts how often it is brought."""

    brought = 0
    present = "1"

    def version(self):
        if self.present is None:
            raise Unreachable("no network")
        return self.present

    def bring(self, folder):
        type(self).brought += 1
        (folder / "x.txt").write_text("content")
        return folder / "x.txt"

    def copy(self, cache):
        """A copy as another process would make it."""
        from keras_ae.data.sources import local

        return local._copy.__wrapped__(self, cache, "")


@pytest.fixture(autouse=True)
def _uncounted():
    Counting.brought = 0


def test_what_is_not_there_is_told(memory):
    _, address = memory
    with pytest.raises(InputError, match=f"there is nothing at {address}/nix.csv; check the address"):
        find_dataset(f"{address}/nix.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bogus://bucket/x.csv", "fsspec does not know; use s3://"),
        ("zip://x.csv::memory://a.zip", "expected one address"),
    ],
)
def test_addresses_that_cannot_be_used_are_told(text, message):
    with pytest.raises(InputError, match=message):
        local_copy(text)


def test_sizes_are_bounded_before_anything_is_read(memory, monkeypatch):
    put, address = memory
    put("rows.csv", ROWS)
    put("folder/a.txt", ROWS)
    monkeypatch.setattr(objects, "MOST_COPIED", len(ROWS) - 1)
    for text in (f"{address}/rows.csv", f"{address}/folder"):
        with pytest.raises(InputError, match="are copied; copy it yourself"):
            local_copy(text)


def test_an_object_of_unknown_size_is_bounded_as_it_is_read(memory, tmp_path, monkeypatch):
    put, address = memory
    put("rows.csv", ROWS)
    system = fsspec.filesystem("memory")
    source = RemoteObject(f"{address}/rows.csv")
    monkeypatch.setattr(objects, "MOST_COPIED", len(ROWS) - 1)
    with pytest.raises(InputError, match="are copied"):
        source._copy(system, source.text, tmp_path / "rows.csv", None)
    with pytest.raises(InputError, match="changed while it was copied"):
        source._copy(system, source.text, tmp_path / "rows.csv", 3)


def test_a_disk_too_full_is_told_before_the_copy(memory, monkeypatch):
    put, address = memory
    put("rows.csv", ROWS)
    monkeypatch.setattr(
        objects.shutil, "disk_usage", lambda folder: objects.shutil._ntuple_diskusage(9, 9, 5)
    )
    with pytest.raises(InputError, match="GiB left; name a folder on another disk with KERAS_HOME"):
        local_copy(f"{address}/rows.csv")


def test_names_that_lead_out_of_the_folder_are_refused(tmp_path):
    class Odd:
        def find(self, path, detail):
            return {f"{path}/../x": {"size": 1}}

    with pytest.raises(InputError, match="leads out of it"):
        RemoteObject("memory://a")._files(Odd(), "/a")


def test_without_fsspec_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(InputError, match=r"s3://bucket/x.csv needs fsspec: .*keras_ae\[remote\]"):
        local_copy("s3://bucket/x.csv")


def test_errors_of_file_systems_hide_secrets(monkeypatch):
    def refuse(address, **settings):
        raise PermissionError(f"403 for {address}")

    monkeypatch.setattr("fsspec.core.url_to_fs", refuse)
    with pytest.raises(Unreachable) as refusal:
        local_copy("https://me:word@host/x.csv?token=abc")
    assert "word" not in str(refusal.value)
    assert "abc" not in str(refusal.value)
    assert "https://host/x.csv cannot be read (403 for https://host/x.csv)" in str(refusal.value)


def test_requests_are_saved_without_secrets(tmp_path):
    request = RunRequest(
        "denoising", "https://me:word@host/x.npy", ("data.path=s3://b/x?token=abc", "epochs=3"), name="m"
    )
    request.write(tmp_path)
    text = (tmp_path / "request.json").read_text(encoding="utf-8")
    assert "word" not in text
    assert "abc" not in text
    assert RunRequest.of_run(tmp_path).data == "https://host/x.npy"


def test_recipes_are_told_without_secrets(tiny_recipe):
    from keras_ae.recipe import flat

    recipe = dataclasses.replace(tiny_recipe, data=TableFile("https://me:word@host/x.csv"))
    assert flat(recipe)["data.path"] == "https://host/x.csv"


def test_titles_name_models():
    assert title_of("s3://bucket/logs/rows.csv") == "rows"
    assert title_of("https://host/images/?part=1") == "images"
    assert title_of("rows.csv") == "rows.csv"
    assert not is_source("rows.csv")
    assert not is_source("nab:realKnownCause/nyc_taxi")


def options_for(output, force=False):
    return SimpleNamespace(output=output, force=force)


def test_an_output_is_sent_to_its_address(memory):
    put, address = memory
    put("old.csv", b"old")
    options = options_for(f"{address}/new.npy")
    with sent_output(options):
        here = Path(options.output)
        assert here.name == "new.npy"
        here.write_bytes(b"new")
        here.with_name("new.npy.csv").write_bytes(b"names")
    assert options.output == f"{address}/new.npy"
    system = fsspec.filesystem("memory")
    folder = address.removeprefix("memory:/")
    assert system.cat(f"{folder}/new.npy") == b"new"
    assert system.cat(f"{folder}/new.npy.csv") == b"names"
    with pytest.raises(InputError, match="old.csv already exists; name another --output"):
        sent_output(options_for(f"{address}/old.csv")).__enter__()
    with sent_output(options_for(f"{address}/old.csv", force=True)):
        pass


def test_nothing_is_sent_after_an_error(memory):
    put, address = memory
    put("other.txt", b"other")
    options = options_for(f"{address}/new.npy")
    sending = sent_output(options)
    sending.__enter__()
    Path(options.output).write_bytes(b"half")
    assert not sending.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)  # which goes on then
    assert options.output == f"{address}/new.npy"
    assert not fsspec.filesystem("memory").exists(f"{address.removeprefix('memory:/')}/new.npy")


@pytest.mark.parametrize("output", ["memory://folder/", "https://host/x.npy?part=1"])
def test_outputs_that_are_no_files_are_refused(output):
    with pytest.raises(InputError, match="the address of a file to write"):
        RemoteObject(output).check_new(force=False)


def test_a_file_here_is_written_as_it_is():
    options = options_for("codes.npy")
    with sent_output(options):
        assert options.output == "codes.npy"


def test_an_address_is_no_folder_here():
    with pytest.raises(
        InputError, match=r"expected a folder here, received an address of s3; name another --runs"
    ):
        check_folder(Path("s3://bucket/runs"), "--runs")


def test_what_is_of_no_kind_is_told_by_its_address(memory):
    put, address = memory
    put("what.xyz", b"what")
    with pytest.raises(InputError, match=f"^{address}/what.xyz is of no known kind"):
        find_dataset(f"{address}/what.xyz")


class ClientResponseError(Exception):
    """As aiohttp's."""


@pytest.mark.parametrize(
    ("cause", "missing"),
    [
        (None, True),
        (ClientResponseError("404, message='Not Found', url='https://host/404'"), True),
        (ClientResponseError("403, message='Forbidden', url='https://host/404'"), False),
        (OSError("no network"), False),
    ],
)
def test_only_what_is_missing_is_told_as_missing(cause, missing, monkeypatch):
    def refuse(address, **settings):
        raise FileNotFoundError(address) from cause

    monkeypatch.setattr("fsspec.core.url_to_fs", lambda *_, **__: (SimpleNamespace(info=refuse), "x"))
    message = "there is nothing at https://host/x.csv" if missing else "https://host/x.csv cannot be read"
    with pytest.raises(InputError, match=message):
        local_copy("https://host/x.csv")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://host/a%20b.csv?part=1", "a b.csv"),
        ("s3://bucket/images/", "images"),
        ("s3://bucket", "bucket"),
        ("https://host/..%2F..%2Fx.csv", "x.csv"),
        ("https://host/..%5Cx.csv", "x.csv"),
    ],
)
def test_names_of_copies(address, name):
    assert name_here(address) == name


@pytest.mark.parametrize("address", ["https://host/%2e%2e", "https://host/.hidden", "https://host/a%00b"])
def test_odd_names_of_copies_are_plain(address):
    assert is_name(name_here(address))
