"""Profiles of columns: shifts that are seen, chance that is not, words and missing values."""

import numpy as np
import pytest

from keras_ae.tasks.profiles import profile_of, profiles_from_json, profiles_to_json


def words_of(**counts):
    return np.array([word for word, count in counts.items() for _ in range(count)], object)


@pytest.mark.parametrize(("before", "now"), [(1000, 1000), (300, 50), (5000, 20)])
def test_a_shift_of_three_deviations_is_seen_and_chance_is_not(before, now):
    random = np.random.default_rng(0)
    profile = profile_of(random.normal(5, 2, before))
    shift = profile.shift(random.normal(11, 2, now))
    assert shift.level == 2
    assert shift.change.startswith("median 4")
    levels = [profile_of(random.normal(size=before)).shift(random.normal(size=now)).level for _ in range(100)]
    assert np.mean(levels) < 0.05


def test_the_index_is_the_sum_over_the_parts():
    shift = profile_of(words_of(a=8000, b=2000)).shift(words_of(a=5000, b=5000))
    assert shift.psi == pytest.approx(0.3 * np.log(0.8 / 0.5) + 0.3 * np.log(0.5 / 0.2), rel=1e-3)
    assert shift.change == "'b' 20.0% -> 50.0%"


def test_words_that_are_new_and_values_that_go_missing_are_told():
    assert profile_of(words_of(a=90, b=10)).shift(words_of(a=50, c=50)).change == "other words 0.0% -> 50.0%"
    numbers = np.arange(101.0)
    assert profile_of(numbers).shift(numbers + 50, 7.0, 2.0).change == "median 107 -> 207"
    gone = profile_of(np.arange(100.0)).shift(np.full(50, np.nan))
    assert (gone.level, gone.change) == (2, "missing 0.0% -> 100.0%")
    gone = profile_of(words_of(a=90, b=10)).shift(np.array(["a", "", None, np.nan] * 10, object))
    assert (gone.level, gone.change) == (2, "missing 0.0% -> 75.0%")


def test_a_value_that_most_rows_share_is_a_part_of_its_own():
    random = np.random.default_rng(0)
    profile = profile_of(np.r_[np.zeros(900), random.exponential(size=100)])
    assert profile.shift(np.r_[np.zeros(890), random.exponential(size=110)]).level == 0
    assert profile.shift(np.r_[np.zeros(500), random.exponential(size=500)]).level == 2
    constant = profile_of(np.full(100, 7.0))
    assert constant.shift(np.full(100, 7.0)).level == 0
    assert constant.shift(np.full(100, 6.0)).level == 2


def test_rare_words_are_one_part():
    many = np.array([f"user {number}" for number in range(1000)], object)
    profile = profile_of(many)
    assert len(profile.fractions) == 51
    assert profile.shift(many[::2]).level < 2
    assert profile.shift(words_of(a=500)).change == "other words 95.0% -> 100.0%"


def test_profiles_survive_as_text():
    profiles = {"a": profile_of(np.arange(100.0)), "b": profile_of(words_of(x=3, y=2))}
    assert profiles_from_json(profiles_to_json(profiles)) == profiles
    nothing = profile_of(np.full(10, np.nan))
    assert profiles_from_json(profiles_to_json({"c": nothing}))["c"].shift(np.ones(10)).level == 2
