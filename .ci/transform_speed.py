"""How long `Autoencoder.transform` takes for 60,000 digits, beside a bare loop of Keras's `predict_on_batch`.

.venv/bin/python .ci/transform_speed.py [ROUNDS]

Both take the same bytes or floats to the same codes, in turn; the bare loop has batches of 256 examples that
are scaled before it is timed. The digits are the 5,000 that need no download, twelve times over.
"""

import statistics
import sys
import time

import numpy as np

from keras_ae.data.find import as_dataset
from keras_ae.sklearn import Autoencoder

BATCH = 256


def timed(function):
    """What a function gives, and the seconds that it took."""
    start = time.perf_counter()
    value = function()
    return value, time.perf_counter() - start


def compare(name, rows, inputs, rounds, **settings):
    """Prints the medians of both for rows, and for the same as a network takes them."""
    estimator = Autoencoder(epochs=1, random_state=0, **settings).fit(rows[:5000])
    encoder = estimator.network_.heads.encoder

    def bare():
        parts = [
            encoder.predict_on_batch({"inputs": inputs[start : start + BATCH]})["code"]
            for start in range(0, len(inputs), BATCH)
        ]
        return np.concatenate(parts)

    seconds = {"estimator": [], "bare loop": []}
    for round_ in range(rounds + 1):
        for label, function in (("estimator", lambda: estimator.transform(rows)), ("bare loop", bare)):
            codes, spent = timed(function)
            if round_:  # the first one traces
                seconds[label].append(spent)
            if label == "estimator":
                own = codes
    np.testing.assert_allclose(own, codes, rtol=1e-3, atol=1e-4)
    own, other = (statistics.median(each) for each in seconds.values())
    print(f"{name}: estimator {own:.3f} s, bare loop {other:.3f} s, {own / other:.2f} of it")


def main():
    """Prints the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    data = as_dataset("mnist_5k").load()
    digits = np.concatenate([split.examples for split in data.splits.values()])
    rows = np.resize(digits, (60_000, 784))
    floats = rows.astype(np.float32) / 255
    compare("bytes, dense", rows, floats, rounds)
    compare("floats in [0, 1], dense", floats, floats, rounds, domain="unit")
    images = floats.reshape(-1, 28, 28, 1)
    compare(
        "bytes, convolutions",
        rows,
        images,
        rounds,
        variant="Undercomplete(backbone=conv2d)",
        image_shape=(28, 28),
    )


if __name__ == "__main__":
    main()
