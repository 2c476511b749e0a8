"""openssl s_client: shakes hands and shows the certificates that a server has."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

from simulator.net.packets import literal_address
from simulator.roles.probe.certificates import onlooker_context
from simulator.tools.certificate_text import CertificateText, certificate_text, signed_by
from simulator.tools.curl_options import Place
from simulator.tools.kernel_words import in_words, number_of
from simulator.tools.machine import Machine, Output, UsageError, not_simulated
from simulator.tools.options import Option, Options, read_options
from simulator.tools.stream import Stream
from simulator.tools.tls_messages import TlsMessage, chain_in, listen
from simulator.values import message

USAGE = "openssl s_client -connect host:port [-servername name|-noservername] [-showcerts] [-4|-6]"
_OPTIONS = (
    Option(("-connect",), takes=True),
    Option(("-servername",), takes=True),
    Option(("-noservername",)),
    Option(("-showcerts",)),
    Option(("-alpn",), takes=True),
    Option(("-4",)),
    Option(("-6",)),
)
_REFUSED = (
    *(
        "-proxy",
        "-starttls",
        "-cert",
        "-key",
        "-CAfile",
        "-CApath",
        "-verify",
        "-tls1_2",
        "-tls1_3",
    ),
    *("-verify_return_error", "-brief", "-msg", "-debug", "-state", "-tlsextdebug", "-status"),
    *("-reconnect", "-quiet", "-cipher", "-ciphersuites", "-curves", "-verify_hostname", "-ech"),
)
_OTHER_COMMANDS = ("x509", "verify", "ciphers", "version", "s_server", "req", "rsa", "ec", "dgst")
FAILED = 1
_SELF_SIGNED, _NO_ISSUER, _FIRST_UNVERIFIED = 18, 20, 21
_VERDICTS = {
    0: "ok",
    _SELF_SIGNED: "self-signed certificate",
    _NO_ISSUER: "unable to get local issuer certificate",
    _FIRST_UNVERIFIED: "unable to verify the first certificate",
}
"""X509_V_ERR_* of OpenSSL, those that a chain without dates can come to."""
PATIENCE = 127.0
"""Seconds after which a kernel gives up a SYN."""


async def openssl(machine: Machine, arguments: Sequence[str], output: Output) -> int:
    """Run ``openssl s_client`` on a machine and return its exit status."""
    if not arguments or arguments[0] != "s_client":
        raise _no_command(arguments)
    options = read_options(arguments[1:], _OPTIONS, _REFUSED, clusters=False)
    place = _place(options)
    return await _Client(machine, options, place, output).run()


def _no_command(arguments: Sequence[str]) -> UsageError:
    if arguments and arguments[0] == "x509":
        return UsageError(
            message(
                "the lab's openssl has only s_client: send its output into your own openssl x509"
            )
        )
    if arguments and arguments[0] in _OTHER_COMMANDS:
        return not_simulated(f"openssl {arguments[0]}")
    return UsageError(message("the lab's openssl has one command: s_client"))


def _place(options: Options) -> Place:
    text = options.last("-connect") or (options.operands[0] if options.operands else "")
    host, mark, port = text.rpartition(":")
    if not mark or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise UsageError(message("-connect takes host:port, not '{text}'", text=text))
    host = host.strip("[]")
    return Place(literal_address(host) or host.lower(), int(port))


class _Client:
    def __init__(self, machine: Machine, options: Options, place: Place, output: Output) -> None:
        self._machine = machine
        self._options = options
        self._place = place
        self._output = output
        self._chain: tuple[bytes, ...] = ()
        self._line = output.line

    async def run(self) -> int:
        stream = await self._connect()
        if stream is None:
            return FAILED
        self._line("CONNECTED(00000003)")
        context = onlooker_context()
        if self._options.last("-alpn") is not None:
            context.set_alpn_protocols((self._options.last("-alpn") or "").split(","))
        listen(context, self._heard)
        tls: ssl.SSLObject | None = None
        problem: OSError | None = None
        try:
            async with asyncio.timeout(PATIENCE):
                tls = await stream.secure(context, self._server_name())
        except OSError as error:
            problem = error
        verdict = self._verdict()
        self._tell_verification(verdict)
        self._show(stream, tls, verdict)
        if problem is not None:
            stream.abort()
            self._tell_problem(problem)
            return FAILED
        await stream.close()
        self._line("DONE")
        return 0

    def _heard(self, heard: TlsMessage) -> None:
        self._chain = chain_in(heard) or self._chain

    def _server_name(self) -> str | None:
        """Return what goes into the ClientHello: the host, unless it is an address."""
        if "-noservername" in self._options:
            return None
        stated = self._options.last("-servername")
        if stated is not None:
            return stated
        return None if literal_address(self._place.host) is not None else self._place.host

    # --- connecting -------------------------------------------------------------------------

    async def _connect(self) -> Stream | None:
        versions = (4,) if "-4" in self._options else (6,) if "-6" in self._options else (4, 6)
        literal = literal_address(self._place.host)
        if literal is not None:
            addresses: tuple[str, ...] = (literal,)
        else:
            found = await self._machine.resolve(self._place.host, versions)
            addresses = () if found is None else found.addresses
        if not self._machine.has_ipv6 and literal is None:
            addresses = tuple([each for each in addresses if ":" not in each])
        if not addresses:
            self._output.complain(f"{self._place.host}: Name or service not known")
            self._output.complain("connect:errno=0")
            return None
        last: OSError | None = None
        for address in addresses:
            loop = asyncio.get_running_loop()
            try:
                _, stream = await loop.create_connection(Stream, address, self._place.port)
            except OSError as error:
                last = error
            else:
                return stream
        assert last is not None
        self._output.complain(f"calling connect(): {in_words(last)}")
        self._output.complain(f"connect:errno={number_of(last)}")
        return None

    # --- verifying --------------------------------------------------------------------------

    def _verdict(self) -> list[int]:
        """Return what is wrong with the chain, by OpenSSL's numbers, worst last.

        Signatures only: s_client compares no names, and dates are the real calendar's.
        """
        if not self._chain:
            return []
        for below, above in zip(self._chain, self._chain[1:], strict=False):
            if not signed_by(below, above):
                return [_NO_ISSUER, _FIRST_UNVERIFIED]
        last = self._chain[-1]
        root = ssl.PEM_cert_to_DER_cert(self._machine.lab.web.authority.root_pem)
        if last == root or signed_by(last, root):
            return []
        if signed_by(last, last):
            return [_SELF_SIGNED]
        return [_NO_ISSUER] if len(self._chain) > 1 else [_NO_ISSUER, _FIRST_UNVERIFIED]

    def _tell_verification(self, verdict: list[int]) -> None:
        texts = [certificate_text(each) for each in self._chain]
        for number in verdict:
            self._depth(texts, 0)
            self._output.complain(f"verify error:num={number}:{_VERDICTS[number]}")
            self._output.complain("verify return:1")
        for depth in range(len(texts) - 1, -1, -1):
            self._depth(texts, depth)
            self._output.complain("verify return:1")

    def _depth(self, texts: Sequence[CertificateText | None], depth: int) -> None:
        text = texts[depth]
        subject = "?" if text is None else _name(text.subject)
        self._output.complain(f"depth={depth} {subject}")

    # --- showing ----------------------------------------------------------------------------

    def _show(self, stream: Stream, tls: ssl.SSLObject | None, verdict: list[int]) -> None:
        line = self._line
        line("---")
        if self._chain:
            self._show_chain()
        else:
            line("no peer certificate available")
        line("---")
        line("No client certificate CA names sent")
        line("---")
        read, written = stream.octets_read, stream.octets_written
        line(f"SSL handshake has read {read} bytes and written {written} bytes")
        code = verdict[-1] if verdict else 0
        line("Verification: OK" if code == 0 else f"Verification error: {_VERDICTS[code]}")
        line("---")
        cipher = None if tls is None else tls.cipher()
        if tls is None or cipher is None:
            line("New, (NONE), Cipher is (NONE)")
        else:
            line(f"New, {tls.version()}, Cipher is {cipher[0]}")
        line("Secure Renegotiation IS NOT supported")
        line("Compression: NONE")
        line("Expansion: NONE")
        protocol = None if tls is None else tls.selected_alpn_protocol()
        line("No ALPN negotiated" if protocol is None else f"ALPN protocol: {protocol}")
        line("Early data was not sent")
        line(f"Verify return code: {code} ({_VERDICTS[code]})")
        line("---")

    def _show_chain(self) -> None:
        line = self._line
        line("Certificate chain")
        texts = [certificate_text(each) for each in self._chain]
        for depth, text in enumerate(texts):
            if text is None:
                continue
            line(f" {depth} s:{_name(text.subject)}")
            line(f"   i:{_name(text.issuer)}")
            line(f"   a:PKEY: {text.key}, {text.key_bits} (bit); sigalg: {text.signature}")
            line(f"   v:NotBefore: {text.begins}; NotAfter: {text.ends}")
            if "-showcerts" in self._options:
                line(text.pem)
        own = texts[0]
        line("---")
        line("Server certificate")
        if own is not None:
            if "-showcerts" not in self._options:
                line(own.pem)
            line(f"subject={_name(own.subject)}")
            line(f"issuer={_name(own.issuer)}")

    def _tell_problem(self, problem: OSError) -> None:
        if isinstance(problem, ssl.SSLEOFError):
            self._output.complain("write:errno=0")
        elif isinstance(problem, ssl.SSLError):
            why = (problem.reason or str(problem)).replace("_", " ").lower()
            self._output.complain(f"error:{why}")
        else:
            self._output.complain(f"write:errno={number_of(problem)}")


def _name(parts: Sequence[str]) -> str:
    return ", ".join(part.replace("=", " = ", 1) for part in parts)
