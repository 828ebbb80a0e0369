"""Jobs of schedulers: what a shell makes of them for each worker."""

import json
import os
import subprocess

import pytest

from keras_ae.training.cluster import Cluster, cluster_in
from keras_ae.training.jobs import JOBS, kubernetes, slurm

COMMAND = ["keras-ae", "train", "digits", "--set", "epochs=3 seed=1"]


@pytest.fixture
def commands(tmp_path):
    """A folder with a keras-ae that prints what it is started with, and parts of Slurm."""
    scripts = {
        "keras-ae": 'printf "%s\\n" "$TF_CONFIG" "$@"',
        "scontrol": "printf 'node3\\nnode7\\n'",
        "srun": 'shift; for SLURM_PROCID in 0 1; do export SLURM_PROCID; "$@"; done',
    }
    for name, text in scripts.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{text}\n")
        (tmp_path / name).chmod(0o755)
    return os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}


def lines_of(command, environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_a_train_job_gives_each_pod_its_number(commands):
    manifest = json.loads(kubernetes("my_model", COMMAND, 2))
    runtime, job = manifest["items"]
    assert [runtime["kind"], job["kind"]] == ["TrainingRuntime", "TrainJob"]
    assert job["spec"]["runtimeRef"]["name"] == runtime["metadata"]["name"] == "my-model"
    assert job["spec"]["trainer"]["numNodes"] == 2
    [node] = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    assert node["template"]["metadata"]["labels"]["trainer.kubeflow.org/trainjob-ancestor-step"] == "trainer"
    command = job["spec"]["trainer"]["command"]
    addresses = ("my-model-node-0-0.my-model:2222", "my-model-node-0-1.my-model:2222")
    for index in range(2):
        config, *words = lines_of(command, commands | {"JOB_COMPLETION_INDEX": str(index)})
        assert cluster_in({"TF_CONFIG": config}) == Cluster(addresses, index)
        assert words == COMMAND[1:]


def test_a_script_of_slurm_names_its_nodes(commands, tmp_path):
    (tmp_path / "job.sh").write_text(slurm("my_model", COMMAND, 2))
    text = (tmp_path / "job.sh").read_text()
    assert text.startswith("#!/bin/bash\n#SBATCH --job-name=my_model\n#SBATCH --nodes=2\n")
    printed = lines_of(["bash", str(tmp_path / "job.sh")], commands | {"SLURM_JOB_ID": "41234"})
    for index, start in enumerate((0, len(COMMAND))):
        config, *words = printed[start : start + len(COMMAND)]
        assert cluster_in({"TF_CONFIG": config}) == Cluster(("node3:21234", "node7:21234"), index)
        assert words == COMMAND[1:]


def test_each_scheduler_has_a_job():
    assert set(JOBS) == {"kubernetes", "slurm"}
