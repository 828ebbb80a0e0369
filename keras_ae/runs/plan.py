"""The plan of a training: how many epochs of how many steps, from the recipe and the amount of data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from keras_ae.errors import InputError
from keras_ae.files import replace_text
from keras_ae.recipe import Recipe
from keras_ae.runs.checkpoint import best_epoch

__all__ = ["PLAN_FILE", "Plan", "continued", "plan_for", "read_plan", "save_plan"]

PLAN_FILE = "plan.json"
"""The name of the plan's file in a run's folder."""

PATIENCE = 4
"""A run of little data stops after an epoch in so many without an improvement."""


@dataclass(frozen=True)
class Plan:
    """How long a recipe is trained on its data.

    Attributes:
        examples: Training examples.
        epochs: Epochs, at most those if there is a patience.
        steps_per_epoch: Steps of the optimizer in an epoch.
        passes_per_epoch: How often an epoch passes over the examples.
        patience: Epochs after the best one after which training stops; None to train all epochs.
        reason: The field of the recipe that the number of steps follows from, with its value.
    """

    examples: int
    epochs: int
    steps_per_epoch: int
    passes_per_epoch: int
    patience: int | None
    reason: str

    @property
    def steps(self) -> int:
        """Steps of the optimizer in all epochs."""
        return self.epochs * self.steps_per_epoch

    def stops_after(self, history: Sequence[dict[str, float]]) -> bool:
        """Whether nothing is left to train.

        Args:
            history: The logs of the epochs so far.

        Returns:
            True after the last epoch, or after `patience` epochs without an improvement.
        """
        if self.patience is None or not history:
            return len(history) >= self.epochs
        return len(history) >= min(self.epochs, best_epoch(history) + self.patience)

    def __str__(self) -> str:
        epochs, steps = (
            f"{count} {noun}{'s' * (count != 1)}"
            for count, noun in ((self.epochs, "epoch"), (self.steps_per_epoch, "step"))
        )
        text = f"{self.examples:,} examples: {epochs} of {steps}"
        if self.passes_per_epoch > 1:
            text += f", {self.passes_per_epoch} passes over the data each"
        if self.patience is not None:
            epochs = "1 epoch" if self.patience == 1 else f"{self.patience} epochs"
            text += f", stopping {epochs} after the best one"
        return text


def plan_for(recipe: Recipe, examples: int) -> Plan:
    """The plan of a recipe for so many training examples.

    Args:
        recipe: The recipe.
        examples: Training examples, at least 1.

    Returns:
        Exactly `recipe.epochs`, if given. Otherwise `recipe.default_epochs`, which pass over little data as
        often as `recipe.min_steps` takes; with patience, if the best epoch is to be found on the validation
        split.
    """
    steps = examples // min(recipe.batch_size, examples)
    passes = max(1, -(-recipe.min_steps_per_epoch // steps))
    if recipe.epochs is not None:
        return Plan(examples, recipe.epochs, passes * steps, passes, None, f"epochs={recipe.epochs}")
    epochs, patience = recipe.default_epochs, None
    reason = f"default_epochs={epochs}"
    enough = -(-recipe.min_steps // (epochs * steps))
    if enough > passes:
        passes, reason = enough, f"min_steps={recipe.min_steps}"
        patience = -(-epochs // PATIENCE) if recipe.checkpoint == "best" else None
    elif _most_epochs(recipe, passes * steps) < epochs:
        epochs, reason = _most_epochs(recipe, passes * steps), f"max_steps={recipe.max_steps}"
    return Plan(examples, epochs, passes * steps, passes, patience, reason)


def _most_epochs(recipe, steps_per_epoch):
    """The epochs of a recipe that names none, as far as `max_steps` allows them."""
    allowed = recipe.max_steps // steps_per_epoch if recipe.max_steps else recipe.default_epochs
    return max(1, min(recipe.default_epochs, allowed))


def continued(plan: Plan, recipe: Recipe) -> Plan:
    """The plan of a run that is resumed: its epochs are as long as they were.

    Args:
        plan: The plan that the run was begun with.
        recipe: The recipe to resume it with, which may have other epochs.

    Returns:
        The plan.
    """
    if recipe.epochs is None:
        return replace(plan, epochs=_most_epochs(recipe, plan.steps_per_epoch))
    return replace(plan, epochs=recipe.epochs, patience=None, reason=f"epochs={recipe.epochs}")


def save_plan(plan: Plan, directory: Path) -> None:
    """Writes a plan into a run's folder.

    Args:
        plan: The plan.
        directory: The run's folder.
    """
    replace_text(directory / PLAN_FILE, json.dumps(asdict(plan), indent=1) + "\n")


def read_plan(directory: Path) -> Plan | None:
    """The plan in a run's folder.

    Args:
        directory: The run's folder.

    Returns:
        The plan; None if there is none, as in a run of an earlier version.

    Raises:
        InputError: If the file cannot be read.
    """
    file = directory / PLAN_FILE
    if not file.exists():
        return None
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return Plan(**content)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{file} cannot be read ({error}); train again") from error
