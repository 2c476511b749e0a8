"""Programs as their own documentation writes them, on hosts of the virtual Internet."""

from __future__ import annotations

import asyncio
import io
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web

from simulator.net import VirtualSocket


async def bobs_lookup(name: str, version: int) -> list[str]:
    addresses = {4: ["198.51.100.20"], 6: ["2001:db8:3::20"]}
    return addresses.get(version) or addresses[6] + addresses[4]


@pytest.fixture
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("bob.test").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


async def serve_app(app: web.Application, port: int = 80, **options: Any) -> web.AppRunner:
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, port=port, **options).start()
    return runner


def test_aiohttp_server_and_client_as_in_their_tutorial(internet: Any) -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(text=f"Hello, {request.match_info['name']} from {request.remote}")

    async def server() -> web.AppRunner:
        app = web.Application()
        app.add_routes([web.get("/{name}", handle)])
        return await serve_app(app)

    async def client() -> list[tuple[int, str]]:
        async with aiohttp.ClientSession() as session:
            answers = []
            for name in ("one", "two"):
                async with session.get(f"http://bob.test/{name}") as response:
                    answers.append((response.status, await response.text()))
            return answers

    internet.alice.lookup = bobs_lookup
    internet.on(internet.bob, server())
    assert internet.on(internet.alice, client()) == [
        (200, "Hello, one from 2001:db8:1::10"),
        (200, "Hello, two from 2001:db8:1::10"),
    ]


def test_aiohttp_without_a_single_real_socket(internet: Any) -> None:
    """Trap 4: `socket_factory` and a DNS cache that is off are all that it takes."""

    async def client() -> str:
        connector = aiohttp.TCPConnector(
            socket_factory=lambda info: VirtualSocket(*info[:3]),  # type: ignore[arg-type, return-value]
            use_dns_cache=False,
            force_close=True,
        )
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get("http://bob.test/x") as response,
        ):
            return await response.text()

    async def server() -> None:
        async def handle(request: web.Request) -> web.Response:
            return web.Response(text="fine")

        app = web.Application()
        app.add_routes([web.get("/x", handle)])
        await serve_app(app)

    internet.alice.lookup = bobs_lookup
    internet.on(internet.bob, server())
    assert internet.on(internet.alice, client()) == "fine"


def test_https_with_a_verified_certificate(
    internet: Any, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    async def server() -> None:
        async def handle(request: web.Request) -> web.Response:
            assert request.secure
            return web.Response(text="sealed")

        app = web.Application()
        app.add_routes([web.get("/", handle)])
        await serve_app(app, 443, ssl_context=contexts[0])

    async def client(context: ssl.SSLContext) -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.get("https://bob.test/", ssl=context) as response,
        ):
            return await response.text()

    internet.alice.lookup = bobs_lookup
    internet.on(internet.bob, server())
    assert internet.on(internet.alice, client(contexts[1])) == "sealed"
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        internet.on(internet.alice, client(ssl.create_default_context()))


def test_tls_over_plain_streams(
    internet: Any, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    async def server() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write((await reader.readline()).upper())
            await writer.drain()
            writer.close()

        await asyncio.start_server(handle, "198.51.100.20", 853, ssl=contexts[0])

    async def client() -> tuple[bytes, str | None]:
        reader, writer = await asyncio.open_connection(
            "198.51.100.20", 853, ssl=contexts[1], server_hostname="bob.test"
        )
        writer.write(b"quiet\n")
        line = await reader.readline()
        version = writer.get_extra_info("ssl_object").version()
        writer.close()
        await writer.wait_closed()
        return line, version

    internet.on(internet.bob, server())
    assert internet.on(internet.alice, client()) == (b"QUIET\n", "TLSv1.3")


def test_web_sockets(internet: Any) -> None:
    async def server() -> None:
        async def handle(request: web.Request) -> web.WebSocketResponse:
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                if message.data == "close":
                    await socket.close()
                else:
                    await socket.send_str(message.data + "/answer")
            return socket

        app = web.Application()
        app.add_routes([web.get("/ws", handle)])
        await serve_app(app)

    async def client() -> list[str]:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect("http://198.51.100.20/ws") as socket,
        ):
            await socket.send_str("one")
            answers = [await socket.receive_str()]
            await socket.send_str("two")
            answers.append(await socket.receive_str())
            await socket.send_str("close")
            return answers + [str(message.type) async for message in socket]

    internet.on(internet.bob, server())
    assert internet.on(internet.alice, client()) == ["one/answer", "two/answer"]


