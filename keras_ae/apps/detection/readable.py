"""Whether a file can be scored by a model that is still to be trained."""

from __future__ import annotations

from keras_ae.apps.detection.detector import settings_of
from keras_ae.data.series.standardized import starts_of_windows
from keras_ae.data.tables.tables import columns_of_file
from keras_ae.data.types import Data
from keras_ae.recipe import Recipe
from keras_ae.runs.series_facts import SeriesFacts

__all__ = ["check_readable"]


def check_readable(path: str, recipe: Recipe, data: Data) -> None:
    """Checks that a file has what a model of these data takes, before the model is trained.

    Args:
        path: A file of rows; for data that are no rows nothing is checked.
        recipe: The recipe.
        data: The data to learn from, as the recipe's task prepares them.

    Raises:
        InputError: The file lacks a column, holds words where training has numbers, or is a series at other
            steps or shorter than a window.
    """
    known, preprocessor, series = recipe.data.writing, data.preprocessor, SeriesFacts.of(data.points)
    if preprocessor is not None:
        columns_of_file(path, preprocessor.columns, preprocessor.words, known, preprocessor.written)
    elif series is not None:
        for name, each in series.read(path, settings_of(recipe), known).items():
            if not series.groups or name in series.groups:  # others get no scores
                starts_of_windows(each.values, data.train.shape[0])
