"""What TF Serving is started with: its files, read by its own messages, and the container's command."""

import os
import shutil

import pytest
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from keras_ae.cli import main
from keras_ae.errors import InputError
from keras_ae.serving import config_files, server, versions
from keras_ae.serving.records import WARMUP_FILE, read_records

pytest.importorskip(
    "tensorflow_serving", reason="tensorflow-serving-api is not there; make setup installs it"
)


@pytest.fixture
def root(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "models")


def model_configs(root):
    from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

    read = text_format.Parse((root / "models.config").read_text(), ModelServerConfig())
    return {config.name: config for config in read.model_config_list.config}


def test_models_config_is_read_by_the_servers_own_message(root):
    configs = model_configs(root)
    assert set(configs) == {"tiny_encoder", "tiny_decoder", "tiny_autoencoder"}
    encoder = configs["tiny_encoder"]
    assert encoder.base_path == "/models/tiny/encoder"
    assert encoder.model_platform == "tensorflow"
    assert list(encoder.model_version_policy.specific.versions) == [1]
    assert dict(encoder.version_labels) == {"stable": 1}


def test_a_labeled_version_is_served_beside_the_newest(root):
    folder = root / "tiny" / "encoder"
    for number in ("2", "3", "4"):
        shutil.copytree(folder / "1", folder / number)
    versions.rollback(folder)
    versions.set_label(folder, "canary", 2)
    config_files.write_files(root)
    encoder = model_configs(root)["tiny_encoder"]
    assert list(encoder.model_version_policy.specific.versions) == [2, 3, 4]
    assert dict(encoder.version_labels) == {"stable": 3, "canary": 2}


def test_a_rollback_moves_every_head_or_none(root, capsys):
    for head in ("encoder", "decoder"):
        shutil.copytree(root / "tiny" / head / "1", root / "tiny" / head / "2")
    words = ["rollback", "tiny", "--models", str(root)]
    assert main(words) == 2  # the autoencoder has no version before 1
    assert "autoencoder has no version before 1" in capsys.readouterr().err
    assert versions.labels(root / "tiny" / "encoder") == {"stable": 2}
    assert main([*words, "--head", "encoder"]) == 0
    assert dict(model_configs(root)["tiny_encoder"].version_labels) == {"stable": 1}
    assert main(["label", "tiny", "canary", "2", "--head", "encoder", "--models", str(root)]) == 0
    assert dict(model_configs(root)["tiny_encoder"].version_labels) == {"stable": 1, "canary": 2}
    assert main(["label", "tiny", "stable", "--models", str(root)]) == 0
    assert versions.labels(root / "tiny" / "encoder") == {"stable": 2, "canary": 2}
    assert main(["label", "tiny", "canary", "2", "--models", str(root)]) == 2
    assert versions.labels(root / "tiny" / "decoder") == {"stable": 2}


def test_a_users_own_batching_and_monitoring_stay(root):
    (root / "batching.config").write_text("max_batch_size { value: 7 }\n")
    config_files.write_files(root)
    assert "7" in (root / "batching.config").read_text()


@pytest.fixture(scope="module")
def messages():
    """The two messages that the package of the server's messages lacks, from their published fields."""
    kind = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="published.proto", package="published", syntax="proto3")
    file.dependency.append("google/protobuf/wrappers.proto")
    wrapped = {"max_batch_size": (1, "Int64Value"), "batch_timeout_micros": (2, "Int64Value"),
               "max_enqueued_batches": (3, "Int64Value"), "num_batch_threads": (4, "Int64Value")}  # fmt: skip
    batching = file.message_type.add(name="BatchingParameters")
    for name, (number, wrapper) in wrapped.items():
        batching.field.add(
            name=name, number=number, label=kind.LABEL_OPTIONAL, type=kind.TYPE_MESSAGE,
            type_name=f".google.protobuf.{wrapper}",
        )  # fmt: skip
    prometheus = file.message_type.add(name="PrometheusConfig")
    prometheus.field.add(name="enable", number=1, label=kind.LABEL_OPTIONAL, type=kind.TYPE_BOOL)
    prometheus.field.add(name="path", number=2, label=kind.LABEL_OPTIONAL, type=kind.TYPE_STRING)
    monitoring = file.message_type.add(name="MonitoringConfig")
    monitoring.field.add(
        name="prometheus_config", number=1, label=kind.LABEL_OPTIONAL, type=kind.TYPE_MESSAGE,
        type_name=".published.PrometheusConfig",
    )  # fmt: skip
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"published.{name}"))
        for name in ("BatchingParameters", "MonitoringConfig")
    }


