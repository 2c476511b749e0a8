"""A path rule that filters cleartext HTTP requests by their Host or by a keyword."""

from __future__ import annotations

from simulator.errors import LabError
from simulator.measures import HttpAction, HttpMeasure
from simulator.roles.isp.flows import Conversation, Flow, Watch, dropped, reset
from simulator.roles.isp.forgery import answer_for_server
from simulator.roles.isp.names import any_of
from simulator.values import PASS, Direction, Inject, Instant, Packet, Segment, Verdict, message
from simulator.wire.banners import BlockPage, draw_block_page
from simulator.wire.client_stream import ClientStreamReader, ProxyTarget, Said
from simulator.wire.http_head import RequestHead
from simulator.wire.pages import CONTENT_TYPE

_REASONS = {
    200: "OK",
    403: "Forbidden",
    451: "Unavailable For Legal Reasons",
}


class HttpRule:
    """Reads the requests that subscribers send in clear, and answers the forbidden in the
    server's stead: with a page, with RSTs, or not at all.

    By name, the Host field counts, and the host in the target of a request to a proxy; by
    keyword, the whole request line and header, whatever the case. With no ports listed, the
    names that clients of SOCKS5 and CONNECT proxies ask for count as well, and the requests
    behind them. TLS is opaque to it.

    The verdict falls on the segment that completes the request's head, however it was cut,
    and nothing that follows in the flow gets through. A page can only be said to HTTP:
    a SOCKS5 client gets RSTs in its place. CONNECT gets 403 rather than 200, which would
    mean that the tunnel stands.
    """

    def __init__(self, name: str, measure: HttpMeasure, page: BlockPage) -> None:
        if (measure.name is None) == (measure.keyword is None):
            raise LabError(message("an HTTP filter takes a name or a keyword, one of the two"))
        if measure.keyword == "":
            raise LabError(message("an empty keyword would be in every request"))
        blocked_by = measure.blocked_by or page.blocked_by or ""
        if not all("!" <= letter <= "~" and letter not in "<>" for letter in blocked_by):
            raise LabError(message("'{text}' is no URI for a Link field", text=blocked_by))
        self.name = name
        self._measure = measure
        self._page = page
        self._blocked_by = blocked_by
        self._forbidden = any_of(
            () if measure.name is None else (measure.name,), measure.subdomains
        )
        self._keyword = (measure.keyword or "").lower().encode()
        scans = not measure.ports
        self._watch: Watch[Said] = Watch(
            name, measure.ports, measure.versions, lambda: ClientStreamReader(proxies=scans)
        )

    def __repr__(self) -> str:
        measure = self._measure
        what = repr(measure.name) if measure.keyword is None else f"keyword {measure.keyword!r}"
        return f"<HttpRule {self.name} {measure.action.value} {what} {measure.ports}>"

    def concerns(self, packet: Packet) -> bool:
        """Tell whether a packet is TCP of the ports looked at."""
        return self._watch.concerns(packet)

    def judge(self, packet: Packet, direction: Direction, flow: Flow, now: Instant) -> Verdict:
        """Return what becomes of a forbidden request and of all that follows it."""
        segment = packet.body
        assert isinstance(segment, Segment)
        conversation = self._watch.conversation(packet, segment, direction, flow)
        if conversation is None:
            return PASS
        if conversation.fate is not None:
            return conversation.fate(packet, now)
        for said in conversation.said(packet, segment):
            seen = self._forbidden_in(said)
            if seen is not None:
                flow.seen[self.name] = seen
                return self._object(said, packet, segment, conversation, now)
        return PASS

    def _forbidden_in(self, said: Said) -> str | None:
        """Return what is forbidden in what a client said, for the journal."""
        if isinstance(said, RequestHead):
            if self._measure.keyword is not None:
                found = self._keyword in said.text.lower()
                return f"keyword {self._measure.keyword}" if found else None
            return next((f"host {host}" for host in said.hosts if self._forbidden(host)), None)
        if isinstance(said, ProxyTarget) and self._measure.keyword is None:
            return f"socks {said.name}" if self._forbidden(said.name) else None
        return None

    def _object(
        self,
        said: Said,
        packet: Packet,
        segment: Segment,
        conversation: Conversation[Said],
        now: Instant,
    ) -> Verdict:
        action = self._measure.action
        if action is HttpAction.DROP:
            conversation.fate = dropped
        elif action is HttpAction.RESET or not isinstance(said, RequestHead):
            conversation.fate = reset
        else:
            assert conversation.stream is not None
            data = self._response(said)
            mss = conversation.stream.mss
            packets, conversation.fate = answer_for_server(packet, segment, data, mss)
            return Inject(packets)
        return conversation.fate(packet, now)

    def _response(self, request: RequestHead) -> bytes:
        """Write the response: RFC 7725 section 4 has the Link of one who blocks."""
        status, links = 451, ""
        if self._measure.action is HttpAction.PAGE:
            status = 403 if request.method == "CONNECT" else 200
        elif self._blocked_by:
            links = f'Link: <{self._blocked_by}>; rel="blocked-by"\r\n'
        body = draw_block_page(self._page, request.hosts[0] if request.hosts else "")
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\n"
            f"Content-Type: {CONTENT_TYPE}\r\n"
            f"Content-Length: {len(body)}\r\n"
            f"{links}Connection: close\r\n\r\n"
        )
        return head.encode("ascii") + (b"" if request.method == "HEAD" else body)
