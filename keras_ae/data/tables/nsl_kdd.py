"""Network connections with 41 fields each: NSL-KDD, and generated ones of the same schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.download import download
from keras_ae.data.splits import assign, digests
from keras_ae.data.tables.columns import Column, Table
from keras_ae.data.tables.connections import generate_connections
from keras_ae.data.tables.reading import read_table
from keras_ae.data.tables.tables import check_scaling, concatenated, data_of
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_least

__all__ = ["Connections", "NslKdd"]

WORDS = ("protocol_type", "service", "flag")
FIELDS = tuple(
    """duration protocol_type service flag src_bytes dst_bytes land wrong_fragment urgent hot
    num_failed_logins logged_in num_compromised root_shell su_attempted num_root num_file_creations
    num_shells num_access_files
    num_outbound_cmds is_host_login is_guest_login count srv_count serror_rate srv_serror_rate rerror_rate
    srv_rerror_rate same_srv_rate diff_srv_rate srv_diff_host_rate dst_host_count dst_host_srv_count
    dst_host_same_srv_rate dst_host_diff_srv_rate dst_host_same_src_port_rate dst_host_srv_diff_host_rate
    dst_host_serror_rate dst_host_srv_serror_rate dst_host_rerror_rate dst_host_srv_rerror_rate""".split()
)

KINDS = {
    "normal": "normal",
    "denial of service": "apache2 back land mailbomb neptune pod processtable smurf teardrop udpstorm worm",
    "probe": "ipsweep mscan nmap portsweep saint satan",
    "remote to local": "ftp_write guess_passwd httptunnel imap multihop named phf sendmail snmpgetattack "
    "snmpguess spy warezclient warezmaster xlock xsnoop",
    "user to root": "buffer_overflow loadmodule perl ps rootkit sqlattack xterm",
}
"""The attacks of NSL-KDD by their kind, as its authors and later papers group them."""


@dataclass(frozen=True)
class NslKdd(Dataset):
    """NSL-KDD (Tavallaee et al. 2009): 25,192 connections to train and validate, 22,544 to test (KDDTest+).

    A fifth of the former, by content, is the validation split. The difficulty column of the files is ignored.

    Attributes:
        scaling: Of numbers, by their "range" or their "spread".
    """

    category: ClassVar[str] = "table"
    name: ClassVar[str] = "nsl_kdd"
    origin: ClassVar[str] = (
        "https://raw.githubusercontent.com/defcom17/NSL_KDD/27bbbdf5c5cccf9970b8b6037a0f19dc09c5a0a9/"
    )
    files: ClassVar[dict[str, str]] = {
        "KDDTrain+_20Percent.txt": "7ea86479faab5ca2190b7f18b4982fb058ce5bf2b46e0e1017d0d9ef90f9c16e",
        "KDDTest+.txt": "fa46b0935342616aa83b7c2578db355b6a7aaabbc492248172c7a1e8b7ab8f84",
    }
    scaling: str = "range"

    def __post_init__(self):
        check_scaling(self)

    def load(self) -> Data:
        train, test = (
            _with_names(read_table(download(name, self.origin, "nsl_kdd", sha256)))
            for name, sha256 in self.files.items()
        )
        columns = concatenated(train, test)
        attacks = columns.pop("attack")
        parts = assign(_rows(columns, len(train)), validation=0.2, test=0)
        parts["test"] = np.arange(len(train), len(train) + len(test))
        return data_of(self.name, columns, kinds_of_attacks(attacks), tuple(KINDS), parts, (), self.scaling)

    def sample(self) -> Data:
        return Connections(1500).load()


@dataclass(frozen=True)
class Connections(Dataset):
    """Generated network connections with NSL-KDD's fields: normal ones and four kinds of attacks.

    They are simple on purpose, so metrics on them are only a demonstration.

    Attributes:
        count: How many, at least 500; a fifth of them are attacks.
        seed: Random seed of the generator.
        scaling: Of numbers, by their "range" or their "spread".
    """

    category: ClassVar[str] = "table"
    name: ClassVar[str] = "connections"
    count: int = 6000
    seed: int = 0
    scaling: str = "range"

    def __post_init__(self):
        check_scaling(self)
        check_least(self, count=500)

    def load(self) -> Data:
        columns, labels = generate_connections(self.count, FIELDS, np.random.default_rng(self.seed))
        parts = assign(_rows(columns, self.count), validation=0.2, test=0.3)
        note = f"{self.count:,} generated connections: metrics on them are a demonstration"
        return data_of(self.name, columns, labels, tuple(KINDS), parts, (note,), self.scaling)

    def sample(self) -> Data:
        return Connections(1500, self.seed, self.scaling).load()


def kinds_of_attacks(attacks: Column) -> np.ndarray:
    """The kinds of attacks.

    Args:
        attacks: A column of their names, of n rows.

    Returns:
        (n,), int64, indices into `KINDS`; 0 for normal connections.

    Raises:
        InputError: For an unknown attack.
    """
    kinds = {attack: kind for kind, names in enumerate(KINDS.values()) for attack in names.split()}
    unknown = sorted(set(attacks.words) - kinds.keys())
    if unknown:
        raise InputError(
            f"expected the attacks of NSL-KDD, received {', '.join(unknown)}; take the published "
            "files as they are"
        )
    return np.array([kinds[word] for word in attacks.words])[attacks.values].astype(np.int64)


def _with_names(table: Table) -> Table:
    """Names the columns of a file without a header, and leaves out the last, the difficulty."""
    columns = {}
    for name, column in zip((*FIELDS, "attack"), table.columns.values(), strict=False):
        columns[name] = Column(name, column.kind, column.values, column.words)
    return Table(columns, table.notes)


def _rows(columns, count):
    """Hashes of the first rows."""
    return digests(
        np.column_stack([np.asarray(column.values[:count], np.float64) for column in columns.values()])
    )
