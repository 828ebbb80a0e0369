"""Splits by time and by lists."""

import numpy as np
import pytest

from keras_ae.data.split_rules import by_content, by_list, by_time, read_list
from keras_ae.data.splits import digests
from keras_ae.errors import InputError


def test_the_last_rows_are_the_test_split(random):
    times = random.permutation(100)
    parts = by_time(times, "day")
    assert sorted(times[parts.indices["test"]]) == list(range(90, 100))
    assert sorted(times[parts.indices["validation"]]) == list(range(80, 90))
    assert parts.rule == "by time (day): the last 10 examples are the test split"


def test_rows_of_one_time_stay_together():
    times = np.repeat(np.arange(10), 7)
    parts = by_time(times, "day", 0.25, 0.25)
    found = [set(times[rows]) for rows in parts.indices.values()]
    assert sum(map(len, found)) == 10
    with pytest.raises(InputError, match="received 2 different ones in 9 rows; split by content"):
        by_time(np.array([0] * 5 + [1] * 4), "day")


def test_a_list_is_the_test_split_and_the_others_are_split_by_a_rule(tmp_path):
    (tmp_path / "test.txt").write_text("# held out\nb\n\n  d \n", encoding="utf-8")
    names = [*"abcdefgh"] * 3
    tested = read_list(tmp_path / "test.txt", names, "letters")
    content = digests(np.arange(24))
    parts = by_list(tested, "test.txt", lambda rows: by_content([content[row] for row in rows], test=0))
    assert {names[row] for row in parts.indices["test"]} == {"b", "d"}
    assert sorted(np.concatenate(list(parts.indices.values()))) == list(range(24))
    assert parts.rule.startswith("test.txt lists the test split, 6 examples; the others by content: equal")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\nz\n", "letters in .*, one a line, such as 'a'; received 1 that do not exist, such as 'z'"),
        (b"# nothing\n", "received none"),
        (b"\xff\xfe", "cannot be read as a list of letters, one a line"),
        (None, "cannot be read as a list of letters"),
    ],
)
def test_a_list_of_what_there_is_not_is_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / "test.txt").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_list(str(tmp_path / "test.txt"), ["a", "b"], "letters")