def test_large_bodies_stream_both_ways_with_back_pressure(
    internet: Any, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    size = 2_000_000

    async def server() -> None:
        async def handle(request: web.Request) -> web.StreamResponse:
            received = 0
            async for chunk in request.content.iter_chunked(65_536):
                received += len(chunk)
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(received // 100_000):
                await response.write(b"d" * 100_000)
            return response

        app = web.Application(client_max_size=10 * size)
        app.add_routes([web.post("/", handle)])
        await serve_app(app, 443, ssl_context=contexts[0])

    async def client() -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                "https://bob.test/", data=io.BytesIO(b"u" * size), ssl=contexts[1]
            ) as response,
        ):
            total = 0
            async for chunk in response.content.iter_chunked(65_536):
                total += len(chunk)
                await asyncio.sleep(0.1)
            return total

    internet.alice.lookup = bobs_lookup
    internet.on(internet.bob, server())
    assert internet.on(internet.alice, client()) == size


def test_a_file_is_served(internet: Any, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>from disk</p>")

    async def server() -> None:
        app = web.Application()
        app.add_routes([web.static("/", tmp_path)])
        await serve_app(app)

    async def client() -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.get("http://198.51.100.20/page.html") as response,
        ):
            return await response.text()

    internet.on(internet.bob, server())
    assert internet.on(internet.alice, client()) == "<p>from disk</p>"


def test_datagram_endpoints_as_in_the_echo_example(internet: Any) -> None:
    class EchoServer(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.transport.sendto(data, addr)

    class EchoClient(asyncio.DatagramProtocol):
        def __init__(self, done: asyncio.Future[bytes]) -> None:
            self.done = done

        def connection_made(self, transport: Any) -> None:
            transport.sendto(b"Hello World!")

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.done.set_result(data)

        def error_received(self, exc: Exception) -> None:
            self.done.set_exception(exc)

    async def server() -> None:
        await asyncio.get_running_loop().create_datagram_endpoint(
            EchoServer, local_addr=("198.51.100.20", 9999)
        )

    async def client(port: int) -> tuple[bytes, float]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bytes] = loop.create_future()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: EchoClient(done), remote_addr=("198.51.100.20", port)
        )
        try:
            return await done, loop.time()
        finally:
            transport.close()

    internet.on(internet.bob, server())
    assert internet.on(internet.alice, client(9999)) == (b"Hello World!", 0.024)
    with pytest.raises(ConnectionRefusedError):
        internet.on(internet.alice, client(9998))


def test_happy_eyeballs_falls_back_when_ipv6_is_silent(internet: Any) -> None:
    async def server() -> None:
        async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        await asyncio.start_server(handle, "198.51.100.20", 80)

    async def client() -> tuple[str, float]:
        loop = asyncio.get_running_loop()
        _, writer = await asyncio.open_connection("bob.test", 80, happy_eyeballs_delay=0.25)
        writer.close()
        return writer.get_extra_info("peername")[0], loop.time()

    class Silence:
        name = "drop IPv6"

        def concerns(self, packet: Any) -> bool:
            return ":" in packet.destination

        def judge(self, *_: Any) -> Any:
            from simulator.values import Drop

            return Drop()

    internet.fabric.middlebox(internet.home).put("v6", Silence())
    internet.alice.lookup = bobs_lookup
    internet.on(internet.bob, server())
    assert internet.on(internet.alice, client()) == ("198.51.100.20", 0.274)


def test_ports_in_use_and_foreign_addresses_are_refused_as_by_a_kernel(internet: Any) -> None:
    async def listen(address: str) -> asyncio.AbstractServer:
        return await asyncio.start_server(lambda r, w: None, address, 80)

    server = internet.on(internet.bob, listen("198.51.100.20"))
    with pytest.raises(OSError, match="in use"):
        internet.on(internet.bob, listen("198.51.100.20"))
    with pytest.raises(OSError, match="Cannot assign"):
        internet.on(internet.bob, listen("192.0.2.10"))
    server.close()
    internet.on(internet.bob, listen("198.51.100.20"))


def test_a_server_waits_for_its_last_connection_when_asked(internet: Any) -> None:
    async def server() -> asyncio.AbstractServer:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        return await asyncio.start_server(handle, "198.51.100.20", 80)

    async def client() -> None:
        _, writer = await asyncio.open_connection("198.51.100.20", 80)
        await asyncio.sleep(10)
        writer.close()

    async def stop(server: asyncio.AbstractServer) -> float:
        await asyncio.sleep(1)
        server.close()
        await server.wait_closed()
        return asyncio.get_running_loop().time()

    listening = internet.on(internet.bob, server())
    _, ended = internet.run((internet.alice, client()), (internet.bob, stop(listening)))
    assert ended == 10.036
