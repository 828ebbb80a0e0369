"""A generator of network connections: what common services look like, and four kinds of attacks on them."""

from __future__ import annotations

import numpy as np

from keras_ae.data.tables.csv_file import Column

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
"""Share of normal connections, protocol, mean duration in seconds, logarithms of bytes sent and received."""

SHARES = (0.80, 0.08, 0.07, 0.04, 0.01)
"""Of normal connections, denials of service, probes, remote to local, user to root."""

LOGGED_IN = ("http", "smtp", "ftp", "ssh")


def generate_connections(count: int, fields: tuple[str, ...], random: np.random.Generator):
    """So many connections as columns of the fields, and the kind of each, (n,): 0 for normal ones."""
    kinds = random.choice(len(SHARES), count, p=SHARES)
    held = {name: np.zeros(count) for name in fields}
    _normal(held, random)
    for number, attack in enumerate((_flood, _scan, _guess, _take_over), 1):
        rows = np.flatnonzero(kinds == number)
        attack(held, rows, random)
    for name in held:
        if name.endswith("_rate"):
            held[name] = np.round(held[name].astype(np.float64).clip(0, 1), 2)
    columns = {}
    for name, values in held.items():
        if values.dtype == object:
            words, codes = np.unique(values.astype(str), return_inverse=True)
            columns[name] = Column(name, "text", codes.astype(np.int32), tuple(words.tolist()))
        else:
            columns[name] = Column(name, "number", values)
    return columns, kinds.astype(np.int64)


def _normal(held, random):
    count = len(held["duration"])
    names = np.array(list(SERVICES), object)
    service = random.choice(len(names), count, p=[facts[0] for facts in SERVICES.values()])
    facts = np.array([facts[2:] for facts in SERVICES.values()])[service]
    held["service"] = names[service]
    held["protocol_type"] = np.array([facts[1] for facts in SERVICES.values()], object)[service]
    held["flag"] = random.choice(
        np.array(["SF", "REJ", "S1", "RSTO"], object), count, p=[0.95, 0.03, 0.01, 0.01]
    )
    done = held["flag"] == "SF"
    held["duration"] = np.floor(random.exponential(facts[:, 0] + 1e-9)) * done
    held["src_bytes"] = np.floor(random.lognormal(facts[:, 1], 0.6)) * done
    held["dst_bytes"] = np.floor(random.lognormal(facts[:, 2], 0.8)) * done * (facts[:, 2] > 0)
    held["logged_in"] = (np.isin(held["service"].astype(str), LOGGED_IN) & done).astype(float)
    held["is_guest_login"] = ((held["service"] == "ftp") & (random.uniform(size=count) < 0.3)).astype(float)
    held["hot"] = held["is_guest_login"] * random.poisson(1.5, count)
    held["count"] = 1.0 + random.geometric(0.12, count)
    held["srv_count"] = 1.0 + np.floor(held["count"] * random.beta(6, 1, count))
    refused = (held["flag"] == "REJ").astype(float)
    for name in ("rerror_rate", "srv_rerror_rate", "dst_host_rerror_rate", "dst_host_srv_rerror_rate"):
        held[name] = np.where(refused > 0, random.beta(5, 2, count), random.beta(0.2, 12, count))
    for name in ("serror_rate", "srv_serror_rate", "dst_host_serror_rate", "dst_host_srv_serror_rate"):
        held[name] = random.beta(0.2, 15, count)
    held["same_srv_rate"] = random.beta(20, 1, count)
    held["diff_srv_rate"] = (1 - held["same_srv_rate"]) * random.uniform(size=count)
    held["srv_diff_host_rate"] = random.beta(0.6, 5, count)
    held["dst_host_count"] = np.floor(random.uniform(1, 256, count))
    held["dst_host_srv_count"] = np.floor(held["dst_host_count"] * random.beta(5, 1, count)) + 1
    held["dst_host_same_srv_rate"] = random.beta(8, 1, count)
    held["dst_host_diff_srv_rate"] = random.beta(0.5, 20, count)
    held["dst_host_same_src_port_rate"] = random.beta(0.4, 6, count)
    held["dst_host_srv_diff_host_rate"] = random.beta(0.5, 15, count)


def _flood(held, rows, random):
    """Half-open connections to one port, far more than answers."""
    few = len(rows)
    _set(
        held,
        rows,
        protocol_type="tcp",
        service="private",
        flag="S0",
        duration=0.0,
        src_bytes=0.0,
        dst_bytes=0.0,
    )
    _set(held, rows, logged_in=0.0, hot=0.0, is_guest_login=0.0, count=np.floor(random.uniform(80, 512, few)))
    _set(held, rows, srv_count=np.floor(random.uniform(1, 25, few)), same_srv_rate=random.beta(1, 12, few))
    for name in ("serror_rate", "srv_serror_rate", "dst_host_serror_rate", "dst_host_srv_serror_rate"):
        held[name][rows] = random.beta(30, 1, few)
    _set(held, rows, diff_srv_rate=random.beta(2, 25, few), dst_host_count=255.0)


def _scan(held, rows, random):
    """One source that tries many services or hosts."""
    few = len(rows)
    services = np.array(["private", "other", "eco_i", "finger", "telnet", "http"], object)
    service = random.choice(services, few)
    protocol = np.where(service == "eco_i", "icmp", "tcp").astype(object)
    _set(
        held,
        rows,
        service=service,
        protocol_type=protocol,
        logged_in=0.0,
        hot=0.0,
        duration=0.0,
        dst_bytes=0.0,
    )
    _set(held, rows, flag=random.choice(np.array(["REJ", "RSTR", "SH", "SF"], object), few), src_bytes=8.0)
    _set(held, rows, count=1.0 + random.poisson(3, few), srv_count=1.0 + random.poisson(1, few))
    for name in ("rerror_rate", "srv_rerror_rate", "dst_host_rerror_rate", "dst_host_srv_rerror_rate"):
        held[name][rows] = random.beta(3, 2, few)
    _set(held, rows, same_srv_rate=random.beta(2, 6, few), diff_srv_rate=random.beta(4, 3, few))
    _set(
        held,
        rows,
        dst_host_diff_srv_rate=random.beta(4, 3, few),
        dst_host_same_srv_rate=random.beta(1, 10, few),
    )


def _guess(held, rows, random):
    """Passwords tried again and again."""
    few = len(rows)
    services = random.choice(np.array(["ftp", "telnet", "pop_3"], object), few)
    _set(held, rows, service=services, protocol_type="tcp", flag="RSTO", logged_in=0.0, is_guest_login=0.0)
    _set(
        held,
        rows,
        num_failed_logins=1.0 + random.poisson(1, few),
        duration=np.floor(random.uniform(0, 6, few)),
    )
    _set(held, rows, hot=1.0, src_bytes=np.floor(random.normal(125, 6, few)))
    _set(held, rows, dst_bytes=np.floor(random.normal(180, 8, few)))


def _take_over(held, rows, random):
    """A session that ends with the rights of the administrator."""
    few = len(rows)
    _set(held, rows, service="telnet", protocol_type="tcp", flag="SF", logged_in=1.0, root_shell=1.0)
    _set(held, rows, num_root=1.0 + random.poisson(3, few), num_file_creations=1.0 + random.poisson(2, few))
    _set(held, rows, num_compromised=1.0 + random.poisson(2, few), hot=2.0 + random.poisson(2, few))
    _set(held, rows, duration=np.floor(random.lognormal(5, 0.7, few)))


def _set(held, rows, **values):
    for name, value in values.items():
        held[name][rows] = value
