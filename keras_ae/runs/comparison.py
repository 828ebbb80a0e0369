"""Whether a model beats the baselines of its task, in one sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keras_ae.metrics.titles import HIGHER, title_of
from keras_ae.runs.evaluation import STAGED_ROW
from keras_ae.runs.plan import read_plan
from keras_ae.runs.run import Run
from keras_ae.tasks.generation import REAL_ROW

__all__ = ["Comparison", "advice", "beaten_by"]


@dataclass(frozen=True)
class Comparison:
    """A baseline that a model does not beat.

    Attributes:
        baseline: The baseline's row in the table.
        metric: The metric that they are compared by.
        value: The metric of the baseline.
        own: The metric of the model.
    """

    baseline: str
    metric: str
    value: float
    own: float

    def __str__(self) -> str:
        title = title_of(self.metric)
        better = "higher" if title.better == HIGHER else "lower"
        how = "as good as" if self.value == self.own else "better than"
        values = f"{self.value:.4g} beside {self.own:.4g} {title.symbol}".rstrip()
        return (
            f"the baseline {self.baseline!r} is {how} this model: {title.name} {values} ({better} is better)"
        )


def beaten_by(
    table: Mapping[str, Mapping[str, float]],
    model: str,
    compared: Sequence[str] | None = None,
    oracles: Sequence[str] = (),
) -> Comparison | None:
    """Compares a model with the best baseline by one metric.

    Args:
        table: Test metrics by row and name, as `evaluate` returns them.
        model: The model's row.
        compared: The metrics to compare by, the first that there is counts; None for those of the model in
            their order.
        oracles: Rows that are no baselines, as they know the answer or are another answer of the model.

    Returns:
        The best baseline, if the model does not beat it; None if it does, or no baseline has such a metric.
    """
    passed_over = (model, *NO_BASELINES, *oracles)
    own, others = table[model], {row: of for row, of in table.items() if row not in passed_over}
    for metric in own if compared is None else compared:
        better = title_of(metric).better
        values = {row: of.get(metric, math.nan) for row, of in others.items()}
        values = {row: value for row, value in values.items() if math.isfinite(value)}
        if better and values and math.isfinite(own.get(metric, math.nan)):
            sign = 1 if better == HIGHER else -1
            best = max(values, key=lambda row: sign * values[row])
            beaten = sign * own[metric] > sign * values[best]
            return None if beaten else Comparison(best, metric, values[best], own[metric])
    return None


NO_BASELINES = (STAGED_ROW, REAL_ROW)
"""Rows of a table that are of the model itself, or of real examples."""


def advice(run: Run) -> str:
    """What may help a model that does not beat a baseline.

    Args:
        run: Its run.

    Returns:
        A part of a sentence.
    """
    if run.recipe.task.remedy:
        return run.recipe.task.remedy
    plan, epochs = read_plan(run.directory), len(run.history)
    if plan is not None and epochs < plan.epochs:
        return "it had stopped improving, so take a larger network, another variant or more data"
    return f'train longer, SET="epochs={2 * max(epochs, 1)}", or take a larger network or more data'
