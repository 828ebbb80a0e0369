"""The check of exported heads by a C++ program: which versions, what it came to, how fast they answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median as middle
from typing import Any

from keras_ae.errors import InputError
from keras_ae.serving import native, versions

__all__ = ["Verification", "counterparts", "request_ratios", "request_times", "verify"]

BATCHES = (1, 64)
"""Rows of the requests that are timed."""

DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class Verification:
    """The findings about some versions of exported heads.

    Attributes:
        folders: The versions' folders.
        findings: All that the program reports of them.
    """

    folders: list[Path]
    findings: list[native.Finding]

    @property
    def faults(self) -> list[native.Finding]:
        """The findings that make a head unfit to be served."""
        return [finding for finding in self.findings if finding.is_fault]

    def summaries(self) -> Iterator[str]:
        """A line for each folder: answers compared, bad requests refused, signatures.

        Yields:
            The lines.
        """
        for folder in self.folders:
            findings = [finding for finding in self.findings if finding.folder == folder]
            compared = [finding for finding in findings if finding.kind == "compared"]
            names = sorted({finding.details[0] for finding in findings if finding.kind == "signature"})
            worst = max((float(finding.details[3]) for finding in compared), default=float("nan"))
            refused = sum(finding.kind == "refused" for finding in findings)
            counts = f"{len(compared):3} answers within {worst:.1e}, {refused:3} bad requests refused"
            yield f"{head_name(folder):32} {counts}: {', '.join(names)}"


def verify(models: Path, name: str | None = None, all_versions: bool = False) -> Verification:
    """Checks exported heads as they lie on disk.

    Args:
        models: The folder of all exported models.
        name: The model whose heads are checked; None stands for all.
        all_versions: Whether every version is checked, not only the newest of each head and those
            with labels.

    Returns:
        The findings.

    Raises:
        InputError: Nothing is exported, or the program cannot be built.
    """
    heads = [path for path in versions.head_folders(models) if name in (None, path.parent.name)]
    if not heads:
        called = "" if name is None else f" called {name}"
        raise InputError(
            f"{models} holds no exported model{called}; train one first: make train RECIPE=denoising"
        )
    folders = [
        path / str(number)
        for path in heads
        for number in (versions.versions(path) if all_versions else _served(path))
    ]
    return Verification(folders, native.check(folders))


def _served(folder):
    """The newest version of a head, and those with labels."""
    return sorted({versions.versions(folder)[-1], *versions.labels(folder).values()})


def request_times(folders: Sequence[Path], count: int) -> Iterator[tuple[Path, str, int, float, float]]:
    """Measures how long requests to heads take.

    Args:
        folders: The versions' folders.
        count: Requests to each signature.

    Yields:
        The folder, the signature, rows of a request, and the median and the 99th percentile in microseconds.
    """
    for folder in folders:
        for signature in json.loads((folder / "card.json").read_text(encoding="utf-8"))["signatures"]:
            for batch in BATCHES:
                [(median, late)] = native.time_requests(signature, batch, count, [folder]).values()
                yield folder, signature, batch, median, late


def counterparts(folders: Sequence[Path], other_models: Path) -> dict[Path, Path]:
    """The newest versions of the same heads among the models that another build exported.

    Args:
        folders: The versions' folders.
        other_models: The folder of all models of the other build.

    Returns:
        The other version's folder by this one's; heads that only one of them has are left out.

    Raises:
        InputError: No head is in both.
    """
    found = {}
    for folder in folders:
        other = other_models / folder.parent.parent.name / folder.parent.name
        numbers = versions.versions(other) if other.is_dir() else []
        if numbers:
            found[folder] = other / str(numbers[-1])
    if not found:
        names = ", ".join(sorted({"/".join(folder.parts[-3:-1]) for folder in folders}))
        raise InputError(
            f"expected heads of the same names in {other_models}, {names}; it has none of them; give the "
            "folder of all models, in which each has a folder of its name"
        )
    return found


def request_ratios(pairs: Mapping[Path, Path], count: int, rounds: int = 5) -> Iterator[dict[str, Any]]:
    """Measures how long requests to the default signature of two versions take, one to each in turn.

    Args:
        pairs: The folder of another version by that of each.
        count: Requests in all rounds.
        rounds: Rounds, each in a process of its own.

    Yields:
        The head, the signature, rows of a request ("batch"), the medians in microseconds, and the ratio of
        this one to the other: its median, lowest and highest value over the rounds.
    """
    for own, other in pairs.items():
        for batch in BATCHES:
            times = []
            for number in range(rounds):
                order = [own, other] if number % 2 else [other, own]
                both = native.time_requests(DEFAULT_SIGNATURE, batch, max(1, count // rounds), order)
                times.append((both[own][0], both[other][0]))
            ratios = [mine / theirs for mine, theirs in times]
            yield {
                "head": head_name(own),
                "signature": DEFAULT_SIGNATURE,
                "batch": batch,
                "median_us": middle(mine for mine, _ in times),
                "other_median_us": middle(theirs for _, theirs in times),
                "ratio": middle(ratios),
                "lowest_ratio": min(ratios),
                "highest_ratio": max(ratios),
            }


def head_name(folder: Path) -> str:
    """A version's folder by its last parts: `<name>/<head>/<version>`."""
    return "/".join(folder.parts[-3:])
