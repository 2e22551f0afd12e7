"""The socket the service listens on."""

from __future__ import annotations

import asyncio
import socket

from api.server import _bound


def test_answers_do_not_wait_for_the_acknowledgement_of_their_head() -> None:
    async def told() -> int:
        options: list[int] = []

        def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken = writer.get_extra_info("socket")
            options.append(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with _bound("127.0.0.1", 0) as listener:
            async with await asyncio.start_server(met, sock=listener):
                reader, writer = await asyncio.open_connection(*listener.getsockname())
                await reader.read()
                writer.close()
                await writer.wait_closed()
        return options[0]

    # asyncio switches Nagle's algorithm off on the sockets it knows to be TCP.
    assert asyncio.run(told()) != 0
