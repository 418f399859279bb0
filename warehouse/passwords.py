"""Keep passwords out of what people and programs read: messages, statements, parameters of a run."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

_MASK = "***"
# user:password@ wherever it stands, with a scheme, a wrong one or none; the password may hold slashes and @ itself.
_IN_USER = re.compile(r"(?P<before>(?:[a-zA-Z][\w+.-]*:/+)?[^\s:@'\"=]*:)(?P<password>(?!//)[^\s'\"]*)@")
# password=… in a URL's query, and as libpq writes it, where a value with blanks stands in quotes.
_BY_NAME = re.compile(
    r"(?P<before>\b\w*(?:password|passwd|pwd|secret|token|credential|api_?key|access_?key)\w*\s*=\s*)"
    r"(?P<password>'(?:\\.|[^'\\])*'|\"[^\"]*\"|[^\s&;,'\"]+)",
    re.IGNORECASE,
)


def without_passwords(text: str) -> str:
    """Return a text with each password in it masked, whatever the shape of the URL that holds it."""
    text = _BY_NAME.sub(lambda found: f"{found['before']}{_MASK}", text)
    return _IN_USER.sub(lambda found: f"{found['before']}{_MASK}@" if found["password"] else found[0], text)


def holds_password(text: str) -> bool:
    """Whether there is a password in a text."""
    return without_passwords(text) != text


def split_password(url: str) -> tuple[str, str]:
    """Return a PostgreSQL URL without its password, in libpq's `key='value'`, and the password.

    A URL without a password comes back as it is.
    """
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    password = query.pop("password", unquote(password))
    if not password:
        return url, ""
    named = [_host_and_port(host) for host in hosts.split(",")] if hosts else []
    given = {
        "host": ",".join(host for host, _ in named),
        "port": ",".join(port for _, port in named) if any(port for _, port in named) else "",
        "user": unquote(user),
        "dbname": unquote(parts.path.removeprefix("/")),
        **query,
    }
    return " ".join(f"{name}={_quoted(value)}" for name, value in given.items() if value), password


def _host_and_port(text: str) -> tuple[str, str]:
    """Part a host from its port; an IPv6 address stands in brackets."""
    host, bracket, port = text.rpartition("]")
    if bracket:
        return host.removeprefix("["), port.removeprefix(":")
    host, _, port = text.partition(":")
    return unquote(host), port


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
