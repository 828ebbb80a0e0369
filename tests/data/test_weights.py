"""Weights of examples, in arrays, files of arrays, and tables, reach the training split."""

import numpy as np
import pandas as pd
import pytest

from keras_ae.data.arrays import ArrayFile
from keras_ae.data.memory import Arrays
from keras_ae.data.tables.frames import Frame
from keras_ae.data.tables.tables import TableFile
from keras_ae.data.tables.whole_rows import WholeRows
from keras_ae.errors import InputError

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(60, 3)).astype(np.float32)
HEAVY = (ROWS[:, 0] > 0) + 0.5


def heavy_where_positive(data, column=0):
    """Whether each split has the weights of its own rows."""
    values = data.train.examples[:, column] * data.scale[column] + data.offset[column]
    np.testing.assert_array_equal(data.train.weights, (values > 0) + 0.5)
    assert len(data.validation.weights) == len(data.validation)


def test_arrays_have_weights(tmp_path):
    heavy_where_positive(Arrays(ROWS, weights=HEAVY).load())
    np.savez(tmp_path / "rows.npz", x=ROWS, sample_weight=HEAVY)
    data = ArrayFile(str(tmp_path / "rows.npz")).load()
    heavy_where_positive(data)
    assert "sample_weight is what each example counts in the objective" in data.notes
    others = Arrays(ROWS).load()
    assert others.train.weights is None
    assert others.sha256 != data.sha256  # so that a run is not resumed with other weights


def test_a_column_of_a_table_has_weights(tmp_path):
    frame = pd.DataFrame(ROWS, columns=list("abc")).assign(importance=HEAVY)
    data = Frame(frame, weight="importance").load()
    assert data.learned == ("a", "b", "c")
    layer = data.preprocessor.layers()["a"]
    positive = layer.inverse(data.train.examples[:, 0]) > 0
    np.testing.assert_array_equal(data.train.weights, positive + 0.5)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    file = TableFile(str(tmp_path / "rows.csv"), weight="importance")
    assert set(file.load().train.weights) == {np.float32(0.5), np.float32(1.5)}
    assert "importance is what each row counts in the objective" in file.load().notes
    whole = WholeRows(file).load()
    assert whole.learned == ("a", "b", "c")
    assert set(whole.train.weights) == {np.float32(0.5), np.float32(1.5)}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("weihgt", "has no column 'weihgt'"),
        ("word", "expected a number of at least 0 in each row of 'word', the weights; received text"),
        ("b", "received -.* among them; leave those examples out"),
    ],
)
def test_other_columns_are_no_weights(column, message):
    frame = pd.DataFrame(ROWS, columns=list("abc")).assign(word="heavy")
    with pytest.raises(InputError, match=message):
        Frame(frame, weight=column).load()


def test_a_weight_for_each_example_is_expected():
    with pytest.raises(InputError, match=r"weights as 60 numbers of at least 0.*received shape \(5,\)"):
        Arrays(ROWS, weights=np.ones(5))
