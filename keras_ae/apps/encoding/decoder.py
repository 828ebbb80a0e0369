"""The exported decoder that belongs to an encoder, and the fingerprint that tells it from others."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from keras_ae.codec.codes_file import CodesFile
from keras_ae.errors import InputError
from keras_ae.serving.card_signatures import signatures, version_card
from keras_ae.serving.exported import DEFAULT_SIGNATURE, ExportedHead, Signature
from keras_ae.serving.versions import find_exported, head_folders, labels, versions

__all__ = ["Decoder", "fingerprint"]

DECODER = "decoder"
"""The name of the head that decodes."""

BATCH = 256
"""Codes that are decoded at a time."""

OWN = {"head", "signatures", "weights_sha256"}
"""What the cards of the heads of one run differ in."""


def fingerprint(folder: Path) -> bytes:
    """What tells an exported head from all others: a hash of its weights and its signature.

    Args:
        folder: The version's folder.

    Returns:
        32 bytes.

    Raises:
        InputError: Its card does not have them.
    """
    card, signature = version_card(folder), signatures(folder).get(DEFAULT_SIGNATURE)
    if signature is None or not card.get("weights_sha256"):
        raise InputError(f"{folder} has no card that describes its weights; export it again")
    text = json.dumps([card["weights_sha256"], signature], sort_keys=True)
    return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True, eq=False)
class Decoder:
    """An exported decoder.

    Attributes:
        folder: The version's folder.
    """

    folder: Path

    @classmethod
    def beside(cls, encoder: Path) -> Decoder | None:
        """The decoder that was exported with an encoder.

        Args:
            encoder: The folder of the encoder's version.

        Returns:
            The decoder; None where the model has none, as with skip connections.
        """
        folder = encoder.parent.parent / DECODER / encoder.name
        if not folder.is_dir():
            return None
        cards = [version_card(one) for one in (encoder, folder)]
        same = [{name: value for name, value in card.items() if name not in OWN} for card in cards]
        return cls(folder) if same[0] == same[1] else None

    @classmethod
    def of_codes(cls, codes: CodesFile, models: Path, name: str | None = None) -> Decoder:
        """The decoder that a file of codes was written for.

        Args:
            codes: The file.
            models: The folder of all exported models.
            name: The model's name, or its recipe's; None for the one that the file names, or else any that
                has the fingerprint.

        Returns:
            The decoder of the version that has the file's fingerprint.

        Raises:
            InputError: There is no such version.
        """
        if name is not None:
            names = [find_exported(models, name)]
        else:
            others = {folder.parent.name for folder in head_folders(models)} - {codes.model}
            names = [codes.model, *sorted(others)]
        heads = [head for one in names if (head := models / one / DECODER).is_dir()]
        for version in (head / str(number) for head in heads for number in _by_age(head)):
            if signatures(version) and fingerprint(version) == codes.fingerprint:
                return cls(version)
        if name is None:
            tried = f"no exported decoder below {models} has"
        else:
            numbers = [str(number) for head in heads for number in _by_age(head)]
            tried = f"no version of {names[0]}'s decoder ({', '.join(numbers) or 'none exported'}) has"
        raise InputError(
            f"the codes were written with another model, {codes.model} of fingerprint "
            f"{codes.fingerprint.hex()[:12]}, and {tried} it; bring that export here, or write the codes "
            "alone with --codes"
        )

    @property
    def model(self) -> str:
        """The name of its model."""
        return self.folder.parent.parent.name

    @property
    def version(self) -> int:
        """The number of its version."""
        return int(self.folder.name)

    @property
    def size(self) -> int:
        """The bytes that it takes on disk."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    @property
    def takes_labels(self) -> bool:
        """Whether it takes the class of each example too."""
        return "condition" in signatures(self.folder)[DEFAULT_SIGNATURE]["inputs"]

    @cached_property
    def _signature(self) -> Signature:
        return ExportedHead(self.folder).signature()

    def decode(self, codes: np.ndarray, labels: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Decodes codes.

        Args:
            codes: (n, *shape).
            labels: (n,), the class of each, for a decoder that takes it.

        Returns:
            The outputs by name.
        """
        inputs = {"code": codes} | ({} if labels is None else {"condition": labels})
        return self._signature.predict(inputs, BATCH)


def _by_age(folder: Path) -> list[int]:
    """The versions of a head, the stable one first, then from the newest on."""
    stable = labels(folder).get("stable", -1)
    return sorted(versions(folder), key=lambda number: (number != stable, -number))
