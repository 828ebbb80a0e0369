"""The values of a sweep, as the command line has them."""

import pytest

from keras_ae.cli.sweep import _values
from keras_ae.errors import InputError


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0..3", ["0", "1", "2", "3"]),
        ("1, 2,", ["1", "2"]),
        ("none,(Flip,Shift(pixels=1)),Noise", ["none", "(Flip,Shift(pixels=1))", "Noise"]),
        ("Shift(pixels=1, fill_mode=reflect),Flip", ["Shift(pixels=1, fill_mode=reflect)", "Flip"]),
        ("(16,32),[8]", ["(16,32)", "[8]"]),
    ],
)
def test_commas_part_values_outside_brackets(text, values):
    assert _values(text) == values


@pytest.mark.parametrize("text", [",", "a..b"])
def test_no_value_is_refused(text):
    with pytest.raises(InputError, match="expected values such as 0,1,2 or 0..9, received"):
        _values(text)
