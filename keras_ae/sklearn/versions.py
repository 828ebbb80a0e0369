"""What scikit-learn 1.5 has elsewhere than later versions."""

from __future__ import annotations

from typing import Any

__all__ = ["validated"]


def validated(estimator: Any, X: Any, reset: bool, convert: bool = True) -> Any:
    """Checks rows against those of fit, by the names of columns where they are known.

    Args:
        estimator: The estimator.
        X: The rows.
        reset: Whether they are those of fit, which are kept in mind.
        convert: Whether they are made an array of numbers, NaN among them where values are missing.

    Returns:
        The rows.

    Raises:
        ValueError: For other rows.
    """
    try:
        from sklearn.utils.validation import validate_data
    except ImportError:  # scikit-learn 1.5
        checks = {"force_all_finite": "allow-nan"} if convert else {}
        return estimator._validate_data(X, reset=reset, cast_to_ndarray=convert, **checks)
    if not convert:
        return validate_data(estimator, X, reset=reset, skip_check_array=True)
    return validate_data(estimator, X, reset=reset, ensure_all_finite="allow-nan")
