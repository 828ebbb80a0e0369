"""The options of all verbs: each is read, each has one meaning, and each verb shows how it is called."""

import argparse
import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from keras_ae import cli
from keras_ae.cli.arguments import MEANINGS
from keras_ae.cli.parser import GROUPS, STATUSES, FormerOption, make_parser

FOLDER = Path(cli.__file__).parent
FUNCTIONS = {
    (path.stem, node.name): node
    for path in FOLDER.glob("*.py")
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef)
}
READ_BY_MAIN = {"debug", "ends_at_once", "quiet", "verb"}
"""What `main` reads for all verbs."""


def verbs():
    [action] = [one for one in make_parser()._actions if isinstance(one, argparse._SubParsersAction)]
    return action.choices


PARSERS = verbs()


def own_actions(parser):
    """The arguments of a verb, without its help and its former options."""
    return [
        action for action in parser._actions if not isinstance(action, argparse._HelpAction | FormerOption)
    ]


@cache
def reads(module, name):
    """The arguments that a function reads, itself or by a function of this package that it gives them to."""
    node = FUNCTIONS[module, name]
    found = {
        part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute) and ast.unparse(part.value) == "options"
    }
    for call in ast.walk(node):
        is_passed = isinstance(call, ast.Call) and "options" in map(ast.unparse, call.args)
        if is_passed and isinstance(call.func, ast.Name) and call.func.id != name:
            found |= next(
                (
                    reads(*key)
                    for key in [(module, call.func.id), *FUNCTIONS]
                    if key in FUNCTIONS and key[1] == call.func.id
                ),
                set(),
            )
    return frozenset(found)


@pytest.mark.parametrize("verb", PARSERS)
def test_an_option_is_one_that_the_verb_reads_and_it_reads_no_other(verb):
    parser = PARSERS[verb]
    function = parser.get_default("verb")
    read = reads(function.__module__.rpartition(".")[2], function.__name__) - {"results"}
    options = {action.dest for action in own_actions(parser)}
    assert options - READ_BY_MAIN <= read
    assert read - READ_BY_MAIN <= options | {"json", "output"}


def test_the_test_sees_an_option_that_is_not_read():
    FUNCTIONS["x", "x"] = ast.parse("def x(options):\n    return options.a + y(options)").body[0]
    FUNCTIONS["x", "y"] = ast.parse("def y(options):\n    return options.b").body[0]
    assert reads("x", "x") == {"a", "b"}


def test_an_option_has_one_meaning_in_all_verbs():
    seen = set()
    for verb, parser in PARSERS.items():
        for action in own_actions(parser):
            for name in action.option_strings:
                seen.add(name)
                if name not in ("--debug", "--json", "--quiet"):  # added to all in one place
                    meaning, _, _ = action.help.replace("%%", "%").partition("; default")
                    assert meaning.startswith(MEANINGS[action.option_strings[0]]), (verb, name)
    assert set(MEANINGS) <= seen
    assert not {name for name in MEANINGS if sum(name == other for other in MEANINGS) > 1}


@pytest.mark.parametrize("verb", PARSERS)
def test_a_verb_shows_an_example_that_it_takes_and_the_statuses(verb, capsys):
    example, statuses = PARSERS[verb].epilog.splitlines()
    command = shlex.split(example.removeprefix("example: "))
    assert command[:2] == ["keras-ae", verb]
    make_parser().parse_args(command[1:])
    assert statuses == STATUSES
    with pytest.raises(SystemExit):
        make_parser().parse_args([verb, "--help"])
    assert example in capsys.readouterr().out


def test_the_help_lists_every_verb_in_a_group(capsys):
    with pytest.raises(SystemExit):
        make_parser().parse_args(["--help"])
    printed = capsys.readouterr().out
    titles = re.findall(r"^  (\w[\w ]*)$", printed, re.M)
    assert tuple(titles) == GROUPS
    assert sorted(re.findall(r"^    ([a-z]+)  ", printed, re.M)) == sorted(PARSERS)
    assert STATUSES in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("generate r --label 3", "keras-ae generate: --label is now --class"),
        ("predict r a.npy --version 1", "--version is now --head-version"),
        ("encode r a.npy --output b.npy --version 1", "--version is now --head-version"),
        ("restore r a.png --version 1", "--version is now --head-version"),
        ("convert r --version 1", "--version is now --head-version"),
        ("rollback r --to 1", "--to is now --head-version"),
        ("monitor r a.csv --data b.csv", "--data is no option here"),
        ("monitor r a.csv --models m", "--models is no option here"),
        ("evaluate r --models m", "no option --models; for what it takes: keras-ae evaluate --help"),
        ("sweep r epochs 1,2 --models m", "no option --models; for what it takes: keras-ae sweep --help"),
        (
            "export r s",
            "keras-ae export: unrecognized arguments: s; for what it takes: keras-ae export --help",
        ),
        ("train denoising --dat x", "keras-ae train: there is no option --dat (near it: --data); a field of"),
        (
            "train denoising --epochs 5",
            'no option --epochs; a field of the recipe is set with --set "epochs=5"',
        ),
        (
            "train --epoch=5 denoising",
            'is set with --set "epochs=5"; for what it takes: keras-ae train --help',
        ),
        ("train denoising --lr 1e-3", '--set "learning_rate=1e-3"'),
        ("train denoising --learning-rate", '--set "learning_rate=..."'),
        ("train denoising --batch-size 64", '--set "batch_size=64"'),
        ("train denoising --latent-dim 8", '--set "variant.latent_dim=8"'),
        ("train gone --latent-dim 8", '--set "variant.latent_dim=8"'),
        ("sweep denoising epochs 1,2 --sigma .1", '--set "task.corruption.sigma=.1"'),
        ("encode r a.npy --out b.npy", "there is no option --out (near it: --output, --outputs); for what"),
        ("predict r a.npy --haed x --epochs 3", "there is no option --haed (near it: --head); for what"),
        ("trian denoising", "keras-ae: there is no verb 'trian' (near it: train, "),
        ("denoising", "there is no verb 'denoising', which is a recipe: keras-ae train denoising trains it"),
        ("zzz", "keras-ae: there is no verb 'zzz'; for what there is: keras-ae --help"),
    ],
)
def test_a_former_or_unread_option_is_refused_in_one_line(words, message, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(words.split())
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message in line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("predict r a.npy --timeout 3", "--timeout is for a server; name one with --url"),
        ("predict r a.npy --url http://x --models m", "a server has its own models; leave out --models"),
        ("predict r a.npy --force", "--force replaces a file; name one with --output"),
        ("predict r - -", "standard input can be read once; name - once"),
        ("predict r a.npy --json --output -", "--json and --output - both write to standard output"),
        ("encode r a.npy --json --output -", "--json and --output - both write to standard output"),
        (
            "detect digits a.csv --trained --models m",
            "with --trained nothing is exported; leave --models out",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("x\n1\n")
    assert cli.main(words.split()) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message in line
