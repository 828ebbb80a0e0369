"""The best epoch: the one that the validation selects, in histories of all versions."""

import pytest

from keras_ae.runs.checkpoint import best_epoch, selection


@pytest.mark.parametrize(
    ("history", "best"),
    [
        ([{"val_loss": 3.0}, {"val_loss": 1.0}, {"val_loss": 2.0}], 2),
        ([{"val_loss": 1.0}, {"val_loss": 1.0}], 1),
        ([{"val_loss": 1.0, "val_selection": 3.0}, {"val_loss": 2.0, "val_selection": 1.0}], 2),
        # begun by an earlier version, which called what selects "val_loss", and resumed
        ([{"val_loss": 0.5}, {"val_loss": 0.1, "val_selection": 0.6}], 1),
        ([{"val_loss": 0.5}, {"val_loss": 0.9, "val_selection": 0.4}], 2),
    ],
)
def test_the_best_epoch_has_the_lowest_selection_or_else_the_lowest_validation_loss(history, best):
    assert best_epoch(history) == best


def test_what_selects_is_the_loss_where_nothing_else_is_told():
    assert selection({"loss": 1.0, "val_loss": 2.0}) == 2.0
    assert selection({"loss": 1.0, "val_loss": 2.0, "val_selection": 3.0}) == 3.0
