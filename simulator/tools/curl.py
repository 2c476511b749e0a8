"""curl: fetches URLs, and with -v tells each stage of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urljoin

from simulator.tools.curl_failures import HTTP_ERROR, TOO_MANY_REDIRECTS, CurlFailure
from simulator.tools.curl_options import BadUrl, CurlOptions, Url, read_curl, read_url
from simulator.tools.curl_transfer import Fetched, Transfer
from simulator.tools.curl_write_out import written_out
from simulator.tools.machine import Machine, Output

USAGE = (
    "curl [-v] [-I] [-i] [-L] [-k] [-s] [-S] [-f] [-4|-6] [-m seconds] [-H field] [-A agent]"
    " [-x proxy] [--socks5-hostname host:port] [--resolve host:port:address]"
    " [--connect-to host:port:host:port] [--doh-url url] [-w format] [-o /dev/null] url …"
)
_REDIRECTS = (301, 302, 303, 307, 308)


async def curl(machine: Machine, arguments: Sequence[str], output: Output) -> int:
    """Run curl on a machine and return its exit status, that of the last URL."""
    options = read_curl(arguments)
    status = 0
    for url in options.urls:
        status = await _Curl(machine, options, output).run(url)
    return status


class _Curl:
    def __init__(self, machine: Machine, options: CurlOptions, output: Output) -> None:
        self._machine = machine
        self._options = options
        self._output = output
        self._connections = 0
        self._redirects = 0

    async def run(self, text: str) -> int:
        began = self._machine.now
        fetched: Fetched | None = None
        failure: CurlFailure | None = None
        url: Url | None = None
        try:
            url = read_url(text)
            for place, addresses in self._options.resolved.items():
                listed = ",".join(addresses)
                self._note(f"* Added {place.host}:{place.port}:{listed} to DNS cache")
            url, fetched = await self._follow(url)
            self._check(fetched)
        except BadUrl as error:
            failure = CurlFailure(error.status, str(error))
        except CurlFailure as error:
            failure = error
        if self._options.write_out:
            self._output.out(
                written_out(self._options.write_out, url, fetched, began, self._redirects)
            )
        if failure is None:
            return 0
        if not self._options.silent:
            self._output.complain(f"curl: ({failure.status}) {failure.text}")
        return failure.status

    def _note(self, line: str) -> None:
        if self._options.verbose:
            self._output.complain(line)

    async def _follow(self, url: Url) -> tuple[Url, Fetched]:
        """Fetch a URL and, with -L, what it leads to."""
        limit = self._options.max_time
        deadline = None if limit is None else asyncio.get_running_loop().time() + limit
        while True:
            number, self._connections = self._connections, self._connections + 1
            transfer = Transfer(self._machine, self._options, url, number, self._note)
            fetched = await transfer.run(deadline)
            leads = fetched.header("location") if fetched.status in _REDIRECTS else None
            last = leads is None or not self._options.follow
            self._show(fetched, body=last)
            await transfer.finish(fetched)
            if leads is None or last:
                return url, fetched
            if self._redirects >= self._options.max_redirects:
                most = self._options.max_redirects
                raise CurlFailure(TOO_MANY_REDIRECTS, f"Maximum ({most}) redirects followed")
            self._redirects += 1
            url = read_url(urljoin(url.text, leads))
            self._note(f"* Issue another request to this URL: '{url.text}'")

    def _show(self, fetched: Fetched, *, body: bool) -> None:
        if self._options.include:
            self._output.out(fetched.head.replace("\r\n", "\n"))
        if body and self._options.show_body and not self._is_error(fetched):
            self._output.out(fetched.body.decode("utf-8", "replace"))

    def _is_error(self, fetched: Fetched) -> bool:
        return self._options.fail and fetched.status >= 400

    def _check(self, fetched: Fetched) -> None:
        if self._is_error(fetched):
            raise CurlFailure(HTTP_ERROR, f"The requested URL returned error: {fetched.status}")
