"""The verb restore: which files it reads and writes, what it tells, and what it refuses."""

import os
import re

import numpy as np
import pytest
from PIL import Image
from restorers import save_restorers

from keras_ae import cli
from keras_ae.apps.restoration import restore as restoring


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return save_restorers(tmp_path_factory.mktemp("models"))


@pytest.fixture
def run(models, tmp_path, monkeypatch):
    """Runs the verb in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: cli.main(["restore", *map(str, words), "--models", str(models)])


@pytest.fixture
def draw(run, random):
    """Saves an image of noise and gives its levels."""

    def draw(file, shape=(6, 8, 3)):
        levels = random.integers(0, 256, shape, dtype=np.uint8)
        os.makedirs(os.path.dirname(file) or ".", exist_ok=True)
        Image.fromarray(levels).save(file)
        return levels

    return draw


def pixels(file):
    with Image.open(file) as image:
        return np.asarray(image)


def files(folder):
    """Names of all files below a folder."""
    return sorted(os.path.relpath(path, folder) for path in folder.rglob("*") if path.is_file())


def refused(run, capsys, message, *words):
    """Asserts status 2 and one line that holds a message."""
    assert run(*words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    [line] = captured.err.splitlines()
    assert re.search(message, line), line


def test_an_image_is_restored_beside_a_comparison(run, draw, tmp_path, capsys):
    draw("photo.jpg", (30, 41, 3))
    assert run("larger", "photo.jpg", "--tile", 16) == 0
    assert files(tmp_path / "restored/larger") == ["photo.png", "photo_comparison.png"]
    assert pixels("restored/larger/photo.png").shape == (60, 82, 3)
    assert pixels("restored/larger/photo_comparison.png").shape == (60, 172, 3)
    line, summary = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"photo.jpg  41x30 -> 82x60  \d+.\d\d s", line)
    assert re.fullmatch(
        r"restored 1 of 1 images to restored/larger: 0.00 megapixels in \d.\d s, \S+ megapixels a second"
        r"(, at most \d+\.\d\d GB of memory)?",
        summary,
    )


def test_a_folder_keeps_its_structure_and_other_files_are_passed_over(run, draw, tmp_path, capsys):
    for name in ("in/a.png", "in/x/a.jpg", "in/x/y/B.TIF"):
        draw(name, (6, 8))
    (tmp_path / "in/x/notes.txt").touch()
    (tmp_path / "in/README").touch()
    assert run("clean", "in", "--output", "out") == 0
    due = [f"{stem}{end}.png" for stem in ("a", "x/a", "x/y/B") for end in ("", "_comparison")]
    assert files(tmp_path / "out") == sorted(due)
    assert pixels("out/x/y/B.png").shape == (6, 8)
    assert "\npassed over 2 other files, of suffix .txt, none\n" in capsys.readouterr().out


def test_images_that_would_give_one_file_keep_their_suffixes(run, draw, tmp_path):
    for name in ("a.png", "a.jpg", "b.png", "b_comparison.bmp", "C.png", "c.bmp", "d.png"):
        draw(f"in/{name}")
    assert run("clean", "in", "--output", "out") == 0
    stems = ("a.png", "a.jpg", "b.png", "b_comparison.bmp", "C.png", "c.bmp", "d")
    assert files(tmp_path / "out") == sorted(
        f"{stem}{end}.png" for stem in stems for end in ("", "_comparison")
    )


def test_files_in_the_output_folder_are_not_restored_again(run, draw, tmp_path):
    draw("in/a.png")
    for _ in range(2):
        assert run("clean", "in", "--output", "in/out", "--force") == 0
    assert files(tmp_path / "in") == ["a.png", "out/a.png", "out/a_comparison.png"]


def test_a_bad_file_is_named_and_the_rest_is_restored(run, draw, tmp_path, capsys):
    draw("in/a.png")
    draw("in/c.png")
    (tmp_path / "in/b.png").write_bytes(b"")
    assert run("clean", "in", "--output", "out") == 1
    captured = capsys.readouterr()
    assert captured.err == "keras-ae: left out b.png: its file is empty\n"
    summary, failed = captured.out.splitlines()[-2:]
    assert summary.startswith("restored 2 of 3 images to out: 0.00 megapixels in ")
    assert failed == "left out 1: b.png"
    assert len(files(tmp_path / "out")) == 4


def test_nothing_but_bad_files_is_an_error(run, draw, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.png").write_bytes(b"x")
    (tmp_path / "in/b.png").write_bytes(b"")
    message = "none of 2 images can be restored: a.png: not an image .*; b.png: its file is empty"
    refused(run, capsys, message, "clean", "in")
    refused(run, capsys, "none of 1 images .* b.png: its file is empty", "clean", "in/b.png")
    assert not (tmp_path / "restored").exists()


def test_a_folder_that_cannot_be_listed_is_named(run, draw, tmp_path, monkeypatch, capsys):
    draw("in/a.png")
    draw("in/x/b.png")
    scan = os.scandir

    def closed(path):
        if os.fspath(path).endswith("x"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert run("clean", "in", "--output", "out") == 1
    assert capsys.readouterr().err == "keras-ae: left out x: its files cannot be listed (Permission denied)\n"
    refused(run, capsys, r"below in/x; found none \(.: its files cannot be listed", "clean", "in/x")


def test_an_input_that_is_not_there_is_refused(run, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    refused(run, capsys, "a file or a folder of images, received 'nowhere'", "clean", "nowhere")
    refused(run, capsys, "expected images .* below empty; found none; check the path", "clean", "empty")
    refused(run, capsys, "received an empty name", "clean", "")
    refused(
        run,
        capsys,
        r"no recipe or model called 'cleaner' \(near it: clean, larger\); .* holds clean, filled, larger",
        "cleaner",
        "empty",
    )


@pytest.mark.parametrize("option", [("--tile", 0), ("--most-megapixels", 0), ("--most-megapixels", "nan")])
def test_limits_out_of_range_are_refused(run, capsys, option):
    refused(run, capsys, "expected --tile of at least 1 and --most-megapixels above 0", "clean", "x", *option)


def test_a_image_over_the_limit_is_left_out(run, draw, capsys):
    draw("a.png", (20, 60))
    refused(
        run, capsys, "a.png: expected at most 0.001 megapixels, received 60x20", "clean", "a.png",
        "--most-megapixels", "0.001",
    )  # fmt: skip
    refused(
        run, capsys, "a.png: expected at most 0.002 megapixels, but 60x20 enlarged 2 times .* becomes 0.0048",
        "larger", "a.png", "--most-megapixels", "0.002",
    )  # fmt: skip
    assert run("clean", "a.png", "--most-megapixels", "0.002") == 0


def test_an_output_that_is_there_is_replaced_by_force_alone(run, draw, tmp_path, monkeypatch, capsys):
    draw("in/a.png")
    draw("in/b.png")
    (tmp_path / "out").mkdir()
    for name in ("b.png", "b_comparison.png"):
        (tmp_path / "out" / name).write_text("mine")
    with monkeypatch.context() as patch:
        patch.setattr(restoring, "read_image", None)
        refused(
            run, capsys, "out/b.png and 1 more of 4 files already exist; .* --force", "clean", "in",
            "--output", "out",
        )  # fmt: skip
    assert run("clean", "in", "--output", "out", "--force") == 0
    assert pixels("out/b.png").shape == (6, 8, 3)


def test_input_files_are_never_overwritten(run, draw, tmp_path, capsys):
    draw("in/a.png")
    draw("masks/a.png", (6, 8))
    before = (tmp_path / "in/a.png").read_bytes()
    for words in (["clean", "in", "--output", "in"], ["clean", "in/a.png", "--output", "in/../in"]):
        refused(run, capsys, "a.png would overwrite a file that is read; name another", *words, "--force")
    refused(
        run, capsys, "masks/a.png would overwrite a file that is read", "filled", "in", "--mask", "masks",
        "--output", "masks", "--force",
    )  # fmt: skip
    assert (tmp_path / "in/a.png").read_bytes() == before


def test_an_output_that_cannot_be_written_is_refused(run, draw, tmp_path, monkeypatch, capsys):
    draw("a.png")
    (tmp_path / "file").touch()
    for output in ("file", "file/x"):
        refused(run, capsys, "is not a folder.; name another --output", "clean", "a.png", "--output", output)
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: False)
        refused(
            run,
            capsys,
            "out cannot be written .no permission.; name another --output",
            "clean",
            "a.png",
            "--output",
            "out",
        )

    def full(made, path):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        refused(
            run, capsys, r"out/a.png cannot be written \(No space left on device\)", "clean", "a.png",
            "--output", "out",
        )  # fmt: skip
    assert files(tmp_path / "out") == []


def test_an_interruption_leaves_no_half_file(run, draw, tmp_path, monkeypatch, capsys):
    draw("a.png")

    def interrupted(before, after):
        raise KeyboardInterrupt

    monkeypatch.setattr(restoring, "side_by_side", interrupted)
    assert run("clean", "a.png", "--output", "out") == 130
    assert files(tmp_path / "out") == []


@pytest.mark.parametrize("mask", ["mask.png", "masks"])
def test_white_pixels_of_a_mask_are_filled_and_the_others_untouched(run, draw, random, mask):
    levels = draw("in/x/a.png", (40, 50, 3))
    missing = random.uniform(size=(40, 50)) < 0.1
    file = mask if mask.endswith("png") else "masks/a.bmp"
    os.makedirs("masks", exist_ok=True)
    Image.fromarray(missing).save(file)
    assert run("filled", "in/x/a.png", "--mask", mask, "--output", "out", "--tile", 16) == 0
    restored = pixels("out/a.png")
    np.testing.assert_array_equal(restored[~missing], levels[~missing])
    assert (restored[missing] != levels[missing]).any(axis=-1).mean() > 0.9
    shown = pixels("out/a_comparison.png")
    np.testing.assert_array_equal(shown[:, :50], np.where(missing[..., None], 128, levels))
    np.testing.assert_array_equal(shown[:, -50:], restored)


def test_a_folder_of_masks_is_searched_by_name(run, draw, capsys):
    for name in ("a.png", "x/b.jpg", "x/c.png", "d.png"):
        draw(f"in/{name}")
    for name in ("a.png", "a.bmp", "x/b.png", "d.bmp", "d.tif"):
        draw(f"masks/{name}", (6, 8))
    assert run("filled", "in", "--mask", "masks", "--output", "out") == 1
    captured = capsys.readouterr()
    assert re.findall(r"^(\S+)  8x6", captured.out, re.M) == ["a.png", "x/b.jpg"]
    ends = "of any image's suffix, received"
    assert captured.err.splitlines() == [
        f"keras-ae: left out d.png: expected one mask masks/d {ends} d.bmp and d.tif",
        f"keras-ae: left out x/c.png: expected one mask masks/x/c {ends} none",
    ]


def test_without_a_mask_the_transparent_pixels_are_filled(run, draw, capsys):
    levels = draw("a.png", (9, 8, 4))
    levels[..., 3] = 255
    levels[2:5, 3:5, 3] = 0
    Image.fromarray(levels).save("a.png")
    assert run("filled", "a.png", "--output", "out") == 0
    known = levels[..., 3] == 255
    np.testing.assert_array_equal(pixels("out/a.png")[known], levels[..., :3][known])
    draw("b.png")
    capsys.readouterr()
    refused(run, capsys, "b.png: nothing of it is fully transparent; .* --mask FILE", "filled", "b.png")


def test_a_mask_of_no_use_is_refused(run, draw, tmp_path, capsys):
    draw("in/a.png")
    draw("mask.png", (6, 8))
    refused(run, capsys, "no --mask, as this restorer takes none", "clean", "in/a.png", "--mask", "mask.png")
    refused(run, capsys, "a folder of masks for .* below in; received", "filled", "in", "--mask", "mask.png")
    refused(run, capsys, "a folder of masks, received 'nowhere'", "filled", "in", "--mask", "nowhere")
    Image.fromarray(np.eye(6, 8, dtype=np.uint8)).save(tmp_path / "ones.png")
    refused(
        run,
        capsys,
        "its mask ones.png is white, .* run to 1 of 255",
        "filled",
        "in/a.png",
        "--mask",
        "ones.png",
    )
    refused(run, capsys, "--most-megapixels above 0, .*inf", "clean", "in/a.png", "--most-megapixels", "inf")
    assert not (tmp_path / "restored").exists()


def test_notes_are_printed_beside_an_image(run, tmp_path, capsys):
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert run("clean", "a.gif", "--head-version", 1) == 0
    assert re.match(r"a.gif  4x4 -> 4x4  \S+ s \(the first of 2 frames\)\n", capsys.readouterr().out)


def test_a_name_that_is_no_text_is_printed_all_the_same(run, draw, tmp_path, capsys):
    draw("a.png")
    os.rename(b"a.png", b"\xff.png")
    assert run("clean", ".", "--output", "out") == 0
    assert capsys.readouterr().out.startswith(r"\udcff.png  8x6 -> 8x6")
    assert len(files(tmp_path / "out")) == 2
