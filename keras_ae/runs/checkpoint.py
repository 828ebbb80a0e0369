"""The state in a checkpoint's folder: completed epochs, the files of their weights, the history."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_ae.heads import SELECTION

__all__ = ["best_epoch", "completed_epochs", "read_state", "selection"]


def selection(epoch: Mapping[str, float]) -> float:
    """What an epoch is selected by, the lower the better.

    Args:
        epoch: The logs of an epoch.

    Returns:
        Its "val_selection"; or else its "val_loss", where they are the same. Versions before 0.3 called that
        "val_loss" in all runs.
    """
    return epoch.get(f"val_{SELECTION}", epoch["val_loss"])


def best_epoch(history: Sequence[Mapping[str, float]]) -> int:
    """The epoch with the lowest `selection`.

    Args:
        history: The logs of each epoch, of one or more.

    Returns:
        Its number, from 1.
    """
    return 1 + min(range(len(history)), key=lambda index: selection(history[index]))


def completed_epochs(folder: Path) -> int:
    """Completed epochs of a training and of its stages, all together.

    Args:
        folder: The checkpoint's folder.

    Returns:
        The number of epochs.
    """
    return sum(read_state(file.parent)["epochs"] for file in Path(folder).rglob("state.json"))


def read_state(folder: Path) -> dict[str, Any]:
    """The state that the `Checkpoint` callback wrote.

    Args:
        folder: The checkpoint's folder.

    Returns:
        {"epochs": completed ones, "last" and "best": weight files or None, "history": logs of each epoch}.
    """
    try:
        return json.loads((Path(folder) / "state.json").read_text())
    except FileNotFoundError:
        return {"epochs": 0, "last": None, "best": None, "history": []}
