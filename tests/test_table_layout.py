"""Where the columns of a table lie in the features of a row."""

import pickle

import numpy as np
import pytest

from keras_ae.domains import domain_of, domain_of_table
from keras_ae.errors import InputError
from keras_ae.table_layout import ColumnLayout, TableLayout

LAYOUT = TableLayout((ColumnLayout(), ColumnLayout(3), ColumnLayout(None, 0.25, 0.1), ColumnLayout(0)))


def test_a_layout_is_read_back_from_its_text():
    assert str(LAYOUT) == "table(n,w3,n0.25~0.1,w0)"
    assert TableLayout.parse(str(LAYOUT)) == LAYOUT
    many = TableLayout((ColumnLayout(),) * 40 + (ColumnLayout(None, -1.5e-7, 1e12),) * 2)
    assert str(many) == "table(n*40,n-1.5e-07~1e+12*2)"
    assert TableLayout.parse(str(many)) == many


@pytest.mark.parametrize("text", ["table()", "table(n,)", "table(x3)", "table(w)", "real", "table(n*0.5)"])
def test_other_texts_are_no_layout(text):
    with pytest.raises(InputError, match=r"expected a table's layout such as table\(n\*3,w5\), received"):
        TableLayout.parse(text)


def test_each_feature_has_its_column_and_its_meaning():
    assert LAYOUT.groups.tolist() == [0] * 2 + [1] * 5 + [2] * 2 + [3] * 2
    assert LAYOUT.flags.tolist() == [1, 3, 8, 10]
    assert np.flatnonzero(LAYOUT.numbers).tolist() == [0, 7]
    assert np.flatnonzero(LAYOUT.classes).tolist() == [2, 4, 5, 6, 9]
    np.testing.assert_allclose(LAYOUT.nothing, [0, 1, 0, 1, 0, 0, 0, 0.25, 1, 0, 1])
    assert LAYOUT.in_words == "2 numbers and 2 words, 3 different ones"


def test_the_domain_of_a_table_is_known_by_its_layout():
    domain = domain_of_table(LAYOUT)
    assert domain_of(str(domain)).layout == domain_of(domain).layout == LAYOUT
    assert (domain.kind, domain_of("real").kind) == ("table", "real")
    again = pickle.loads(pickle.dumps(domain))
    assert (again, again.layout) == (domain, LAYOUT)
    with pytest.raises(InputError, match="a table's layout"):
        domain_of("table(?)")


def test_tables_of_columns_alike_match_though_their_numbers_are_scaled_otherwise():
    domain = domain_of("table(n,w3)")
    assert domain.matches(domain_of("table(n0.5~0.2,w3)"))
    assert not domain.matches(domain_of("table(n,w4)"))
    assert not domain.matches(domain_of("real"))
    assert domain_of("real").matches(domain_of("real"))
