"""`python -m backend.door --port 8000 --socket /tmp/.../web.sock --capacity 14`: opens the public port."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
from pathlib import Path


def main() -> None:
    """Load Django for its models and words, then serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m backend.door")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--socket", required=True, help="the unix socket that gunicorn listens on")
    parser.add_argument("--capacity", type=int, required=True, help="requests that gunicorn takes at once")
    parser.add_argument("--lan-address", help="an address of this machine on which phones are served over TLS")
    parser.add_argument("--lan-tls-port", type=int)
    parser.add_argument("--lan-steps-port", type=int, help="plain HTTP: how to trust the certificate, nothing else")
    parser.add_argument("--lan-folder", type=Path, help="where its certificate is (config/lan_certificate.py)")
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.conf import settings

    from backend.door.network import Network
    from backend.door.server import Place, keep_open

    network = None
    if given.lan_address:
        network = Network(given.lan_address, given.lan_tls_port, given.lan_steps_port, given.lan_folder)
    behind = (given.socket, given.capacity)
    place = Place(given.host, given.port, *behind, spool_bytes=settings.DOOR_SPOOL_BYTES, network=network)
    gc.collect()
    gc.freeze()  # what is loaded stays: full collections need not walk it
    asyncio.run(keep_open(place))


if __name__ == "__main__":
    main()
