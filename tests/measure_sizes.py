"""Memory and time of trainings against the size of their data, one factor at a time.

    python tests/measure_sizes.py FOLDER          # all rows, about half an hour on two quiet cores
    python tests/measure_sizes.py FOLDER stream   # 200,000 PNGs of 64 x 64 from disk beside memory

Each row is a process of its own, so that its memory is its own. The data are written into FOLDER and stay.
"""

import json
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

ROWS = {
    "sides": [{"side": side} for side in (28, 64, 128, 256, 512)],
    "examples": [{"count": count} for count in (1_000, 10_000, 100_000, 1_000_000)],
    "codes": [{"count": 10_000, "code": code} for code in (2, 16, 128, 1024, 4096)],
    "stream": [{"count": 200_000, "side": 64, "files": True, "stream": stream} for stream in (True, False)]
    * 3,
}
USUAL = {"count": 1_000, "side": 28, "code": 32, "files": False, "stream": None}
EPOCHS = 3


def memory(what):
    """MiB of this process: RssAnon is its own, RssFile what the system may take back."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{what}:\s+(\d+)", status)[1]) // 1024


class Peak:
    """The most memory since it was made."""

    def __init__(self):
        self.anon = self.file = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        while True:
            self.anon, self.file = max(self.anon, memory("RssAnon")), max(self.file, memory("RssFile"))
            time.sleep(0.05)


def pixels_of(count, side, seed):
    """(count, side, side) uint8, a bright spot each."""
    random = np.random.default_rng(seed)
    rows = np.arange(side, dtype=np.float32) / side
    centers, widths = random.uniform(0.1, 0.9, (2, count, 1)), random.uniform(0.05, 0.3, (count, 1))
    down, across = (np.exp(-(((rows - center) / widths) ** 2)) for center in centers)
    return (255 * down[:, :, None] * across[:, None, :]).astype(np.uint8)


def array_file(folder, count, side):
    """An .npy of images."""
    path = folder / f"{count}_{side}.npy"
    if not path.exists():
        whole = np.lib.format.open_memmap(path, "w+", np.uint8, (count, side, side))
        for start in range(0, count, 1000):
            whole[start : start + 1000] = pixels_of(min(1000, count - start), side, start)
        whole.flush()
    return path


def image_folder(folder, count, side):
    """A folder of PNGs in color."""
    from PIL import Image

    path = folder / f"{count}_{side}"
    if not (path / "complete").exists():
        for start in range(0, count, 1000):
            (path / str(start // 20_000)).mkdir(parents=True, exist_ok=True)
            gray = pixels_of(1000, side, start)
            for number, image in enumerate(np.stack([gray, gray[::-1], np.roll(gray, 9, 0)], axis=-1)):
                file = path / str(start // 20_000) / f"{start + number:07d}.png"
                Image.fromarray(image).save(file, compress_level=1)
        (path / "complete").touch()
    return path


def measure(folder, count, side, code, files, stream):
    """Trains and evaluates, and prints one row as JSON."""
    from keras_ae.backbones.dense import DenseBackbone
    from keras_ae.data.arrays import ArrayFile
    from keras_ae.data.images.folder import ImageFolder
    from keras_ae.recipe import Recipe
    from keras_ae.runs.evaluation import evaluate
    from keras_ae.tasks.reconstruction import Reconstruction
    from keras_ae.training.train import train
    from keras_ae.variants.undercomplete import Undercomplete

    kind, path = (ImageFolder, image_folder) if files else (ArrayFile, array_file)
    data = kind(str(path(folder, count, side)), stream=stream)
    variant = Undercomplete(DenseBackbone((128,)), latent_dim=code)
    recipe = Recipe(data, variant, Reconstruction(), epochs=EPOCHS, batch_size=128)
    import tensorflow  # noqa: F401, of which the memory counts as no data's

    empty, begun, peak = memory("RssAnon"), time.time(), Peak()
    run = train(recipe, folder / "runs" / str(time.time_ns()), report=lambda _: None, verbose=0)
    trained, own = time.time(), peak.anon
    evaluate(run)
    seconds = [epoch["seconds"] for epoch in run.history]
    row = {
        "before the first epoch": trained - begun - sum(seconds),
        "examples a second": len(run.data.train) / float(np.median(seconds[1:])),
        "evaluation": time.time() - trained,
        "all": time.time() - begun,
        "libraries MiB": empty,
        "training MiB": own,
        "with evaluation MiB": peak.anon,
        "mapped MiB": peak.file,
    }
    print(json.dumps(row))


def main():
    """Prints a table in Markdown, row by row."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    print(f"load {Path('/proc/loadavg').read_text().split()[0]}, {EPOCHS} epochs of 128 examples a step")
    header = False
    for part in sys.argv[2:] or ROWS:
        for given in ROWS[part]:
            settings = USUAL | given
            asked = [sys.executable, __file__, "--row", str(folder), json.dumps(settings)]
            done = subprocess.run(asked, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(done.stderr[-2000:])
            row = json.loads(done.stdout.splitlines()[-1])
            if not header:
                print("| " + " | ".join([*settings, *row]) + " |\n" + "|---" * len(settings | row) + "|")
                header = True
            print(
                "| "
                + " | ".join([*map(str, settings.values()), *(f"{v:,.1f}" for v in row.values())])
                + " |",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1] == "--row":
        measure(Path(sys.argv[2]), **json.loads(sys.argv[3]))
    else:
        main()
