"""Messages in the words of the door: keras-ae's options, or make's variables."""

import pytest

from keras_ae import cli
from keras_ae.cli.messages import in_words_of_the_door

MESSAGES = [
    (
        'take a dense one: SET="variant.backbone=DenseBackbone"',
        'take a dense one: --set "variant.backbone=DenseBackbone"',
        'take a dense one: SET="variant.backbone=DenseBackbone"',
    ),
    (
        'to train for more: RESUME=1 SET="epochs=..."',
        'to train for more: --resume --set "epochs=..."',
        'to train for more: RESUME=1 SET="epochs=..."',
    ),
    (
        "resume it with RESUME=1 (--resume), or name another folder",
        "resume it with --resume, or name another folder",
        "resume it with RESUME=1, or name another folder",
    ),
    (
        "name another --output (make: OUTPUT=), or replace them with --force (make: FORCE=1)",
        "name another --output, or replace them with --force",
        "name another OUTPUT=, or replace them with FORCE=1",
    ),
    (
        "name another folder, OUTPUT=, or replace it, FORCE=1",
        "name another folder, --output, or replace it, --force",
        "name another folder, OUTPUT=, or replace it, FORCE=1",
    ),
    (
        "train it first: make train RECIPE=denoising",
        "train it first: keras-ae train denoising",
        "train it first: make train RECIPE=denoising",
    ),
    (
        "for evaluation with make evaluate DATA=Set12 only",
        "for evaluation with keras-ae evaluate RECIPE --data Set12 only",
        "for evaluation with make evaluate DATA=Set12 only",
    ),
    (
        "use other data, such as a folder: DATA=folder/of/photos",
        "use other data, such as a folder: --data folder/of/photos",
        "use other data, such as a folder: DATA=folder/of/photos",
    ),
    (
        "export it first: keras-ae export denoising",
        "export it first: keras-ae export denoising",
        "export it first: make export RECIPE=denoising",
    ),
    (
        "leave it out, or use RECIPE=conditional",
        "leave it out, or use the recipe conditional",
        "leave it out, or use RECIPE=conditional",
    ),
    (
        "expected a length with an opening: LENGTH=100 (--length 100)",
        "expected a length with an opening: --length 100",
        "expected a length with an opening: LENGTH=100",
    ),
    ("name its class: LABEL= (--class)", "name its class: --class", "name its class: LABEL="),
    (
        "--name must be one part; give another --name, or leave out --name",
        "--name must be one part; give another --name, or leave out --name",
        "NAME= must be one part; give another NAME=, or leave out NAME=",
    ),
    (
        "under another one: make export RECIPE=a NAME=b",
        "under another one: keras-ae export a --name b",
        "under another one: make export RECIPE=a NAME=b",
    ),
    (
        "look at them: keras-ae tensorboard; keras-ae serve --models m",
        "look at them: keras-ae tensorboard; keras-ae serve --models m",
        "look at them: make tensorboard; keras-ae serve --models m",
    ),
    (
        "leave out --head-version, --models and --outputs; data.key=y; e=1",
        "leave out --head-version, --models and --outputs; data.key=y; e=1",
        "leave out --head-version, --models and --outputs; data.key=y; e=1",
    ),
]


@pytest.mark.parametrize(("message", "options", "variables"), MESSAGES)
def test_a_message_is_in_the_words_of_the_door(message, options, variables, monkeypatch):
    assert in_words_of_the_door(message) == options
    monkeypatch.setenv("MAKELEVEL", "1")
    assert in_words_of_the_door(message) == variables


def test_errors_are_printed_in_the_words_of_the_door(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["evaluate", "denoising"]) == 2
    assert "train one first: keras-ae train denoising" in capsys.readouterr().err
    monkeypatch.setenv("MAKELEVEL", "1")
    assert cli.main(["evaluate", "denoising"]) == 2
    assert "train one first: make train RECIPE=denoising" in capsys.readouterr().err
