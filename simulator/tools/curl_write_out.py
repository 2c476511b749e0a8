"""``curl -w``: facts about a transfer in a format of one's own."""

from __future__ import annotations

import re

from simulator.tools.curl_options import Url
from simulator.tools.curl_transfer import Fetched
from simulator.tools.machine import not_simulated

_VARIABLE = re.compile(r"%\{([a-z_]+)\}|%%|\\([nrt\\])")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}


def written_out(
    template: str, url: Url | None, fetched: Fetched | None, began: float, redirects: int
) -> str:
    """Return a format with its variables filled in; after a failure they are mostly zero.

    Raises `UsageError` for a variable that the lab does not know.
    """
    values = _values(url, fetched, began, redirects)

    def fill(match: re.Match[str]) -> str:
        name, escape = match[1], match[2]
        if name is None:
            return _ESCAPES[escape] if escape is not None else "%"
        if name not in values:
            raise not_simulated(f"-w %{{{name}}}")
        return values[name]

    return _VARIABLE.sub(fill, template)


def _values(
    url: Url | None, fetched: Fetched | None, began: float, redirects: int
) -> dict[str, str]:
    def since(instant: float | None) -> str:
        return f"{0.0 if instant is None else instant - began:.6f}"

    got = fetched
    secured = got is not None and url is not None and url.scheme == "https"
    code = f"{0 if got is None else got.status:03d}"
    return {
        "http_code": code,
        "response_code": code,
        "remote_ip": "" if got is None else got.address,
        "remote_port": "" if got is None or url is None else str(url.place.port),
        "url_effective": "" if url is None else url.text,
        "scheme": "" if url is None else url.scheme.upper(),
        "content_type": "" if got is None else got.header("content-type") or "",
        "redirect_url": "" if got is None else got.header("location") or "",
        "size_download": str(0 if got is None else len(got.body)),
        "num_redirects": str(redirects),
        "num_connects": str(0 if got is None else redirects + 1),
        "http_version": "0" if got is None else "1.1",
        "time_namelookup": since(None if got is None else got.resolved_at),
        "time_connect": since(None if got is None else got.connected_at),
        "time_appconnect": since(got.secured_at if got is not None and secured else None),
        "time_starttransfer": since(None if got is None else got.first_octet_at),
        "time_total": since(None if got is None else got.ended_at),
    }
