"""What curl is asked: the words of its command line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from simulator.net.packets import literal_address
from simulator.tools.machine import UsageError, not_simulated
from simulator.tools.options import Option, Options, read_options
from simulator.values import Address, message

PORTS = {"http": 80, "https": 443}
PROXY_PORTS = {"http": 1080, "socks5": 1080, "socks5h": 1080}
"""curl takes 1080 for any proxy whose port is not stated."""

_OPTIONS = (
    Option(("-v", "--verbose")),
    Option(("-I", "--head")),
    Option(("-i", "--include")),
    Option(("-L", "--location")),
    Option(("-k", "--insecure")),
    Option(("-s", "--silent")),
    Option(("-S", "--show-error")),
    Option(("-f", "--fail")),
    Option(("-4", "--ipv4")),
    Option(("-6", "--ipv6")),
    Option(("-p", "--proxytunnel")),
    Option(("-o", "--output"), takes=True),
    Option(("-H", "--header"), takes=True),
    Option(("-A", "--user-agent"), takes=True),
    Option(("-X", "--request"), takes=True),
    Option(("-x", "--proxy"), takes=True),
    Option(("--socks5",), takes=True),
    Option(("--socks5-hostname",), takes=True),
    Option(("--noproxy",), takes=True),
    Option(("--resolve",), takes=True),
    Option(("--connect-to",), takes=True),
    Option(("--doh-url",), takes=True),
    Option(("-m", "--max-time"), takes=True),
    Option(("--connect-timeout",), takes=True),
    Option(("--max-redirs",), takes=True),
    Option(("-w", "--write-out"), takes=True),
    Option(("--url",), takes=True),
    Option(("--http1.1",)),
    Option(("--no-progress-meter",)),
)
_REFUSED = (
    *("-d", "--data", "--data-raw", "-F", "--form", "-T", "--upload-file", "-O", "--remote-name"),
    *("--http2", "--http2-prior-knowledge", "--http3", "--http3-only", "--http1.0", "-0"),
    *("--ech", "--compressed", "--interface", "--dns-servers", "--dns-interface", "-u", "--user"),
    *("-b", "--cookie", "-c", "--cookie-jar", "-E", "--cert", "--cacert", "--capath", "--tlsv1.2"),
    *("--tlsv1.3", "--tls-max", "--ciphers", "-Z", "--parallel", "-K", "--config", "--retry"),
    *("--trace", "--trace-ascii", "--socks4", "--socks4a", "--preproxy", "-U", "--proxy-user"),
    *(
        "-e",
        "--referer",
        "-r",
        "--range",
        "-C",
        "--hsts",
        "--alt-svc",
        "--happy-eyeballs-timeout-ms",
    ),
    *("-D", "--dump-header", "-J", "-#", "--progress-bar", "-N", "-q", "-n", "-G", "--get", "-j"),
    *("--path-as-is", "--unix-socket", "--pinnedpubkey", "--limit-rate", "--stderr"),
)
_NOWHERE = ("/dev/null", "NUL", os.devnull)


class Place(NamedTuple):
    """A host, by name or address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"


class Url(NamedTuple):
    """A URL in the parts that a request needs."""

    scheme: str
    place: Place
    target: str
    text: str

    @property
    def authority(self) -> str:
        """What goes into Host: the port only if it is not the scheme's own."""
        host = bracketed(self.place.host)
        return host if self.place.port == PORTS[self.scheme] else str(self.place)


class ProxyChoice(NamedTuple):
    """A proxy: ``http``, ``socks5`` (names resolved here) or ``socks5h`` (there)."""

    kind: str
    place: Place


