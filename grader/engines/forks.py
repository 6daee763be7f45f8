"""The fork servers of an engine, which its gradings get their kernels from."""

import threading
from dataclasses import dataclass

from grader.execution.inject import prelude, source
from grader.grading.limits import hidden_by, limits_of
from grader.sandbox import forks
from grader.settings import Settings

CHANCES = 3
"""After so many failures of its servers in a row, an engine has no more of them."""


@dataclass(frozen=True)
class Kind:
    """What all kernels of one server have in common."""

    python: str
    threads: int


class Forks:
    """Servers are started by the first grading that can use one, and replaced when they fail."""

    def __init__(self, chances: int) -> None:
        self.servers: dict[Kind, forks.ForkServer] = {}
        self.chances, self.failures = chances, 0
        self.lock = threading.Lock()

    def address(self, settings: Settings) -> str:
        """Of the server for a grading with these settings; "" where its kernel has to start cold."""
        kind = Kind(settings.python, settings.threads)
        with self.lock:
            if settings.sandbox != "bubblewrap" or self.failures >= self.chances or not forks.possible():
                return ""
            if kind not in self.servers:
                start = forks.start(kind.python, limits_of(settings), hidden_by(settings), prelude(), source("typical"))
                self.servers[kind] = start
            return self.servers[kind].address

    def served(self, address: str, warm: bool) -> None:
        """What came of a grading with the server of this address."""
        with self.lock:
            asked = [kind for kind, server in self.servers.items() if server.address == address]
            self.failures = 0 if warm else self.failures + len(asked)
            for kind in asked if not warm else ():
                forks.end(self.servers.pop(kind))

    def close(self) -> None:
        with self.lock:
            self.chances = 0
            while self.servers:
                forks.end(self.servers.popitem()[1])
