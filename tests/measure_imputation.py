"""Imputation beside scikit-learn's on tables that packages ship: the table of recipes/README.md.

    python tests/measure_imputation.py                                  all tables, ten splits
    python tests/measure_imputation.py --tables wine,diabetes --splits 2

Of each table 10, 30 and 50 % of all values are hidden at random, in training and in test rows alike. Two
repeats of five folds make ten splits: fitted on training rows with holes, test rows with holes are filled in,
and the errors of hidden test values, in standard deviations of the column in the training rows, are pooled.
The imputers of scikit-learn are fitted on the validation rows too, which they need not hold back.
"""

import argparse
import dataclasses
import importlib
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from keras_ae.data.tables.frames import Frame
from keras_ae.data.tables.whole_rows import WholeRows
from keras_ae.data.tensors import values
from keras_ae.heads import batched
from keras_ae.recipe import load, override
from keras_ae.tasks.imputation_metrics import BASELINES, RATES, TableMatrix
from keras_ae.training.train import train

OF_SCIKIT_LEARN = ("wine", "breast_cancer", "diabetes", "digits")
OF_STATSMODELS = ("fair", "randhie")


def table_called(name):
    """(n, d) float64, the columns of a table that vary, or None where its package is not installed."""
    if name in OF_SCIKIT_LEARN:
        datasets = importlib.import_module("sklearn.datasets")
        matrix = getattr(datasets, f"load_{name}")().data
    else:
        try:
            datasets = importlib.import_module("statsmodels.datasets")
        except ImportError:
            return None
        matrix = importlib.import_module(f"{datasets.__name__}.{name}").load_pandas().data.to_numpy(float)
    varies = (matrix != np.median(matrix, axis=0)).mean(axis=0) > 0.02
    return np.asarray(matrix, np.float64)[:, varies]


def fold_of(count, split):
    """Indices of the training rows and of the test rows of a split."""
    order = np.random.default_rng(split // 5).permutation(count)
    test = order[split % 5 :: 5]
    return np.setdiff1d(order, test), test


def filled(matrix, rate, split, settings):
    """Squared errors of hidden test values by imputer, whether intervals hold them, and seconds of ours."""
    columns = [f"c{number}" for number in range(matrix.shape[1])]
    hidden = np.random.default_rng(1000 + split).random(matrix.shape) < rate
    holes = pd.DataFrame(np.where(hidden, np.nan, matrix), columns=columns)
    learned, test = fold_of(len(matrix), split)
    data = WholeRows(Frame(holes.iloc[learned], test=holes.iloc[test]), transform="spread", few=0)
    recipe = override(dataclasses.replace(load("imputation"), data=data), settings)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = train(recipe, Path(folder, "run"), report=lambda _: None)
    imputer = recipe.task.imputer(run.heads, run.data)
    seconds = time.perf_counter() - start
    numbers, held = TableMatrix(run.data), matrix[test]
    rows = np.asarray(values(run.data.test.examples))
    found = batched(imputer, {"inputs": rows})
    truth, gone = (held - numbers.mean) / numbers.spread, hidden[test]
    known = np.concatenate([numbers.train, numbers(np.asarray(values(run.data.validation.examples)))])
    every = {name: fill(known, numbers(rows)) for name, fill in BASELINES.items()}
    every["this"] = numbers(found["reconstruction"])
    errors = {name: np.square(each - truth)[gone] for name, each in every.items()}
    room = 1e-6 * np.abs(held)
    inside = ((found["lower"] - room <= held) & (held <= found["upper"] + room))[gone]
    return errors, inside, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", default=",".join((*OF_SCIKIT_LEARN, *OF_STATSMODELS)))
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--rates", default=",".join(map(str, RATES)))
    parser.add_argument("--set", default="", help="fields of the recipe, separated by blanks")
    options = parser.parse_args()
    print(
        "table          size     rate "
        + "".join(f"{name:>16}" for name in (*BASELINES, "this", "inside", "s"))
    )
    for name in options.tables.split(","):
        matrix = table_called(name)
        if matrix is None:
            print(f"{name}: statsmodels is not installed", file=sys.stderr)
            continue
        for rate in map(float, options.rates.split(",")):
            runs = [filled(matrix, rate, split, options.set.split()) for split in range(options.splits)]
            rmse = [
                np.concatenate([errors[each] for errors, _, _ in runs]).mean() ** 0.5
                for each in (*BASELINES, "this")
            ]
            inside = np.concatenate([held for _, held, _ in runs]).mean()
            cells = [
                *(f"{each:.4f}" for each in rmse),
                f"{inside:.3f}",
                f"{np.mean([one[2] for one in runs]):.0f}",
            ]
            size = f"{matrix.shape[0]}x{matrix.shape[1]}"
            print(f"{name:<14} {size:<8} {rate:.0%}  " + "".join(f"{cell:>16}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