class BadUrl(Exception):
    """A URL that curl does not take: its status, and its words."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class CurlOptions:
    """All that a command line asks for. Times are in seconds, None without a limit."""

    urls: tuple[str, ...]
    verbose: bool
    head: bool
    include: bool
    follow: bool
    insecure: bool
    silent: bool
    fail: bool
    show_body: bool
    versions: tuple[int, ...]
    method: str
    headers: tuple[str, ...]
    agent: str | None
    proxy: ProxyChoice | None
    no_proxy: bool
    tunnel: bool
    resolved: dict[Place, tuple[Address, ...]]
    redirected: tuple[tuple[str, str, str, str], ...]
    """``--connect-to``: host, port, other host, other port; empty ones mean any, or the same."""
    doh_url: str | None
    max_time: float | None
    connect_timeout: float
    max_redirects: int
    write_out: str


def read_curl(arguments: Sequence[str]) -> CurlOptions:
    """Return what a command line asks; raise `UsageError` for what the lab's curl refuses."""
    given = read_options(arguments, _OPTIONS, _REFUSED)
    urls = (*given.all("--url"), *given.operands)
    if not urls:
        raise UsageError(message("a URL is needed"))
    head = "-I" in given
    method = given.last("-X") or ("HEAD" if head else "GET")
    if method not in ("GET", "HEAD"):
        raise not_simulated(f"-X {method}")
    for file in given.all("-o"):
        if file not in _NOWHERE:
            raise UsageError(
                message("the lab's curl writes no files: -o takes only {file}", file=os.devnull)
            )
    return CurlOptions(
        urls=urls,
        verbose="-v" in given,
        head=head,
        include="-i" in given or head,
        follow="-L" in given,
        insecure="-k" in given,
        silent="-s" in given and "-S" not in given,
        fail="-f" in given,
        show_body="-o" not in given and not head,
        versions=_versions(given),
        method=method,
        headers=tuple(given.all("-H")),
        agent=given.last("-A"),
        proxy=_proxy(given),
        no_proxy=given.last("--noproxy") == "*",
        tunnel="-p" in given,
        resolved=dict(_resolved(text) for text in given.all("--resolve")),
        redirected=tuple([_connect_to(text) for text in given.all("--connect-to")]),
        doh_url=given.last("--doh-url"),
        max_time=given.number("-m", 0.0) or None,
        connect_timeout=given.number("--connect-timeout", 0.0) or 300.0,
        max_redirects=given.whole("--max-redirs", 50),
        write_out=given.last("-w") or "",
    )


def read_url(text: str) -> Url:
    """Return the parts of a URL; one without a scheme is http, as curl guesses. `BadUrl`."""
    whole = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(whole)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadUrl(3, f"URL using bad/illegal format or missing URL: {text}") from None
    if parts.scheme not in PORTS:
        known = f'Protocol "{parts.scheme}" not supported or disabled in libcurl'
        raise BadUrl(1, known)
    if not host or not whole.isascii() or any(each <= " " for each in whole):
        raise BadUrl(3, "URL using bad/illegal format or missing URL")
    place = Place(literal_address(host) or host, PORTS[parts.scheme] if port is None else port)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(parts.scheme, place, target, whole)


def bracketed(host: str) -> str:
    """Return a host as a URL has it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def _versions(given: Options) -> tuple[int, ...]:
    if "-4" in given:
        return (4,)
    return (6,) if "-6" in given else (4, 6)


def _proxy(given: Options) -> ProxyChoice | None:
    for name, kind in (("--socks5-hostname", "socks5h"), ("--socks5", "socks5"), ("-x", "http")):
        text = given.last(name)
        if text:
            return _read_proxy(text, kind)
    return None


def _read_proxy(text: str, kind: str) -> ProxyChoice:
    scheme, mark, rest = text.partition("://")
    if mark:
        kind, text = scheme.lower(), rest
    if kind not in PROXY_PORTS:
        raise not_simulated(f"-x {kind}://")
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or "@" in text:
        raise UsageError(message("'{text}' names no proxy: say host:port", text=text))
    return ProxyChoice(kind, Place(literal_address(host) or host, port or PROXY_PORTS[kind]))


def _resolved(text: str) -> tuple[Place, tuple[Address, ...]]:
    host, _, rest = text.lstrip("+").partition(":")
    port, _, listed = rest.partition(":")
    addresses = [literal_address(each.strip("[]")) for each in listed.split(",")]
    known = tuple([address for address in addresses if address is not None])
    if not host or not port.isdigit() or not known or len(known) < len(addresses):
        raise UsageError(message("--resolve takes host:port:address, not '{text}'", text=text))
    return Place(host.lower(), int(port)), known


def _connect_to(text: str) -> tuple[str, str, str, str]:
    parts = _split_places(text)
    if len(parts) != 4 or any(port and not port.isdigit() for port in (parts[1], parts[3])):
        raise UsageError(message("--connect-to takes host:port:host:port, not '{text}'", text=text))
    return parts[0].lower(), parts[1], parts[2], parts[3]


def _split_places(text: str) -> list[str]:
    """Cut at colons, but not inside the brackets of an IPv6 address."""
    parts, inside = [""], False
    for letter in text:
        if letter in "[]":
            inside = letter == "["
        elif letter == ":" and not inside:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
