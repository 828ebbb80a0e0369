"""A run packed into one file: the same after unpacking; what is damaged or strange is refused."""

import json
import shutil
import zipfile

import numpy as np
import pytest

from keras_ae.cli import main
from keras_ae.errors import InputError
from keras_ae.runs import packed
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.runs.packed import MANIFEST, pack, unpack


@pytest.fixture(scope="module")
def directory(tiny_run, tmp_path_factory):
    """A run's folder as the command line leaves it."""
    folder = shutil.copytree(tiny_run.directory, tmp_path_factory.mktemp("runs") / "tiny" / "004")
    (folder / "request.json").write_text('{"recipe": "tiny", "data": null, "set": []}')
    (folder / "train").mkdir(exist_ok=True)
    (folder / "train" / "events.out.tfevents.1").write_bytes(b"events")
    return folder


@pytest.fixture(scope="module")
def file(directory, tmp_path_factory):
    return pack(directory, tmp_path_factory.mktemp("packed") / "tiny.zip")


def changed(file, target, change):
    """A packed run whose members {name: content} were changed."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[MANIFEST] = json.loads(members[MANIFEST])
    change(members)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps(content) if name == MANIFEST else content)
    return target


def test_an_unpacked_run_is_the_packed_one(directory, file, tmp_path):
    folder = unpack(file, tmp_path)
    assert folder == tmp_path / "tiny" / "001"
    heads = [load_artifacts(path).heads.end_to_end for path in (directory, folder)]
    for left, right in zip(*(head.get_weights() for head in heads), strict=True):
        np.testing.assert_array_equal(left, right)
    names = [
        {path.relative_to(base).as_posix() for path in base.rglob("*") if path.is_file()}
        for base in (directory, folder)
    ]
    assert names[0] - names[1] == {"train/events.out.tfevents.1"}
    assert names[1] <= names[0]
    assert unpack(file, tmp_path).name == "002"


def test_the_command_line_packs_and_unpacks(directory, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["pack", str(directory)]) == 0
    assert main(["pack", str(directory)]) == 2
    assert (
        "tiny-004.zip already exists; name another --output, or replace it with --force"
        in capsys.readouterr().err
    )
    assert main(["pack", str(directory), "--force"]) == 0
    assert main(["unpack", "tiny-004.zip"]) == 0
    assert "run folder: runs/tiny/001" in capsys.readouterr().out
    assert main(["pack", str(tmp_path)]) == 2
    assert "expected the folder of a finished run" in capsys.readouterr().err
    assert main(["unpack", "nothing.zip"]) == 2
    assert "expected a packed run" in capsys.readouterr().err


def damage(members):
    name = next(name for name in members if name.endswith(".keras"))
    content = bytearray(members[name])
    content[len(content) // 2] ^= 1
    members[name] = bytes(content)


def shorten(members):
    name = next(name for name in members if name.endswith(".keras"))
    members[name] = members[name][:-1]


def rename(members):
    name = next(name for name in members if name.endswith(".keras"))
    members["a b"] = members.pop(name)
    members[MANIFEST]["files"]["a b"] = members[MANIFEST]["files"].pop(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (damage, r"\.keras in .* is damaged; pack the run again"),
        (shorten, f"does not hold the files that its {MANIFEST} lists"),
        (lambda members: members.update(extra=b"x"), f"does not hold the files that its {MANIFEST} lists"),
        (rename, "holds a name of other than letters, digits"),
        (lambda members: members[MANIFEST].update(recipe="a/b"), "holds a name of other than letters"),
        (lambda members: members[MANIFEST].update(format=99), "has format 99.*update keras_ae"),
        (lambda members: members[MANIFEST].pop("files"), "cannot be read; pack the run again"),
        (lambda members: members.pop(MANIFEST), f"has no {MANIFEST}"),
    ],
)
def test_what_is_damaged_or_strange_is_refused_and_leaves_nothing(file, tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        unpack(changed(file, tmp_path / "x.zip", change), tmp_path / "runs")
    assert not list((tmp_path / "runs").glob("*/*"))


def test_what_is_no_zip_or_too_large_is_refused(file, tmp_path, monkeypatch):
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(InputError, match="expected a packed run, as keras-ae pack writes it"):
        unpack(tmp_path / "x.zip", tmp_path / "runs")
    monkeypatch.setattr(packed, "LARGEST", 1000)
    with pytest.raises(InputError, match="at most 0 are unpacked"):
        unpack(file, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
