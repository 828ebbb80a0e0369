"""Published series: the Numenta Anomaly Benchmark, one of the UCR archive, and heartbeats."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from keras_ae.data.dataset import Dataset
from keras_ae.data.download import download, read_manifest
from keras_ae.data.examples import Split
from keras_ae.data.series.resample import Series, series_from_table
from keras_ae.data.series.several import concatenated
from keras_ae.data.series.windows import DailyPattern, data_of
from keras_ae.data.splits import assign, digests
from keras_ae.data.tables.reading import read_table
from keras_ae.data.types import Data
from keras_ae.domains import REAL
from keras_ae.errors import InputError, check_least

__all__ = ["Ecg5000", "InternalBleeding", "Nab"]

MANIFEST = Path(__file__).with_name("published.sha256")
"""Lines of a file's sha256 and its path below the cache's folder of data sets."""

TRAINED = 1200
"""Normal points at the beginning of the UCR series."""

PROBATION = 0.15
"""Fraction of a series of the Numenta benchmark to train on (Lavin and Ahmad 2015)."""


@dataclass(frozen=True)
class Nab(Dataset):
    """The Numenta Anomaly Benchmark (Lavin and Ahmad 2015): 52 series with labeled windows, and 6 without.

    The first 15 % of each series are the normal part. As in the benchmark, each row is a point, whatever the
    steps of time. Several series are standardized each by itself, and the model learns from the normal parts
    of all of them.

    Attributes:
        series: A folder and a name, such as "realKnownCause/nyc_taxi"; "" for the 52 that have labels.
        window: Points of a window, at least 4.
    """

    category: ClassVar[str] = "series"
    carried_over: ClassVar[tuple[str, ...]] = ("window",)
    name: ClassVar[str] = "nab"
    origin: ClassVar[str] = (
        "https://raw.githubusercontent.com/numenta/NAB/ea702d75cc2258d9d7dd35ca8e5e2539d71f3140/"
    )
    series: str = ""
    window: int = 64

    def __post_init__(self):
        check_least(self, window=4)

    @classmethod
    def accepts(cls, text: str) -> Nab | None:
        name, _, series = text.partition(":")
        return cls(series) if name == cls.name else None

    def load(self) -> Data:
        """Downloads and joins the series.

        Raises:
            InputError: For an unknown series.
        """
        names = [self.series] if self.series else [name for name, spans in self.anomalies().items() if spans]
        each = {name: self._one(name, bool(self.series)) for name in names}
        return each[self.series] if self.series else concatenated(self.name, each)

    def _one(self, name, alone):
        """The data of one series; among others it may be too short for windows to validate on."""
        series = self.values_of(name)
        normal = (0, round(PROBATION * len(series)))
        fewest = {} if alone else {"fewest": 0}
        return data_of(f"nab:{name}", series, self.window, normal, **fewest, fixed=True)

    def values_of(self, name: str) -> Series:
        """A series and its labels.

        Args:
            name: Name of the series, such as "realKnownCause/nyc_taxi".

        Returns:
            The series.

        Raises:
            InputError: For an unknown series.
        """
        labeled = self.anomalies()
        if name not in labeled:
            raise InputError(
                f"the Numenta benchmark has no series {name!r}; it has {', '.join(labeled)}; choose one: "
                "DATA=nab:realKnownCause/nyc_taxi"
            )
        table = read_table(self._file(f"data/{name}.csv"))
        times, values = table.columns["timestamp"].values, table.columns["value"].values
        labels = np.zeros(len(table), bool)
        for first, last in labeled[name]:
            begin, end = (pd.Timestamp(time, tz="UTC").as_unit("ns").value for time in (first, last))
            labels |= (times >= begin) & (times <= end)
        return Series(times, values[:, None], ("value",), labels, np.arange(len(table)))

    def anomalies(self) -> dict[str, list[tuple[str, str]]]:
        """The labeled windows of each series, by its name.

        Returns:
            (first, last) of each window, times as text.
        """
        windows_by_file = json.loads(self._file("labels/combined_windows.json").read_text(encoding="utf-8"))
        return {name.removesuffix(".csv"): windows for name, windows in windows_by_file.items()}

    def sample(self) -> Data:
        return DailyPattern(12, self.window).load()

    def _file(self, path):
        folder = Path("nab") / Path(path).parent
        name = Path(path).name
        return download(name, f"{self.origin}{Path(path).parent}/", str(folder), manifest()[f"nab/{path}"])


@dataclass(frozen=True)
class InternalBleeding(Dataset):
    """A series of the UCR anomaly archive (Wu and Keogh 2021): arterial pressure, with one anomaly.

    The first 1,200 points, which are the training file, are normal; the test file begins with them.

    Attributes:
        window: Points of a window, at least 4.
    """

    category: ClassVar[str] = "series"
    carried_over: ClassVar[tuple[str, ...]] = ("window",)
    name: ClassVar[str] = "ucr"
    origin: ClassVar[str] = (
        "https://raw.githubusercontent.com/aeon-toolkit/aeon/a101ddc8b35a65441609b45c9bcce5aeafa0c131/"
        "aeon/datasets/data/KDD-TSAD_135/"
    )
    stem: ClassVar[str] = "135_UCR_Anomaly_InternalBleeding16"
    window: int = 64

    def __post_init__(self):
        check_least(self, window=4)

    def load(self) -> Data:
        table = read_table(self._file(f"{self.stem}_TEST.csv"))
        series = series_from_table(table, "timestamp", ("value",), "is_anomaly")
        return data_of(self.name, series, self.window, (0, TRAINED), fixed=True)

    def sample(self) -> Data:
        return DailyPattern(12, self.window).load()

    def _file(self, name):
        return download(name, self.origin, "ucr/KDD-TSAD_135", manifest()[f"ucr/KDD-TSAD_135/{name}"])


@dataclass(frozen=True)
class Ecg5000(Dataset):
    """500 heartbeats of 140 points (Goldberger et al. 2000; Chen et al. 2015), one class of five normal.

    By content, 40 % are the test split and 20 % the validation split, which calibrates too. Of the rest, the
    normal ones are the training split, and the others are added to the test split.
    """

    category: ClassVar[str] = "series"
    name: ClassVar[str] = "ecg5000"
    origin: ClassVar[str] = (
        "https://raw.githubusercontent.com/reese3222/fda-ecg5000/24d3a6a08bc74ce5729191d9bde8607e0d642b15/"
    )

    def load(self) -> Data:
        sha256 = manifest()["ecg5000/ECG5000_TRAIN.csv"]
        table = read_table(download("ECG5000_TRAIN.csv", self.origin, "ecg5000", sha256))
        values = np.column_stack([column.values for column in table.columns.values()])
        beats, classes = values[:, :-1].astype(np.float32), values[:, -1].astype(np.int64) - 1
        parts = assign(digests(beats), validation=0.2, test=0.4)
        # anomalies do not train
        parts["test"] = np.append(parts["test"], parts["train"][classes[parts["train"]] > 0])
        parts["train"] = parts["train"][classes[parts["train"]] == 0]
        offset, scale = beats[parts["train"]].mean(), beats[parts["train"]].std()
        examples = ((beats - offset) / scale)[..., None]
        splits: dict[str, Any] = {
            part: Split(examples[index], classes[index]) for part, index in parts.items()
        }
        names = ("normal", "R on T", "premature ventricular", "supraventricular", "unclassified")
        return Data(self.name, **splits, domain=REAL, label_names=names, offset=offset, scale=scale)

    def sample(self) -> Data:
        return DailyPattern(12).load()


def manifest() -> dict[str, str]:
    """The sha256 of every published file of series.

    Returns:
        Hashes by the files' paths below the cache's folder of data sets.
    """
    return read_manifest(MANIFEST)
