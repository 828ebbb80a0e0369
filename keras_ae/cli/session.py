"""What the verbs that generate have in common: a run, where files go, and examples by their names."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from keras_ae import recipe_files
from keras_ae.cli.arguments import finished, recipe_of_run
from keras_ae.errors import InputError

MOST_DRAWN = 400
"""Examples that a sheet shows at most."""

MADE = ".made"
"""A hidden file with the names of those that a verb wrote, which FORCE=1 may replace."""


class Asked:
    """A run that a verb works with, where its files go, and, once wanted, the data that it learned from."""

    def __init__(self, options):
        name = recipe_files.recipe_file(options.recipe).stem
        self.folder = options.output or Path(options.folder, name)
        self.directory = finished(options)
        from keras_ae.apps.generation.generator import Generator

        self.generator = Generator.of(self.directory)
        self.label = None if options.label is None else self.generator.label_of(options.label)
        self.options, self._data = options, None
        self._names = ["sheet"]

    def check_free(self):
        """Raises InputError for a folder with files that nobody said to replace."""
        if any(part.is_file() for part in (self.folder, *self.folder.parents)):
            raise InputError(
                f"expected a folder to write to, received {self.folder}, which is, or is in, a file"
            )
        taken = self.folder.is_dir() and any(self.folder.glob("*"))
        if taken and not self.options.force:
            raise InputError(
                f"{self.folder} holds files already; name another folder, OUTPUT= (--output), or replace "
                "what was made there before, FORCE=1 (--force)"
            )

    def data(self):
        """What the run learned from."""
        if self._data is None:
            from keras_ae.runs.run import load_data

            recipe = recipe_of_run(self.options, self.directory)
            self._data = load_data(recipe).rescaled(self.generator.scaler)
        return self._data

    def given(self, text, of_one_window=False):
        """The example that a text names, under a name that no other has; a cut is told."""
        from keras_ae.apps.generation.inputs import given

        one = given(text, self.generator, self.data, self.label)
        shape, axis = self.generator.element_shape, self.generator.format.axis
        if of_one_window and axis is not None and one.example.shape[axis] > shape[axis]:
            print(f"of {text} the first {shape[axis]} of {one.example.shape[axis]} steps are taken")
        name, number = one.name, 1
        while name in self._names:
            number += 1
            name = f"{one.name}_{number}"
        self._names.append(name)
        return dataclasses.replace(one, name=name)

    def examples(self, split):
        """Those of a split, as people have them."""
        from keras_ae.data.types import in_original_units

        return in_original_units(getattr(self.data(), split), self.generator.scaler)

    def codes(self, split, most=5000):
        """Codes of a split, of so many examples at most."""
        from keras_ae.data.types import in_original_units

        few = getattr(self.data(), split).thin(most)
        return self.generator.encoded(in_original_units(few, self.generator.scaler), few.labels)

    def attributed(self, name):
        """Which training examples have an attribute, and their codes."""
        from keras_ae.apps.generation.walks import which_have
        from keras_ae.data.types import in_original_units

        few = self.data().train.thin(5000)
        examples = in_original_units(few, self.generator.scaler)
        has = which_have(name, examples, few.labels, self.data(), self.generator.format)
        return has, self.generator.encoded(examples, few.labels)

    def write(self, named, columns=None, places=None, arrays=None):
        """Files of each example by its name, and a sheet of them, in their order or by names in places.

        arrays: by name, of each further .npz file by its own.
        """
        import numpy as np

        from keras_ae.imaging.contact_sheet import contact_sheet
        from keras_ae.imaging.grid import save

        self.check_free()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._clear()
        format, written = self.generator.format, [self.folder / "sheet.png"]
        for name, example in named.items():
            written += format.write(example, self.folder / name)
        shown = (places or [*named])[:MOST_DRAWN]
        sheet = contact_sheet([format.render(named[name]) if name else None for name in shown], columns)
        save(sheet, self.folder / "sheet.png")
        for file, held in (arrays or {}).items():
            written.append(self.folder / file)
            np.savez(written[-1], **held)
        (self.folder / MADE).write_text("\n".join(path.name for path in written), encoding="utf-8")
        print(f"{len(named)} example{'s' * (len(named) > 1)} and sheet.png in {self.folder}")

    def _clear(self):
        """Takes away what a verb wrote here before, and no other file."""
        before = self.folder / MADE
        names = before.read_text(encoding="utf-8").splitlines() if before.is_file() else []
        for name in names:
            if Path(name).name == name:
                (self.folder / name).unlink(missing_ok=True)
