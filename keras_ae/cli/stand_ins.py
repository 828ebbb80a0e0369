"""Stand-ins for TensorFlow and Keras, so that a recipe is read without their import, which takes seconds.

Classes of this package inherit from those of Keras, and nothing of a recipe's fields comes from there. What
does, in a user's recipe, is found by asking: the recipe is then read with TensorFlow.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, NoReturn, TypeVar

__all__ = ["without_tensorflow"]

T = TypeVar("T")

PACKAGES = ("keras", "tensorflow")
DECORATORS = ("do_not_convert", "function", "register_keras_serializable")
"""What leaves a class or a function as it is, as far as its fields are meant."""


def without_tensorflow(read: Callable[[], T]) -> T | None:
    """Calls a function while the two packages have stand-ins, and forgets what was imported meanwhile.

    Args:
        read: The function, which returns nothing that it has imported: texts, say.

    Returns:
        What it returned; None where it needs the packages themselves, fails, or they are imported already.
    """
    if any(name in sys.modules for name in PACKAGES):
        return None
    finder = _Finder()
    before = {name: set(vars(module)) for name, module in list(sys.modules.items()) if module is not None}
    sys.meta_path.insert(0, finder)
    try:
        result = read()
        return None if finder.asked else result
    except Exception:  # the true error comes from the packages themselves
        return None
    finally:
        sys.meta_path.remove(finder)
        _forget(before)


def _forget(before: dict[str, set[str]]) -> None:
    """Makes the import of this package, of recipes and of what else holds stand-ins as it was before."""
    for name, module in list(sys.modules.items()):
        is_own = name.partition(".")[0] in ("keras_ae", *PACKAGES)
        if name not in before:
            if is_own or name.startswith("recipe_") or any(map(_is_of_stand_ins, vars(module).values())):
                del sys.modules[name]
        elif is_own:  # modules below it, and what it imports when it is asked for
            for added in set(vars(module)) - before[name]:
                delattr(module, added)


def _is_of_stand_ins(value: Any) -> bool:
    """Whether a value of a user's module is a stand-in, or of this package, which was imported with them."""
    if isinstance(value, type | FunctionType):
        return isinstance(value, _StandIn) or str(value.__module__).startswith("keras_ae")
    return isinstance(value, _StandInModule)


class _Needed(Exception):
    """Says that a package itself is needed."""


class _StandIn(type):
    """The class of classes that stand for anything in a package: to inherit from, and to name."""

    finder: _Finder

    def __getattr__(cls, name: str) -> Any:
        return cls.finder.stand_in(name)

    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        if cls.__name__ not in DECORATORS:
            cls.finder.ask(cls.__name__)
        decorated = [each for each in arguments if callable(each)]
        return decorated[0] if decorated else lambda each: each

    def __repr__(cls) -> str:
        if cls.__bases__ != (object,):  # a class of ours or of a user's, which inherits from one
            return super().__repr__()
        return cls.finder.ask(cls.__name__)


class _StandInModule(ModuleType):
    """A module that has whatever is looked for in it."""

    finder: _Finder

    def __getattr__(self, name: str) -> Any:
        return self.finder.stand_in(name)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds stand-ins for all modules of the packages.

    Attributes:
        asked: Whether something was asked for that only a package itself can answer.
    """

    def __init__(self) -> None:
        self.asked = False

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname.partition(".")[0] not in PACKAGES:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: Any) -> ModuleType:
        module = _StandInModule(spec.name)
        module.finder = self
        return module

    def exec_module(self, module: ModuleType) -> None:
        pass

    def stand_in(self, name: str) -> Any:
        """A class of a name."""
        if name == "__version__":
            self.ask(name)
        if name.startswith("__"):
            raise AttributeError(name)
        return _StandIn(name, (), {"finder": self})

    def ask(self, name: str) -> NoReturn:
        """Notes that a package itself is needed, even if the error is caught."""
        self.asked = True
        raise _Needed(name)
