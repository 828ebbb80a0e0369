"""Versions of exported heads: found, numbered, labeled, rolled back and pruned."""

import threading

import pytest

from keras_ae.errors import InputError
from keras_ae.serving import versions

HEADS = ("encoder", "decoder", "autoencoder")


@pytest.fixture
def root(tmp_path):
    """Versions 1, 2, 9 and 10 of an encoder, and one of a decoder."""
    for number in (1, 2, 9, 10):
        (tmp_path / "mine" / "encoder" / str(number)).mkdir(parents=True)
    (tmp_path / "mine" / "decoder" / "3").mkdir(parents=True)
    (tmp_path / "mine" / "encoder" / "tmp-11").mkdir()
    (tmp_path / "mine" / "encoder" / "12").touch()
    return tmp_path


def test_versions_are_numbered_folders_in_the_order_of_their_numbers(root):
    assert versions.versions(root / "mine" / "encoder") == [1, 2, 9, 10]
    assert [path.name for path in versions.head_folders(root)] == ["decoder", "encoder"]
    assert versions.versions(root / "none") == []


def test_the_stable_version_is_the_newest_until_it_is_rolled_back(root):
    folder = root / "mine" / "encoder"
    assert versions.find_version(root, "mine", "encoder") == folder / "10"
    assert versions.find_version(root, "mine", "encoder", 2) == folder / "2"
    assert versions.rollback(folder) == 9
    assert versions.labels(folder) == {"stable": 9}
    assert versions.find_version(root, "mine", "encoder") == folder / "9"
    assert versions.rollback(folder) == 2
    assert versions.rollback(folder, 10) == 10
    versions.rollback(folder, 1)
    with pytest.raises(InputError, match="has no version before 1; nothing to roll back to"):
        versions.rollback(folder)
    versions.set_label(folder, "stable", None)
    assert versions.labels(folder) == {"stable": 10}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            ("yours", "encoder"),
            "there is no export of yours below .*; it holds mine",
        ),
        (("mine", "prior"), "mine has no exported prior; it has decoder, encoder"),
        (("mine", "encoder", 3), "mine has no version 3 of its encoder; it has 1, 2, 9, 10"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(root, asked, message):
    with pytest.raises(InputError, match=message):
        versions.find_version(root, *asked)


def test_an_empty_folder_of_models_has_nothing(tmp_path):
    with pytest.raises(InputError, match="there is no export of mine below .*; it holds nothing"):
        versions.find_version(tmp_path, "mine", "encoder")


def test_labels_are_words_on_versions_that_are_there(root):
    folder = root / "mine" / "encoder"
    versions.set_label(folder, "canary", 10)
    assert versions.labels(folder) == {"stable": 10, "canary": 10}
    for label in ("", "7", 'a"b', "a b", "a\n"):
        with pytest.raises(InputError, match="a label must be a word such as stable"):
            versions.set_label(folder, label, 10)
    with pytest.raises(InputError, match="has no version 4; it has 1, 2, 9, 10"):
        versions.set_label(folder, "canary", 4)
    (folder / "10").rmdir()
    assert versions.labels(folder) == {"stable": 9}


def test_pruning_keeps_the_newest_and_the_labeled(root):
    folder = root / "mine" / "encoder"
    versions.set_label(folder, "last_year", 1)
    assert versions.prune(folder, 1) == [2]  # the one before the newest still answers
    assert versions.versions(folder) == [1, 9, 10]
    assert versions.prune(folder, 7) == []
    assert sorted(path.name for path in folder.iterdir()) == ["1", "10", "12", "9", "labels.json", "tmp-11"]
    with pytest.raises(InputError, match="at least 1 version to keep, received 0"):
        versions.prune(folder, 0)


def test_exports_that_race_get_numbers_of_their_own(tmp_path):
    """The moves alone, from many threads: every number whole, none taken twice."""
    folder = tmp_path / "tiny"
    for number in range(8):
        for head in HEADS:
            (folder / f"tmp-{number}" / head).mkdir(parents=True)
            (folder / f"tmp-{number}" / head / "whose").write_text(str(number))
    threads = [
        threading.Thread(target=versions.publish, args=(folder / f"tmp-{number}", folder, HEADS))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for head in HEADS:
        assert versions.versions(folder / head) == list(range(1, 9))
    for version in range(1, 9):
        assert len({(folder / head / str(version) / "whose").read_text() for head in HEADS}) == 1


def test_an_export_that_fails_between_two_heads_takes_the_first_back(tmp_path):
    for head in HEADS[:2]:
        (tmp_path / "tmp" / head).mkdir(parents=True)
    with pytest.raises(OSError, match="autoencoder"):
        versions.publish(tmp_path / "tmp", tmp_path, HEADS)
    assert not list(tmp_path.glob("*/[0-9]*"))


def test_a_failed_export_leaves_no_head_under_a_number(tmp_path):
    """What was moved is moved back whole."""
    (tmp_path / "tmp" / "encoder").mkdir(parents=True)
    with pytest.raises(OSError, match="decoder"):
        versions.publish(tmp_path / "tmp", tmp_path, ("encoder", "decoder"))
    assert (tmp_path / "tmp" / "encoder").is_dir()
    assert versions.versions(tmp_path / "encoder") == []


def test_one_at_a_time_changes_versions_and_files(tmp_path):
    waiting, order = threading.Event(), []

    def later():
        waiting.set()
        with versions.locked(tmp_path):
            order.append("second")

    with versions.locked(tmp_path):
        thread = threading.Thread(target=later)
        thread.start()
        waiting.wait()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
