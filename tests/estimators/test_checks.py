"""The checks that scikit-learn asks of every estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from keras_ae.sklearn import AnomalyDetector, Autoencoder

EXEMPT = {
    "check_sample_weight_equivalence_on_dense_data": "compares float32 sums of other batches to 7 digits",
}
"""Checks that may fail, with the reason; tests/training/test_weights.py compares to what float32 has."""

QUICK = (
    "check_dict_unchanged",
    "check_estimators_unfitted",
    "check_fit1d",
    "check_get_params_invariance",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_transformer_get_feature_names_out",
)
"""Checks that train once or never; the others are slow."""

VARIANT = "Undercomplete(latent_dim=2, backbone=DenseBackbone(units=(8,)))"


def parameters():
    estimators = [Autoencoder(VARIANT, epochs=1), AnomalyDetector(VARIANT, epochs=1)]
    for estimator, check in parametrize_with_checks(estimators).args[1]:
        name = check.func.__name__
        marks = [] if name in QUICK else [pytest.mark.slow]
        if name in EXEMPT:
            marks.append(pytest.mark.xfail(reason=EXEMPT[name]))
        yield pytest.param(estimator, check, marks=marks, id=f"{type(estimator).__name__}-{name}")


@pytest.mark.parametrize(("estimator", "check"), list(parameters()))
def test_scikit_learn_finds_no_fault(estimator, check):
    check(estimator)
