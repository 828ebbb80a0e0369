"""A generator of network connections: those of common services, and four kinds of attacks."""

from __future__ import annotations

import numpy as np

from keras_ae.data.tables.columns import Column

__all__ = ["generate_connections"]

SERVICES = {
    "http": (0.50, "tcp", 0.05, 5.5, 8.0),
    "smtp": (0.12, "tcp", 2.0, 6.8, 5.8),
    "domain_u": (0.18, "udp", 0.0, 3.8, 4.3),
    "ftp_data": (0.08, "tcp", 1.0, 7.5, 0.0),
    "ftp": (0.04, "tcp", 12.0, 4.5, 5.0),
    "ssh": (0.03, "tcp", 60.0, 7.0, 7.5),
    "ntp_u": (0.05, "udp", 0.0, 3.9, 3.9),
}
"""Fraction of normal connections, protocol, mean duration in seconds, log of bytes sent and received."""

FRACTIONS = (0.80, 0.08, 0.07, 0.04, 0.01)
"""Fractions of normal connections, denial of service, probes, remote to local, user to root."""

LOGGED_IN = ("http", "smtp", "ftp", "ssh")


def generate_connections(
    count: int, fields: tuple[str, ...], random: np.random.Generator
) -> tuple[dict[str, Column], np.ndarray]:
    """Generates network connections.

    Args:
        count: How many.
        fields: Their fields, those of NSL-KDD.
        random: The generator of everything random.

    Returns:
        A column (count,) for each field, by its name; and the kind of each connection (count,), int64: 0 for
        normal ones, then denial of service, probe, remote to local, user to root.
    """
    kinds = random.choice(len(FRACTIONS), count, p=FRACTIONS)
    columns = {name: np.zeros(count) for name in fields}
    _normal(columns, random)
    for kind, attack in enumerate((_flood, _scan, _try_passwords, _take_over), 1):
        rows = np.flatnonzero(kinds == kind)
        attack(columns, rows, random)
    for name in columns:
        if name.endswith("_rate"):
            columns[name] = np.round(columns[name].astype(np.float64).clip(0, 1), 2)
    generated = {}
    for name, values in columns.items():
        if values.dtype == object:
            words, codes = np.unique(values.astype(str), return_inverse=True)
            generated[name] = Column(name, "text", codes.astype(np.int32), tuple(words.tolist()))
        else:
            generated[name] = Column(name, "number", values)
    return generated, kinds.astype(np.int64)


def _normal(columns, random):
    """Fills the columns with normal connections."""
    count = len(columns["duration"])
    names = np.array(list(SERVICES), object)
    service = random.choice(len(names), count, p=[facts[0] for facts in SERVICES.values()])
    facts = np.array([facts[2:] for facts in SERVICES.values()])[service]
    columns["service"] = names[service]
    columns["protocol_type"] = np.array([facts[1] for facts in SERVICES.values()], object)[service]
    columns["flag"] = random.choice(
        np.array(["SF", "REJ", "S1", "RSTO"], object), count, p=[0.95, 0.03, 0.01, 0.01]
    )
    done = columns["flag"] == "SF"
    columns["duration"] = np.floor(random.exponential(facts[:, 0] + 1e-9)) * done
    columns["src_bytes"] = np.floor(random.lognormal(facts[:, 1], 0.6)) * done
    columns["dst_bytes"] = np.floor(random.lognormal(facts[:, 2], 0.8)) * done * (facts[:, 2] > 0)
    columns["logged_in"] = (np.isin(columns["service"].astype(str), LOGGED_IN) & done).astype(float)
    columns["is_guest_login"] = ((columns["service"] == "ftp") & (random.uniform(size=count) < 0.3)).astype(
        float
    )
    columns["hot"] = columns["is_guest_login"] * random.poisson(1.5, count)
    columns["count"] = 1.0 + random.geometric(0.12, count)
    columns["srv_count"] = 1.0 + np.floor(columns["count"] * random.beta(6, 1, count))
    refused = (columns["flag"] == "REJ").astype(float)
    for name in ("rerror_rate", "srv_rerror_rate", "dst_host_rerror_rate", "dst_host_srv_rerror_rate"):
        columns[name] = np.where(refused > 0, random.beta(5, 2, count), random.beta(0.2, 12, count))
    for name in ("serror_rate", "srv_serror_rate", "dst_host_serror_rate", "dst_host_srv_serror_rate"):
        columns[name] = random.beta(0.2, 15, count)
    columns["same_srv_rate"] = random.beta(20, 1, count)
    columns["diff_srv_rate"] = (1 - columns["same_srv_rate"]) * random.uniform(size=count)
    columns["srv_diff_host_rate"] = random.beta(0.6, 5, count)
    columns["dst_host_count"] = np.floor(random.uniform(1, 256, count))
    columns["dst_host_srv_count"] = np.floor(columns["dst_host_count"] * random.beta(5, 1, count)) + 1
    columns["dst_host_same_srv_rate"] = random.beta(8, 1, count)
    columns["dst_host_diff_srv_rate"] = random.beta(0.5, 20, count)
    columns["dst_host_same_src_port_rate"] = random.beta(0.4, 6, count)
    columns["dst_host_srv_diff_host_rate"] = random.beta(0.5, 15, count)


