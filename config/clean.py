"""`make clean`: stop this checkout's embedded servers and remove their folders outside the checkout."""

from __future__ import annotations

import shutil

from config import broker, postgres, postgres_home
from config.postgres_home import Purpose

PURPOSES: tuple[Purpose, ...] = ("run", "test")


def main() -> None:
    """Stop both clusters and remove sockets, programs and data that lie outside; the Makefile removes the rest."""
    for purpose in PURPOSES:
        postgres.stop(purpose)
    sockets = broker.socket_path().parent.parent.glob(f"field135-{postgres_home.mark()}*")
    for folder in [*sockets, *postgres_home.outside_folders()]:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
