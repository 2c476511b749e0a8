"""How curl ends when it does not succeed: its exit codes, and its words."""

from __future__ import annotations

(
    UNSUPPORTED_PROTOCOL,
    BAD_URL,
    NO_PROXY,
    NO_HOST,
    NO_CONNECTION,
    HTTP_ERROR,
    TIMED_OUT,
    TLS_FAILED,
) = (1, 3, 5, 6, 7, 22, 28, 35)
TOO_MANY_REDIRECTS, EMPTY_REPLY, SEND_FAILED, RECEIVE_FAILED = 47, 52, 55, 56
BAD_CERTIFICATE, PARTIAL, PROXY_FAILED, WEIRD_REPLY = 60, 18, 97, 8


class CurlFailure(Exception):
    """A transfer that failed: the exit code, and the sentence behind ``curl: (code)``."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
