"""The way from a phone to the server, which can be gone: what is under way breaks off, and nothing new gets through.

A browser told that it is offline still lets a request of a page that is just being opened slip through now and then.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PIECE = 64 * 1024


@dataclass
class Radio:
    """Passes connections on to the server's address; runs in threads of its own until `stop`."""

    server: str
    _listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_cut: bool = False

    def start(self) -> Radio:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self) -> None:
        self.cut()
        self._listening.close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def cut(self, *, is_cut: bool = True) -> None:
        with self._lock:
            self._is_cut = is_cut
            broken = self._open.copy() if is_cut else set()
            self._open -= broken
        for end in broken:
            _end(end)

    def _accept(self) -> None:
        where = urlsplit(self.server)
        with suppress(OSError):  # stopped
            while True:
                phone, _ = self._listening.accept()
                try:
                    server = socket.create_connection((str(where.hostname), int(where.port or 80)), timeout=10)
                except OSError:
                    _end(phone)
                    continue
                server.settimeout(None)
                with self._lock:
                    passes = not self._is_cut
                    self._open |= {phone, server} if passes else set()
                if not passes:
                    _end(phone)
                    _end(server)
                    continue
                for one, other in ((phone, server), (server, phone)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):  # broken off, by a cut or by an end
            while piece := source.recv(PIECE):
                target.sendall(piece)
        with self._lock:
            self._open -= {source, target}
        _end(source)
        _end(target)


def _end(one: socket.socket) -> None:
    """Wakes whoever reads from it, too."""
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
