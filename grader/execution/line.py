"""The direct line to the probe agent, over the channel that Jupyter has for `input()`, which no kernel of ours uses.

A kernel that was asked to listen does nothing else until it is told to hang up; each question and each answer is then one
message. Jupyter's own four messages for each question cost five times as much.
"""

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import zmq

from grader.errors import CallTimedOut, ProtocolViolation

LOOK_SECONDS = 0.5
"""How often to see whether somebody is still there."""


class Line:
    def __init__(self, channel: zmq.Socket[Any]):
        self.socket: zmq.Socket[bytes] = zmq.Socket.shadow(channel)
        self.numbers = itertools.count()

    def ask(
        self, request: dict[str, Any], blob: bytes, seconds: float, still_there: Callable[[], None]
    ) -> tuple[dict[str, Any], bytes]:
        """The answer to one question; `still_there` is called from time to time, and raises where nobody listens."""
        number = b"%d" % next(self.numbers)
        self.socket.send_multipart([number, json.dumps(request).encode(), blob])
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not self.socket.poll(int(1000 * min(LOOK_SECONDS, left)) + 1):
                still_there()
                continue
            answer = self.socket.recv_multipart()
            # whoever was interrupted may still have answered
            if answer[0] == number:
                return understood(answer)
        raise CallTimedOut(f"it did not return within {seconds:g} s")

    def hang_up(self, call: str) -> None:
        """End a call: `call` is the id of the message that asked the kernel to listen."""
        self.socket.send_multipart([call.encode(), b"", b""])


def understood(answer: list[bytes]) -> tuple[dict[str, Any], bytes]:
    try:
        _, said, blob = answer
        reply = json.loads(said)
    except (ValueError, RecursionError) as error:
        raise ProtocolViolation("the kernel sent what no agent sends") from error
    if not isinstance(reply, dict):
        raise ProtocolViolation("the kernel did not answer the grader's question")
    return reply, blob