def test_batching_and_monitoring_are_read_by_messages_of_the_published_fields(root, messages):
    for file in (root / "batching.config", next(root.glob("tiny/decoder/1/batching_params.pbtxt"))):
        read = text_format.Parse(file.read_text(), messages["BatchingParameters"]())
        assert read.max_batch_size.value == 1024
        assert read.batch_timeout_micros.value > 0
    read = text_format.Parse((root / "monitoring.config").read_text(), messages["MonitoringConfig"]())
    assert read.prometheus_config.enable
    assert read.prometheus_config.path == "/monitoring/prometheus/metrics"


def test_every_signature_has_warm_up_records_that_the_server_reads(root):
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    for head in ("encoder", "decoder", "autoencoder"):
        folder = versions.find_version(root, "tiny", head)
        raw = list(tf.data.TFRecordDataset(str(folder / WARMUP_FILE)).as_numpy_iterator())
        assert 0 < len(raw) <= 1000
        logs = [PredictionLog.FromString(record).predict_log for record in raw]
        assert {log.request.model_spec.name for log in logs} == {f"tiny_{head}"}
        served = tf.saved_model.load(str(folder))
        assert {log.request.model_spec.signature_name for log in logs} == set(served.signatures)
        for log, record in zip(logs, read_records(folder), strict=True):
            assert set(log.request.inputs) == set(record.inputs)
            for name, tensor in log.response.outputs.items():
                assert (tf.make_ndarray(tensor) == record.outputs[name]).all()


def test_heads_that_no_request_can_fail_for_others_may_share_batches(root):
    batched = {path.parent.parent.name for path in root.glob("tiny/*/1/batching_params.pbtxt")}
    assert batched == {"decoder"}


def test_the_command_mounts_the_models_and_names_every_file(root):
    words = server.command(root, "podman", rest=1, grpc=2)
    assert words[:3] == ["podman", "run", "--rm"]
    assert f"{root}:/models:ro" in words
    assert {"1:8501", "2:8500"} <= set(words)
    for name in ("models.config", "batching.config", "monitoring.config"):
        assert (root / name).exists()
        assert [word for word in words if word.endswith(f"=/models/{name}")]
    assert not [word for word in server.command(root, "docker", batching=False) if "batching" in word]


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """A folder on the path where a container engine may be put that answers, or does not."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        os.chmod(folder / name, 0o755)

    return put


def test_an_engine_that_answers_is_taken(root, engine):
    engine("docker", "echo no daemon >&2; exit 1")
    engine("podman", "exit 0")
    (root / "models.config").unlink()
    assert server.prepare(root) == "podman"
    assert (root / "models.config").exists()


def test_what_is_missing_to_serve_is_told(root, engine, tmp_path):
    with pytest.raises(InputError, match="holds no exported model; train one first"):
        server.prepare(tmp_path / "empty")
    with pytest.raises(InputError, match=r"container engine \(docker or podman\) .* found none"):
        server.prepare(root)
    engine("docker", "echo 'no daemon here' >&2; exit 1")
    with pytest.raises(
        InputError, match="its engine does not answer .no daemon here.; start it, or run this"
    ):
        server.prepare(root)
