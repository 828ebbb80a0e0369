"""Speed of the entropy coder, and what it takes over the empirical entropy, each dimension by its own table.

python tests/measure_codec.py               # 32 dimensions, 32,000 to 2,048,000 levels; a few seconds
"""

import sys
import time
from pathlib import Path

import numpy as np

from keras_ae.codec.dependence import choose_parents
from keras_ae.codec.entropy import decode, empirical_bits, encode
from keras_ae.codec.tables import count_levels, pack, unpack

DIMENSIONS, ROUNDS = 32, 5


def levels_of(count):
    """Normal numbers of other spreads in each dimension, each of which tells something of the next."""
    random = np.random.default_rng(0)
    numbers = random.normal(size=(count, DIMENSIONS))
    numbers[:, 1:] += 0.5 * numbers[:, :-1]
    return np.rint(numbers * random.uniform(0.3, 8, DIMENSIONS)).astype(np.int32)


def rate(run, levels):
    """Million levels a second, by the clock and of processor time: the median round, and what it gave."""
    rounds = []
    for _ in range(ROUNDS):
        clock, used = time.perf_counter(), time.process_time()
        result = run()
        rounds.append((time.perf_counter() - clock, time.process_time() - used))
    return [levels.size / seconds / 1e6 for seconds in np.median(rounds, axis=0)], result


def main():
    """Prints a table in Markdown."""
    print(f"load {Path('/proc/loadavg').read_text().split()[0]}, million levels a second: clock (processor)")
    print(
        "| levels | tables | count | encode | decode | over the entropy | bytes of tables |\n"
        + "|---" * 7
        + "|"
    )
    for count in (1_000, 8_000, 31_250, 64_000):
        levels = levels_of(count)
        for name, parents in (("alone", [-1] * DIMENSIONS), ("of pairs", choose_parents(levels))):
            counting, tables = rate(
                lambda levels=levels, parents=parents: count_levels(levels, parents), levels
            )
            encoding, content = rate(lambda levels=levels, tables=tables: encode(levels, tables), levels)
            again = unpack(pack(tables), DIMENSIONS)
            decoding, found = rate(
                lambda content=content, again=again, count=count: decode(content, again, count), levels
            )
            if (found != levels).any():
                sys.exit("decoded other levels than were encoded")
            over = 100 * (8 * len(content) / empirical_bits(levels) - 1)
            rates = [f"{clock:.1f} ({used:.1f})" for clock, used in (counting, encoding, decoding)]
            print(
                f"| {levels.size:,} | {name} | {' | '.join(rates)} | {over:.4f} % | {len(pack(tables)):,} |"
            )


if __name__ == "__main__":
    main()
