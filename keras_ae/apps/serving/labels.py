"""Labels of exported versions, moved for several heads of a model at once."""

from __future__ import annotations

from pathlib import Path

from keras_ae.serving import config_files, versions

__all__ = ["head_folders", "roll_back", "set_label"]


def head_folders(models: Path, name: str, head: str | None = None) -> list[Path]:
    """The folders of a model's exported heads.

    Args:
        models: The folder of all exported models.
        name: The model's name.
        head: The name of one head; None stands for all.

    Returns:
        The folders.

    Raises:
        InputError: The model has no exported head, or not that one.
    """
    folders = [path for path in versions.head_folders(models) if path.parent.name == name]
    if head or not folders:
        return [versions.find_version(models, name, head or "encoder").parent]
    return folders


def roll_back(
    models: Path, name: str, head: str | None = None, version: int | None = None
) -> dict[Path, int]:
    """Moves the label `stable` of a model's heads to an earlier version; of all heads or of none.

    Args:
        models: The folder of all exported models.
        name: The model's name.
        head: The name of one head; None stands for all.
        version: The version; None stands for the one before that which the label is on.

    Returns:
        The version that is stable now, by the head's folder.

    Raises:
        InputError: A head has no such version.
    """
    with versions.locked(models):
        # every head's before any is moved, so that all move or none
        targets = {folder: _version(folder, version) for folder in head_folders(models, name, head)}
        for folder, target in targets.items():
            versions.rollback(folder, target)
        config_files.write_files(models)
    return targets


def set_label(
    models: Path, name: str, head: str | None, label: str, version: int | None
) -> dict[Path, dict[str, int]]:
    """Puts a label on a version of a model's heads, or takes it off; of all heads or of none.

    Args:
        models: The folder of all exported models.
        name: The model's name.
        head: The name of one head; None stands for all.
        label: A word, such as canary.
        version: The version; None takes the label off.

    Returns:
        All labels of each head, by the head's folder.

    Raises:
        InputError: A head has no such version, or the label is no word.
    """
    with versions.locked(models):
        folders = head_folders(models, name, head)
        for folder in folders if version is not None else ():
            _version(folder, version)  # every head's before any is moved
        for folder in folders:
            versions.set_label(folder, label, version)
        config_files.write_files(models)
        return {folder: versions.labels(folder) for folder in folders}


def _version(folder, version):
    """A version that there is: the one of that number, or the one before the stable one."""
    if version is None:
        return versions.previous_version(folder)
    return int(versions.find_version(folder.parents[1], folder.parent.name, folder.name, version).name)
