"""The Makefile's targets: that they pass what the user gave, and run none of it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def make(tmp_path):
    """Runs make in a copy whose keras-ae only prints its arguments, one a line."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "setup.cfg").touch()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".venv" / ".ready").touch()
    command = tmp_path / ".venv" / "bin" / "keras-ae"
    command.write_text('#!/bin/sh\nfor word in "$@"; do printf "[%s]\\n" "$word"; done\n')
    command.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}

    def make(*arguments):
        return subprocess.run(
            ["make", "--no-print-directory", *arguments], cwd=tmp_path, env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    return make


def test_train_passes_recipe_data_settings_and_resume(make):
    done = make("train", "RECIPE=denoising", "DATA=my folder", "SET=epochs=5 seed=1", "RESUME=1")
    assert done.stdout.splitlines() == [
        "[train]", "[denoising]", "[--data]", "[my folder]", "[--set]", "[epochs=5 seed=1]", "[--resume]",
    ]  # fmt: skip


def test_variables_that_are_not_set_are_not_passed(make):
    assert make("train", "RECIPE=digits").stdout.splitlines() == ["[train]", "[digits]"]
    assert make("evaluate", "RECIPE=digits").stdout.splitlines() == ["[evaluate]", "[digits]"]
    assert make("export", "RECIPE=digits").stdout.splitlines() == ["[export]", "[digits]"]
    assert make("list").stdout.splitlines() == ["[list]"]
    assert make("train", "RECIPE=digits", "RESUME=0").stdout.splitlines() == ["[train]", "[digits]"]


def test_the_benchmark_passes_data_variants_epochs_and_settings(make):
    given = ("DATA=mnist", "VARIANTS=sparse stacked", "EPOCHS=3", "SEEDS=2", "SET=variant.latent_dim=8")
    assert make("benchmark", *given).stdout.splitlines() == [
        "[benchmark]", "[--data]", "[mnist]", "[--variants]", "[sparse stacked]", "[--epochs]", "[3]",
        "[--set]", "[variant.latent_dim=8]", "[--seeds]", "[2]",
    ]  # fmt: skip
    assert make("benchmark").stdout.splitlines() == ["[benchmark]"]


def test_a_variable_of_a_former_name_is_refused_with_the_present_one(make):
    done = make("traverse", "RECIPE=conditional", "UNIT=3")
    assert (done.returncode, done.stdout) == (2, "")
    assert "write DIMENSION=" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_detection_passes_its_variables(make):
    given = ("RECIPE=series_anomaly", "INPUT=my file.csv")
    assert make("detect", *given).stdout.splitlines() == ["[detect]", "[series_anomaly]", "[my file.csv]"]
    more = ("SET=data.normal=40%", "OUTPUT=out", "TRAINED=1", "FORCE=1")
    assert make("detect", *given, *more).stdout.splitlines() == [
        "[detect]", "[series_anomaly]", "[my file.csv]", "[--set]", "[data.normal=40%]",
        "[--output]", "[out]", "[--force]", "[--trained]",
    ]  # fmt: skip
    assert make("monitor", *given).stdout.splitlines() == ["[monitor]", "[series_anomaly]", "[my file.csv]"]
    swept = make("sweep", "RECIPE=image_anomaly", "FIELD=data.normal", "VALUES=0..9", "DATA=mnist")
    assert swept.stdout.splitlines() == [
        "[sweep]", "[image_anomaly]", "[data.normal]", "[0..9]", "[--data]", "[mnist]",
    ]  # fmt: skip


def test_exported_heads_are_served_verified_and_encoded_with(make):
    assert make("serve").stdout.splitlines() == ["[serve]"]
    assert make("serve", "BATCHING=0").stdout.splitlines() == ["[serve]", "[--no-batching]"]
    assert make("verify-serving").stdout.splitlines() == ["[verify]"]
    assert make("verify-serving", "RECIPE=digits", "TIME=9").stdout.splitlines() == [
        "[verify]", "[digits]", "[--time]", "[9]",
    ]  # fmt: skip
    assert make("export", "RECIPE=digits", "KEEP=3").stdout.splitlines() == [
        "[export]", "[digits]", "[--keep]", "[3]",
    ]  # fmt: skip
    given = ("RECIPE=digits", "INPUT=my $(touch pwned) folder", "OUTPUT=`touch pwned`.npy", "HEAD=encoder")
    assert make("encode", *given).stdout.splitlines() == [
        "[encode]", "[digits]", "[my $(touch pwned) folder]", "[--output]", "[`touch pwned`.npy]",
        "[--head]", "[encoder]",
    ]  # fmt: skip


def test_restoration_passes_its_variables(make, tmp_path):
    given = (
        "RECIPE=clean",
        "INPUT=my $(touch pwned) photo",
        "OUTPUT=`touch pwned`",
        'MASK="; touch pwned',
        "FORCE=1",
    )
    assert make("restore", *given).stdout.splitlines() == [
        "[restore]", "[clean]", "[my $(touch pwned) photo]", "[--output]", "[`touch pwned`]",
        "[--mask]", '["; touch pwned]', "[--force]",
    ]  # fmt: skip
    for force in ("", "0", "no"):
        done = make("restore", "RECIPE=clean", "INPUT=a.png", f"FORCE={force}")
        assert done.stdout.splitlines() == ["[restore]", "[clean]", "[a.png]"]
    assert not (tmp_path / "pwned").exists()


def test_a_users_text_is_never_run(make, tmp_path):
    for text in (
        "x; touch pwned",
        '"; touch pwned; "',
        "`touch pwned`",
        "' ; touch pwned; '",
        "$(touch pwned)",
        "$(shell touch pwned)",
        "a$b$$c",
    ):
        done = make("train", f"RECIPE={text}", f"DATA={text}", f"SET={text}")
        assert f"[{text}]" in done.stdout.splitlines()
    assert not (tmp_path / "pwned").exists()


def test_a_missing_recipe_is_refused(make):
    done = make("train")
    assert done.returncode == 2
    assert "which recipe? make list shows them" in done.stderr
    assert "[train]" not in done.stdout


def test_help_names_every_target(make):
    printed = make("help").stdout
    targets = "train evaluate export list benchmark tensorboard serve verify-serving encode restore test lint"
    for target in targets.split():
        assert f"make {target} " in printed
    assert "RECIPE=denoising" in printed
    assert make().stdout == printed


def test_generation_and_walks_pass_their_variables(make):
    assert make("generate", "RECIPE=level_generation").stdout.splitlines() == [
        "[generate]", "[level_generation]",
    ]  # fmt: skip
    done = make(
        "generate", "RECIPE=r", "COUNT=3", "SEED=1", "OUTPUT=my levels", "LENGTH=200", "AFTER=a b.txt",
        "TEMPERATURE=0.8", "LABEL=$(id)", "BEST=5", "PLAYABLE=1", "FORCE=1",
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "[generate]", "[r]", "[--count]", "[3]", "[--seed]", "[1]", "[--output]", "[my levels]", "[--class]",
        "[$(id)]", "[--force]", "[--length]", "[200]", "[--after]", "[a b.txt]", "[--temperature]", "[0.8]",
        "[--best-of]", "[5]", "[--playable]",
    ]  # fmt: skip
    done = make("interpolate", "RECIPE=r", "FROM=test:1", "TO=b c.png", "STEPS=5", "LABEL=2")
    assert done.stdout.splitlines() == [
        "[interpolate]", "[r]", "[test:1]", "[b c.png]", "[--class]", "[2]", "[--steps]", "[5]",
    ]  # fmt: skip
    assert make("traverse", "RECIPE=r", "DIMENSION=3").stdout.splitlines() == [
        "[traverse]", "[r]", "[test:0]", "[--dimension]", "[3]",
    ]  # fmt: skip
    done = make("attribute", "RECIPE=r", "INPUT=a.txt", "ADD=sky", "STRENGTH=1.5")
    assert done.stdout.splitlines() == [
        "[attribute]", "[r]", "[a.txt]", "[--add]", "[sky]", "[--strength]", "[1.5]",
    ]  # fmt: skip
    assert make("reconstruct", "RECIPE=r", "INPUT=a.txt").stdout.splitlines() == [
        "[reconstruct]", "[r]", "[a.txt]",
    ]  # fmt: skip
    assert make("nearest", "RECIPE=r", "INPUT=seed:3", "COUNT=2").stdout.splitlines() == [
        "[nearest]", "[r]", "[seed:3]", "[--count]", "[2]",
    ]  # fmt: skip


def test_what_a_recipe_needs_is_installed_once(make, tmp_path):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "sung.py").write_text('EXTRAS = "music"\n')
    pip = tmp_path / ".venv" / "bin" / "python"
    pip.write_text('#!/bin/sh\necho "python $*"\n')
    pip.chmod(0o755)
    first, second = (make("train", "RECIPE=sung").stdout.splitlines() for _ in range(2))
    assert first[0] == "installing extra packages for sung: music"
    assert first[1].endswith("-e .[music]")
    assert second == ["[train]", "[sung]"]
