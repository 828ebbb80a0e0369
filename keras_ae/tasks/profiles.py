"""How the values of columns are distributed, and how far those of other rows are from that."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

__all__ = ["Profile", "Shift", "level_of", "profile_of", "profiles_from_json", "profiles_to_json"]

BINS, MOST_WORDS = 10, 50
"""Bins that hold about equally many numbers; words that are counted one by one."""

SOME_CHANGE, MUCH_CHANGE = 0.1, 0.25
"""Population stability indices of some and of much change."""

RARE = 3.0
"""Standard deviations above its mean up to which the index of as many rows, unchanged, may be chance: that is
a chi-squared distribution times the sum of the inverse numbers of rows (Yurdakul and Naranjo 2020)."""

OTHER, MISSING = "other words", "missing"


@dataclass(frozen=True)
class Shift:
    """How far the values of a column are from its profile.

    Attributes:
        psi: The population stability index (Siddiqi 2006, Credit Risk Scorecards).
        level: 0 for no change, 1 for some, 2 for much; 0 also for what may be chance, in few rows.
        change: What has changed most, for the user.
    """

    psi: float
    level: int
    change: str


@dataclass(frozen=True)
class Profile:
    """How the values of a column are distributed.

    Attributes:
        fractions: The fraction of each part: of words by word, of numbers by index of a bin; and of missing
            ones.
        count: Values that it was made of.
        edges: Borders of the bins of numbers; () for words. Numbers equal to an edge have a bin of their own.
        middle: The median of numbers.
        spread: Their interquartile range.
    """

    fractions: Mapping[str, float]
    count: int
    edges: tuple[float, ...] = ()
    middle: float = 0.0
    spread: float = 0.0
    numeric: bool = field(default=False)

    def shift(self, values: np.ndarray, offset: float = 0.0, scale: float = 1.0) -> Shift:
        """Compares other values.

        Args:
            values: (n,), numbers or words, as those that the profile was made of.
            offset: Added to numbers, after they are multiplied by the scale, where they are told to the user.
            scale: Numbers are multiplied by it there.

        Returns:
            Their shift.
        """
        now = _fractions(values, self.edges, self.numeric)
        if not self.numeric:
            known = self.fractions.keys() - {OTHER} | {MISSING}
            now = Counter(
                {
                    **{part: share for part, share in now.items() if part in known},
                    OTHER: sum(share for part, share in now.items() if part not in known),
                }
            )
        parts = [
            part
            for part in self.fractions.keys() | now.keys()
            if self.fractions.get(part, 0) + now.get(part, 0)
        ]
        before, after = (
            np.array([each.get(part, 0.0) * count + 0.5 for part in parts]) / (count + 0.5 * len(parts))
            for each, count in ((self.fractions, self.count), (now, len(values)))
        )
        terms = (after - before) * np.log(after / before)
        psi, free = float(terms.sum()), len(parts) - 1
        level = level_of(psi, free, self.count, len(values))
        most = parts[int(terms.argmax())] if parts else MISSING
        return Shift(psi, level, self._change(values, now, most, offset, scale))

    def _change(self, values, now, part, offset, scale):
        """What has changed most."""
        if self.numeric and part != MISSING:
            known = np.asarray(values, float)
            known = known[np.isfinite(known)]
            middle = float(np.median(known)) if len(known) else np.nan
            before, after = (scale * each + offset for each in (self.middle, middle))
            return f"median {before:.5g} -> {after:.5g}"
        named = part if part in (OTHER, MISSING) else repr(part)
        return f"{named} {self.fractions.get(part, 0):.1%} -> {now.get(part, 0):.1%}"


def level_of(psi: float, free: int, before: float, now: float) -> int:
    """The level of a population stability index: none for what may be chance.

    Args:
        psi: The index.
        free: Its parts, less one.
        before: Independent values that are compared with.
        now: Independent values that are compared.

    Returns:
        0 for no change, 1 for some, 2 for much.
    """
    by_chance = (free + RARE * (2 * free) ** 0.5) * (1 / max(1, before) + 1 / max(1, now))
    return sum(psi >= max(least, by_chance) for least in (SOME_CHANGE, MUCH_CHANGE))


def profile_of(values: np.ndarray) -> Profile:
    """The profile of a column.

    Args:
        values: (n,), numbers, NaN where missing, or words, NaN, None or "" where missing; at least one.

    Returns:
        The profile.
    """
    numeric = np.asarray(values).dtype.kind in "biuf"
    if not numeric:
        found = _fractions(values, (), False)
        most = dict(found.most_common(MOST_WORDS))
        rest = sum(found.values()) - sum(most.values())
        return Profile(most | ({OTHER: rest} if rest > 0 else {}), len(values))
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    if not len(known):
        return Profile({MISSING: 1.0}, len(values), numeric=True)
    edges = tuple(np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])).tolist())
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75)).tolist()
    fractions = _fractions(values, edges, True)
    return Profile(dict(fractions), len(values), edges, middle, high - low, True)


def _fractions(values, edges, numeric):
    """The fraction of values in each part."""
    if not numeric:
        named = Counter(
            MISSING if word is None or word != word or word == "" else str(word) for word in values
        )
    else:
        values = np.asarray(values, float)
        known = values[np.isfinite(values)]
        bins = np.searchsorted(edges, known, side="left") + np.searchsorted(edges, known, side="right")
        parts, counts = np.unique(bins, return_counts=True)
        named = Counter(dict(zip(map(str, parts.tolist()), counts.tolist(), strict=True)))
        if len(known) < len(values):
            named[MISSING] = len(values) - len(known)
    return Counter({part: count / max(1, len(values)) for part, count in named.items()})


def profiles_to_json(profiles: Mapping[str, Profile]) -> str:
    """Profiles as text.

    Args:
        profiles: By the names of columns.

    Returns:
        JSON.
    """
    return json.dumps({name: asdict(profile) for name, profile in profiles.items()}, ensure_ascii=False)


def profiles_from_json(text: str) -> dict[str, Profile]:
    """Profiles from text.

    Args:
        text: As of `profiles_to_json`.

    Returns:
        Profiles by the names of columns.
    """
    each: dict[str, Any] = json.loads(text)
    return {name: Profile(**(fields | {"edges": tuple(fields["edges"])})) for name, fields in each.items()}