def _flood(columns, rows, random):
    """A flood of half-open connections to one port."""
    count = len(rows)
    _set(
        columns,
        rows,
        protocol_type="tcp",
        service="private",
        flag="S0",
        duration=0.0,
        src_bytes=0.0,
        dst_bytes=0.0,
    )
    _set(
        columns,
        rows,
        logged_in=0.0,
        hot=0.0,
        is_guest_login=0.0,
        count=np.floor(random.uniform(80, 512, count)),
    )
    _set(
        columns,
        rows,
        srv_count=np.floor(random.uniform(1, 25, count)),
        same_srv_rate=random.beta(1, 12, count),
    )
    for name in ("serror_rate", "srv_serror_rate", "dst_host_serror_rate", "dst_host_srv_serror_rate"):
        columns[name][rows] = random.beta(30, 1, count)
    _set(columns, rows, diff_srv_rate=random.beta(2, 25, count), dst_host_count=255.0)


def _scan(columns, rows, random):
    """One source that tries many services or hosts."""
    count = len(rows)
    services = np.array(["private", "other", "eco_i", "finger", "telnet", "http"], object)
    service = random.choice(services, count)
    protocol = np.where(service == "eco_i", "icmp", "tcp").astype(object)
    _set(
        columns,
        rows,
        service=service,
        protocol_type=protocol,
        logged_in=0.0,
        hot=0.0,
        duration=0.0,
        dst_bytes=0.0,
    )
    _set(
        columns, rows, flag=random.choice(np.array(["REJ", "RSTR", "SH", "SF"], object), count), src_bytes=8.0
    )
    _set(columns, rows, count=1.0 + random.poisson(3, count), srv_count=1.0 + random.poisson(1, count))
    for name in ("rerror_rate", "srv_rerror_rate", "dst_host_rerror_rate", "dst_host_srv_rerror_rate"):
        columns[name][rows] = random.beta(3, 2, count)
    _set(columns, rows, same_srv_rate=random.beta(2, 6, count), diff_srv_rate=random.beta(4, 3, count))
    _set(
        columns,
        rows,
        dst_host_diff_srv_rate=random.beta(4, 3, count),
        dst_host_same_srv_rate=random.beta(1, 10, count),
    )


def _try_passwords(columns, rows, random):
    """Password after password is tried."""
    count = len(rows)
    services = random.choice(np.array(["ftp", "telnet", "pop_3"], object), count)
    _set(columns, rows, service=services, protocol_type="tcp", flag="RSTO", logged_in=0.0, is_guest_login=0.0)
    _set(
        columns,
        rows,
        num_failed_logins=1.0 + random.poisson(1, count),
        duration=np.floor(random.uniform(0, 6, count)),
    )
    _set(columns, rows, hot=1.0, src_bytes=np.floor(random.normal(125, 6, count)))
    _set(columns, rows, dst_bytes=np.floor(random.normal(180, 8, count)))


def _take_over(columns, rows, random):
    """A session that gains the administrator's rights."""
    count = len(rows)
    _set(columns, rows, service="telnet", protocol_type="tcp", flag="SF", logged_in=1.0, root_shell=1.0)
    _set(
        columns,
        rows,
        num_root=1.0 + random.poisson(3, count),
        num_file_creations=1.0 + random.poisson(2, count),
    )
    _set(columns, rows, num_compromised=1.0 + random.poisson(2, count), hot=2.0 + random.poisson(2, count))
    _set(columns, rows, duration=np.floor(random.lognormal(5, 0.7, count)))


def _set(columns, rows, **values):
    """Sets columns of some rows."""
    for name, value in values.items():
        columns[name][rows] = value
