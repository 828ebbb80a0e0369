"""The guides: links that resolve, commands that parse, and all that they are to name."""

import argparse
import configparser
import functools
import re
import shlex

import pytest
from guides import GUIDES, ROOT, anchors, blocks, commands, inline_code, links, recipe_commands, stub_make

from keras_ae import catalog
from keras_ae.cli.parser import FormerOption, make_parser
from keras_ae.data.find import dataset_kinds

README = ROOT / "README.md"
PAGES = [*GUIDES, ROOT / "CHANGELOG.md"]
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]


@functools.cache
def verbs():
    [action] = [each for each in make_parser()._actions if isinstance(each, argparse._SubParsersAction)]
    return action.choices


def options_of(*parsers):
    actions = [action for parser in parsers for action in parser._actions]
    return {
        name for action in actions if not isinstance(action, FormerOption) for name in action.option_strings
    }


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_and_images_are_there(page):
    for target in links(page):
        file, _, anchor = target.partition("#")
        if not file.startswith(("http://", "https://")):
            linked = (page.parent / file).resolve() if file else page
            assert linked.exists(), f"{page.name}: {target}"
            assert not anchor or anchor in anchors(linked), f"{page.name}: {target}"


@pytest.mark.parametrize("page", GUIDES, ids=NAMES[: len(GUIDES)])
def test_the_contents_name_every_section_in_its_order(page):
    text = page.read_text(encoding="utf-8")
    contents = text[text.index("Contents:") : text.index("\n\n", text.index("Contents:"))]
    assert re.findall(r"\(#([^)]+)\)", contents) == anchors(page)[1:]


def test_the_readme_is_short():
    text = README.read_text(encoding="utf-8")
    assert len(text.split()) <= 2000
    assert len(text.splitlines()) <= 220


@pytest.mark.parametrize("page", [README, ROOT / "recipes" / "README.md"], ids=["README", "recipes"])
def test_every_recipe_has_a_row_in_the_table(page):
    rows = re.findall(r"^\| `(\w+)` \|", page.read_text(encoding="utf-8"), re.M)
    recipes = {path.stem for path in (ROOT / "recipes").glob("*.py")}
    assert recipes <= set(rows)


def test_every_variant_has_a_row_in_its_guide():
    text = (ROOT / "keras_ae" / "variants" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|", text.partition("\n## Which")[0], re.M)
    assert sorted(rows) == [entry.text for entry in catalog.variants()]


def test_every_data_set_has_a_row_in_its_guide():
    text = (ROOT / "keras_ae" / "data" / "README.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`.*?`) \|", text, re.M)
    rows = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    names = sorted(kind.name for kind in dataset_kinds() if kind.name)
    assert sorted(rows) == names
    assert sorted(entry.text for entry in catalog.datasets() if entry.is_name) == names


def test_the_readme_names_every_target_of_make():
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M)
    assert len(targets) > 10
    named = {code.split()[1] for code in inline_code(README) if re.match(r"make [a-z-]+$", code)}
    assert {target for target in targets if target not in named} - FORMER_TARGETS == set()


FORMER_TARGETS = {
    "list", "encode", "restore", "detect", "monitor", "sweep", "generate", "interpolate", "traverse",
    "attribute", "reconstruct", "nearest",
}  # fmt: skip
"""Targets that are verbs of keras-ae: deprecated."""


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    return stub_make(tmp_path_factory.mktemp("make"))


def keras_ae_calls(words, make):
    """The words that follow keras-ae in what a command runs of it."""
    if words[0] == "make":
        return make(*words[1:])
    if words[0] == "keras-ae":
        return [words[1:]]
    return [words[3:]] if words[:3] == ("python", "-m", "keras_ae") else []


def is_taken(call):
    try:
        make_parser().parse_args(call)
    except SystemExit as stop:
        return stop.code == 0
    return True


RECIPES = sorted((ROOT / "recipes").glob("*.py"))
ALL = [command for guide in GUIDES for command in commands(guide)]
ALL += [command for path in RECIPES for command in recipe_commands(path)]


def test_every_command_is_one_that_make_and_the_command_line_take(make, capsys):
    taken = 0
    for command in ALL:
        for call in keras_ae_calls(command.words, make):
            assert is_taken(call), f"{command}: {capsys.readouterr().err}"
            taken += 1
            assert (
                not command.words[1:2] or command.words[1] not in FORMER_TARGETS or command.words[0] != "make"
            )
    assert taken > 100


def test_code_in_the_text_names_verbs_options_targets_and_variables_that_exist(make):
    everything = options_of(make_parser(), *verbs().values())
    for guide in GUIDES:
        for code in inline_code(guide):
            if code.startswith("keras-ae ") and not code.startswith("keras-ae --"):
                words = shlex.split(code)
                options = {word for word in words[2:] if word.startswith("--")}
                assert options <= options_of(verbs()[words[1]]), f"{guide.name}: {code}"
            elif code.startswith("--"):
                assert code.split()[0] in everything, f"{guide.name}: {code}"
            elif re.match(r"make [a-z-]+", code) and "..." not in code and "name" not in code:
                needed = ["RECIPE=digits"] if re.match(r"make (train|evaluate|export|predict)$", code) else []
                needed += ["INPUT=x"] if code == "make predict" else []
                make(*shlex.split(code)[1:], *needed, "-n")


def test_extras_that_a_guide_installs_are_there():
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg")
    extras = dict(setup["options.extras_require"])
    seen = 0
    for guide in GUIDES:
        text = guide.read_text(encoding="utf-8")
        for name in re.findall(r"pip install ['\"]\.\[([\w,]+)\]", text):
            assert set(name.split(",")) <= set(extras)
            seen += 1
    assert seen


def test_blocks_are_in_languages_that_the_tests_know():
    for guide in GUIDES:
        text = guide.read_text(encoding="utf-8")
        assert set(re.findall(r"^```(\w*)$", text, re.M)) <= {"", "sh", "powershell", "python", "text"}
        assert sum(1 for _ in blocks(guide, "sh", "powershell", "python", "text")) * 2 == text.count("\n```")
        assert not re.search(r"^    (make|keras-ae|from|import|curl|pip) ", text, re.M)
