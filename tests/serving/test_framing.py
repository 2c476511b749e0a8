"""DNS messages on a stream, however it is cut up."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from simulator.serving.framing import framed, read_framed


def read_all(stream: bytes, cut: int) -> tuple[list[bytes], bytes]:
    """Feed a stream in two pieces; return its messages and what the end broke off."""

    def finish(reader: asyncio.StreamReader) -> None:
        reader.feed_data(stream[cut:])
        reader.feed_eof()

    async def read() -> tuple[list[bytes], bytes]:
        reader = asyncio.StreamReader()
        reader.feed_data(stream[:cut])
        asyncio.get_running_loop().call_soon(finish, reader)
        messages = []
        try:
            while True:
                messages.append(await read_framed(reader))
        except asyncio.IncompleteReadError as error:
            return messages, error.partial

    return asyncio.run(read())


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(0, 600))
def test_messages_come_out_as_they_went_in(messages: list[bytes], cut: int) -> None:
    assert read_all(b"".join(map(framed, messages)), cut) == (messages, b"")


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_stream_is_messages_and_a_rest(stream: bytes, cut: int) -> None:
    """Nothing is lost, nothing is made up, and only the end of the stream is an error."""
    messages, rest = read_all(stream, cut)
    whole = b"".join(map(framed, messages))
    assert stream.startswith(whole)
    assert stream[len(whole) :].endswith(rest)
    assert len(stream) - len(whole) - len(rest) in (0, 2)


def test_the_longest_message() -> None:
    message = bytes(65_535)
    assert read_all(framed(message), 9) == ([message], b"")
