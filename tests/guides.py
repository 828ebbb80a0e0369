"""The guides, for the tests of them: their blocks of code, commands, headings and links."""

import ast
import functools
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDES = [
    ROOT / name
    for name in (
        "README.md",
        "recipes/README.md",
        "keras_ae/data/README.md",
        "keras_ae/variants/README.md",
        "saved_models/README.md",
        "keras_ae/training/README.md",
        "CONTRIBUTING.md",
    )
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Command:
    """A command of a guide.

    Attributes:
        guide: The guide's file.
        line: Where the command begins, from 1.
        text: The command as it stands there, with its comment.
    """

    guide: Path
    line: int
    text: str

    @property
    def words(self):
        """Its words, without its comment."""
        return tuple(shlex.split(self.text.replace("\\\n", " "), comments=True))

    def __str__(self):
        return f"{self.guide.relative_to(ROOT)}:{self.line} {' '.join(self.words)}"


def blocks(guide, *languages):
    """(number of the first line, text) of a guide's blocks of code in some languages."""
    text = guide.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        if match[1] in languages:
            yield text.count("\n", 0, match.start(2)) + 1, match[2]


def commands(guide):
    """The commands of a guide's blocks for a shell; one ends where no quotation mark is open."""
    for first, text in blocks(guide, "sh", "powershell"):
        lines, begun = text.splitlines(), 0
        for number in range(len(lines)):
            whole = "\n".join(lines[begun : number + 1])
            if whole.endswith("\\") or not _is_closed(whole):
                continue
            if whole.strip():
                yield Command(guide, first + begun, whole)
            begun = number + 1
        assert begun == len(lines), f"{guide}:{first}: a quotation mark is not closed"


def recipe_commands(path):
    """The commands in a recipe's docstring; what follows one in its line, after two spaces, is a comment."""
    lines = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).splitlines()
    for number, line in enumerate(lines):
        if re.match(r"    (make|keras-ae) ", line):
            alone = re.sub(r"(?<=\S) {2,}.*", "", line.strip())
            if not alone.endswith("\\") and _is_closed(alone):
                yield Command(path, number + 1, alone)
                continue
            for last in range(number + 1, len(lines)):
                whole = "\n".join(map(str.strip, lines[number : last + 1]))
                if not whole.endswith("\\") and _is_closed(whole):
                    yield Command(path, number + 1, whole)
                    break


def _is_closed(text):
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return False
    return True


def anchors(guide):
    """The anchors of a guide's headings, as web pages of repositories name them."""
    text = BLOCK.sub("", guide.read_text(encoding="utf-8"))
    return [
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", text, re.M)
    ]


def links(guide):
    """The targets of a guide's links and images."""
    text = BLOCK.sub("", guide.read_text(encoding="utf-8"))
    return re.findall(r"\]\(([^)\s]+)\)", text)


def inline_code(guide):
    """The pieces of code within a guide's text, each in one line."""
    text = BLOCK.sub("", guide.read_text(encoding="utf-8"))
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text)]


@functools.cache
def stub_make(folder):
    """words -> what make runs of keras-ae for them, in a folder whose programs do nothing.

    Args:
        folder: An empty folder.

    Returns:
        A function of the words that follow "make"; it returns the words that follow "keras-ae" in each call,
        and refuses what make refuses.
    """
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copytree(ROOT / "recipes", folder / "recipes", ignore=shutil.ignore_patterns("gallery"))
    (folder / "recipes" / "mine.py").touch()
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("setup.cfg", "pyproject.toml", ".venv/.ready", *(f".venv/.{name}" for name in EXTRAS)):
        (folder / name).touch()
    for name in ("keras-ae", "python", "ruff", "mypy", "pdoc", "tensorboard"):
        (programs / name).write_text("#!/bin/sh\nexit 0\n")
        (programs / name).chmod(0o755)
    program = "#!/bin/sh\nprintf '%s\\0' \"$@\" >> words; printf '\\n\\0' >> words\n"
    (programs / "keras-ae").write_text(program)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}

    def calls(*words):
        (folder / "words").write_bytes(b"")
        done = subprocess.run(
            ["make", "--no-print-directory", *words],
            cwd=folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        called = (folder / "words").read_bytes().decode().split("\n\0")[:-1]
        return [tuple(call.split("\0")[:-1]) for call in called]

    return calls


EXTRAS = ("music", "browser", "docs")
"""Extras that make installs for a target, which it takes for installed."""
