"""The competitors, each file some of them; a file is found by listing this folder."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field

from keras_ae.experiments.speed.clock import Clock
from keras_ae.experiments.speed.work import Work

__all__ = ["Peer", "find_peers"]


@dataclass(frozen=True)
class Peer:
    """Base class of competitors. Its file says in `PEERS` which there are.

    Attributes:
        name: Its name in options.
        title: Its name in the table.
        needs: Modules that have to be installed.
        environment: Variables of its process.
    """

    name: str
    title: str
    needs: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def missing(self) -> list[str]:
        """Gives the modules that are not installed.

        Returns:
            Their names.
        """
        return [name for name in self.needs if importlib.util.find_spec(name) is None]

    def train(self, work: Work, clock: Clock) -> None:
        """Trains in the present process.

        Args:
            work: What to train.
            clock: Is told of imports, steps and epochs.
        """
        raise NotImplementedError


def find_peers() -> dict[str, Peer]:
    """The competitors by name, in the order of the files and of their `PEERS`.

    Returns:
        One of each, whether or not what it needs is installed.
    """
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    modules.sort(key=lambda module: module.ORDER)
    return {peer.name: peer for module in modules for peer in module.PEERS}
