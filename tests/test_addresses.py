"""Addresses and what is never shown of them."""

import pytest

from keras_ae.addresses import is_address, scheme_of, with_secrets, without_secrets


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("s3://bucket/rows.csv", "s3://bucket/rows.csv"),
        ("https://user:word@host/rows.csv", "https://host/rows.csv"),
        ("https://TOKEN@host:8443/rows.csv", "https://host:8443/rows.csv"),
        ("postgresql://me:word@host:5432/shop", "postgresql://me@host:5432/shop"),
        ("postgresql://me:wo/rd@host/shop", "postgresql://me@host/shop"),
        (
            "abfs://container@account.dfs.core.windows.net/x",
            "abfs://container@account.dfs.core.windows.net/x",
        ),
        ("https://host/@me/rows.csv", "https://host/@me/rows.csv"),
        ("https://host/rows.csv?X-Amz-Signature=abc&X-Amz-Date=1&part=2", "https://host/rows.csv?part=2"),
        ("https://host/rows.csv?access_token=abc", "https://host/rows.csv"),
        ("https://host/rows.csv?sv=2024&sp=r&sig=abc", "https://host/rows.csv"),
        (f"https://host/get?id={'k' * 40}&part=1", "https://host/get?id=...&part=1"),
        ("sqlite:///shop.db SELECT * FROM t", "sqlite:///shop.db SELECT * FROM t"),
        ("mysql+pymysql://me:word@host/shop SELECT 1", "mysql+pymysql://me@host/shop SELECT 1"),
        ("data.path=https://me:word@host/x.csv", "data.path=https://host/x.csv"),
        ("no address: word@host", "no address: word@host"),
    ],
)
def test_what_is_shown(given, shown):
    assert without_secrets(given) == shown
    assert without_secrets(shown) == shown
    assert with_secrets(shown) == given


def test_messages_are_shown_without_secrets():
    without_secrets("https://me:word@host/rows.csv")
    assert without_secrets("403, url='https://me:word@host/rows.csv'") == "403, url='https://host/rows.csv'"


@pytest.mark.parametrize(
    "text", ["mnist", "nab:realKnownCause/nyc_taxi", "C:\\data\\x.csv", "/a//b.csv", "./x"]
)
def test_paths_and_names_are_no_addresses(text):
    assert not is_address(text)
    assert scheme_of(text) == ""


def test_schemes():
    assert scheme_of("S3://bucket/a b.csv") == "s3"
    assert is_address("S3://bucket/a b.csv")
