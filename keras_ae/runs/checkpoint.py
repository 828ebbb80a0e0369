"""What a checkpoint's folder holds: the epochs done, the files of their weights, the history."""

from __future__ import annotations

import json
from pathlib import Path


def completed_epochs(folder: Path) -> int:
    """Whole epochs that a checkpoint's folder and those of the stages inside it keep, all together."""
    return sum(read_state(file.parent)["epochs"] for file in Path(folder).rglob("state.json"))


def read_state(folder: Path) -> dict:
    """What a Checkpoint left in a folder: epochs done, files of the last and the best, history."""
    try:
        return json.loads((Path(folder) / "state.json").read_text())
    except FileNotFoundError:
        return {"epochs": 0, "last": None, "best": None, "history": []}
