"""Run folders that state no format: what they call otherwise, in today's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["HEADS", "PREPROCESSOR_FILE", "data_facts", "head_examples", "head_facts", "settings"]

PREPROCESSOR_FILE = "intake.keras"
"""The former name of `preprocessor.keras`."""

HEADS = {"restorer": True, "detector": False}
"""The further heads that there were, and whether they take images of any size."""

KINDS = {"Pictures": "Images"}
"""The names of formats that were renamed."""

CLASSES = {
    "DisentangledPrior": "DIPVAE",
    "Factor": "FactorVAE",
    "Info": "InfoVAE",
    "TotalCorrelation": "BetaTCVAE",
    "Vamp": "VampPrior",
    "MadeLevels": "GeneratedLevels",
    "OwnPrior": "LearnedPrior",
}
"""The classes of recipes that were renamed."""

FIELDS = {
    "": {"warmup": "lr_warmup_steps", "least_steps": "min_steps_per_epoch", "keep": "checkpoint"},
    "Variational": {"warmup": "kl_warmup"},
    "Autoregressive": {
        "guess": "auxiliary_weight",
        "warmup": "kl_warmup",
        "memory": "context",
        "width": "units",
        "held": "hold_class",
        "rate": "dropout",
        "spread": "noise_scale",
    },
    "Generation": {"draws": "importance_samples"},
    "Contractive": {"weight": "lambda_"},
    "Wasserstein": {"weight": "lambda_"},
    "DisentangledPrior": {"off_diagonal": "lambda_od", "diagonal": "lambda_d"},
    "Info": {"scale": "lambda_"},
    "Masked": {"whole": "unmasked_fraction"},
    "PatchBackbone": {"patch": "patch_size"},
    "Regularized": {"code_weight": "beta", "l2": "lambda_l2", "gradient": "lambda_gp"},
    "Stacked": {"pretraining": "pretraining_epochs", "masking": "masking_fraction"},
    "Vamp": {"components": "num_pseudo_inputs"},
    "VectorQuantized": {
        "codes": "num_embeddings",
        "width": "embedding_dim",
        "commitment": "commitment_cost",
        "memory": "prior_context",
        "prior_width": "prior_units",
    },
    "NearestCodes": {"neighbours": "neighbors", "kept": "max_codes"},
}
"""The fields of recipes that were renamed, by the class that had them; "" is the recipe itself."""


def data_facts(facts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of `data.npz` by today's names.

    Args:
        facts: The arrays of a folder without a format.

    Returns:
        The same arrays; an example's format has its present name.
    """
    renamed = dict(facts)
    if "medium" in renamed:
        described = json.loads(str(renamed.pop("medium")))
        described["kind"] = KINDS.get(described["kind"], described["kind"])
        renamed["example_format"] = np.array(json.dumps(described))
    return renamed


def head_facts(directory: Path, name: str) -> dict[str, Any]:
    """What a folder's card says about a further head.

    Args:
        directory: The run's folder.
        name: The head's name.

    Returns:
        The facts; nothing where there is no card, or it does not mention the head.
    """
    card = directory / "card.json"
    return json.loads(card.read_text(encoding="utf-8")).get(name, {}) if card.exists() else {}


def head_examples(facts: Mapping[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    """The examples that a further head is compared on.

    Args:
        facts: The arrays of `data.npz`.
        name: The head's name.

    Returns:
        Arrays by the names of the head's inputs.
    """
    prefix = f"{name}_"
    return {key.removeprefix(prefix): value for key, value in facts.items() if key.startswith(prefix)}


def settings(before: Mapping[str, str]) -> dict[str, str]:
    """A recipe's settings by today's names of its classes and fields.

    Args:
        before: The settings of a folder without a format.

    Returns:
        The same settings.
    """
    renamed = {}
    for path, value in before.items():
        new, owner = [], ""
        for field in path.split("."):
            new.append(FIELDS.get(before.get(owner, ""), {}).get(field, field))
            owner = f"{owner}.{field}".lstrip(".")
        renamed[".".join(new)] = CLASSES.get(value, value)
    return renamed
