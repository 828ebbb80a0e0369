"""Objects of a local S3 server, with credentials from the environment."""

from pathlib import Path

import pytest

from keras_ae.data.find import find_dataset
from keras_ae.data.sources.local import local, local_copy
from keras_ae.data.sources.source import Unreachable

pytestmark = [
    pytest.mark.extras,
    pytest.mark.filterwarnings("ignore"),  # of packages for S3 and its server, which are not ours
]


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """A bucket of a server in this process."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "me",
        "AWS_SECRET_ACCESS_KEY": "word",
        "AWS_DEFAULT_REGION": "us-east-1",
        "KERAS_HOME": str(tmp_path / "keras"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="plant")
    yield client
    server.stop()


def test_a_file_and_a_folder(bucket, monkeypatch):
    rows = "temp,pressure\n" + "".join(f"{i}.5,{i % 7}\n" for i in range(60))
    for name in ("logs/a/rows.csv", "logs/b.txt"):
        bucket.put_object(Bucket="plant", Key=name, Body=rows.encode())
    table = local(find_dataset("s3://plant/logs/a/rows.csv"))
    assert table.load().name == "rows.csv"
    below = Path(local_copy("s3://plant/logs/")).rglob("*")
    assert sorted(path.name for path in below) == ["a", "b.txt", "rows.csv"]
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(Unreachable, match="FSSPEC_S3_ANON=true reads public buckets"):
        find_dataset("s3://plant/other.csv")
