"""Addresses such as s3://bucket/rows.csv, and what of them is never shown: passwords and signatures."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

__all__ = ["ADDRESS", "is_address", "scheme_of", "with_secrets", "without_secrets"]

ADDRESS = re.compile(r"(?<![\w+.-])([A-Za-z][A-Za-z0-9+.-]*)://[^\s'\"<>]+")
"""An address, wherever in a text it stands."""

LONG = 40
"""Characters of a value of a query from which it may be a key, and is not shown."""

_SECRET = re.compile(
    r"(?i)^x-(amz|goog|ms)-|sig|token|key|secret|pass|pwd|cred|auth|expires|policy|accessid|session"
)
_BARE_USER = re.compile(r"(?i)^(https?|ftps?)$")

_SHOWN: dict[str, str] = {}
"""The whole of each address that was given with secrets, by what is shown of it; never written anywhere."""


def scheme_of(text: str) -> str:
    """The scheme of an address.

    Args:
        text: Any text.

    Returns:
        Such as "s3"; "" for a text that does not begin with an address.
    """
    found = ADDRESS.match(text)
    return found[1].lower() if found else ""


def is_address(text: str) -> bool:
    """Whether a text begins with an address, as paths and names do not.

    Args:
        text: Any text.

    Returns:
        Whether it does.
    """
    return bool(scheme_of(text))


def without_secrets(text: str) -> str:
    """A text whose addresses have no passwords, tokens and signatures, as it is shown and saved.

    What was left out is remembered in this process alone, for `with_secrets`.

    Args:
        text: A text in which addresses may stand, such as an argument or a message.

    Returns:
        The text. In it an address keeps its user, but not a password; of a web address, whose user may be a
        token, nothing before the host; and of its query what is neither called like a secret nor long.
    """
    for shown, whole in _SHOWN.items():
        text = text.replace(whole, shown)
    return ADDRESS.sub(lambda found: _remembered(found[0]), text)


def with_secrets(text: str) -> str:
    """A text with what `without_secrets` left out of its addresses, to open them by.

    Args:
        text: What `without_secrets` gave.

    Returns:
        The text as it was given in this process; unchanged if it was not.
    """
    return ADDRESS.sub(lambda found: _SHOWN.get(found[0], found[0]), text)


def _remembered(address):
    shown = _shown(address)
    if shown != address:
        _SHOWN[shown] = address
    return shown


def _shown(address):
    """An address without its secrets."""
    scheme, _, rest = address.partition("://")
    place, mark, query = rest.partition("?")
    place = _without_password(scheme, place)
    pairs = parse_qsl(query.partition("#")[0], keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not _SECRET.search(name)]
    if any(name == "sig" for name, _ in pairs):  # of Azure, where all of the query belongs to it
        kept = []
    if kept == pairs and all(len(value) < LONG for _, value in pairs):
        return f"{scheme}://{place}{mark}{query}"
    short = [(name, value if len(value) < LONG else "...") for name, value in kept]
    query = urlencode(short, safe="/:,.")
    return f"{scheme}://{place}{'?' * bool(query)}{query}"


def _without_password(scheme, place):
    """The host and path of an address, with the user where that is no secret."""
    host, slash, path = place.partition("/")
    if "@" not in host and re.search(r":(?!\d*$)", host) and "@" in path:  # a password that holds a slash
        user, _, place = place.rpartition("@")
    elif "@" in host:
        user, _, host = host.rpartition("@")
        place = host + slash + path
    else:
        return place
    name = user.partition(":")[0]
    return place if _BARE_USER.match(scheme) or not name else f"{name}@{place}"
