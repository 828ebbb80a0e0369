"""Measures what commands take above `import tensorflow, keras`, of this tree and of another one, in turn.

    .venv/bin/python .ci/startup.py --baseline ../other_tree

For each command the medians of seconds, of seconds of all cores, and of MiB of memory at the peak, above
those of the import alone in the same rounds, and their ratios to the other tree's. Load makes seconds longer;
those of the cores less so. `--memory` adds a training on `mnist`, which is downloaded unless it is cached.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
IMPORT = "import tensorflow, keras"
VERB = "import sys; from keras_ae.cli import main; sys.exit(main())"
TO_FIRST_STEP = """
import os, sys
from importlib.machinery import PathFinder

class Hook:
    def find_spec(self, name, path=None, target=None):
        if name != "keras.src.callbacks.callback_list":
            return None
        spec = PathFinder.find_spec(name, path)
        load = spec.loader.exec_module
        def exec_module(module):
            load(module)
            module.CallbackList.on_train_batch_end = lambda *arguments, **named: os._exit(0)
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Hook())
from keras_ae.cli import main
main()
sys.exit("no step was taken")
"""
DENSE = "variant=Variational(backbone=DenseBackbone(units=512),latent_dim=16) batch_size=128 epochs=2"


def measured(program: str, words: list[str], tree: Path, folder: Path) -> np.ndarray:
    """Seconds, seconds of all cores and MiB of memory of a process of its own."""
    begun = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(tree), "TF_CPP_MIN_LOG_LEVEL": "2"}
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words],
        cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    told = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{tree}: {' '.join(words)}: {told.decode()[-2000:]}")
    return np.array([time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024])


def write_rows(folder: Path) -> None:
    """Rows to learn from, and ten more."""
    random = np.random.default_rng(0)
    for name, count in (("rows", 2000), ("ten", 10)):
        first, second, third = random.normal(size=(3, count))
        columns = (first, first + 0.1 * second, third, second * third)
        table = np.transpose(columns)
        np.savetxt(folder / f"{name}.csv", table, "%.4f", ",", header="a,b,c,d", comments="")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--baseline", type=Path, metavar="TREE", help="another tree of keras_ae")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    trees = {"this": ROOT} | ({} if options.baseline is None else {"baseline": options.baseline.resolve()})
    with tempfile.TemporaryDirectory() as temporary:
        commands, taken = {}, {}
        for name, tree in trees.items():
            folder = Path(temporary) / name
            folder.mkdir()
            write_rows(folder)
            training = ["train", "table_anomaly", "--data", "rows.csv", "--set", "epochs=2"]
            measured(VERB, training, tree, folder)
            (model,) = [path.name for path in (folder / "runs").iterdir() if path.name.startswith("table")]
            commands[name] = {
                "train denoising, to the first step": (TO_FIRST_STEP, ["train", "denoising"]),
                "predict ten rows": (VERB, ["predict", model, "ten.csv", "--head", "detector"]),
                "detect in ten rows": (VERB, ["detect", model, "ten.csv", "--trained", "--force"]),
            }
            if options.memory:
                words = ["train", "digits", "--data", "mnist", "--set", DENSE]
                commands[name]["train on mnist, 2 epochs"] = (VERB, words)
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            for command in commands["this"]:
                taken.setdefault(("import", ""), []).append(measured(IMPORT, [], ROOT, Path(temporary)))
                for name, tree in trees.items():
                    program, words = commands[name][command]
                    one = measured(program, words, tree, Path(temporary) / name)
                    taken.setdefault((name, command), []).append(one)
    medians = {key: [median(column) for column in zip(*rows, strict=True)] for key, rows in taken.items()}
    alone = np.array(medians[("import", "")])
    print(f"load {os.getloadavg()[0]:.1f}; {IMPORT}: {_text(alone)}; above it:")
    for command in commands["this"]:
        above = {name: np.array(medians[(name, command)]) - alone for name in trees}
        print(f"{command}: " + "; ".join(f"{name} {_text(each)}" for name, each in above.items()))
        if len(trees) > 1:
            ratios = above["this"] / above["baseline"]
            print("    ratio " + ", ".join(f"{ratio:.2f}" for ratio in ratios))


def _text(each: np.ndarray) -> str:
    return f"{each[0]:.2f} s, {each[1]:.2f} s of cores, {each[2]:.0f} MiB"


if __name__ == "__main__":
    main()
