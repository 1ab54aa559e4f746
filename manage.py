#!/usr/bin/env python
"""Django's command line; starts the embedded PostgreSQL first when DATABASE_URL names no other."""

from __future__ import annotations

import os
import sys

# Commands that never ask the database, so they need not wait for one.
WITHOUT_DATABASE = {
    *("help", "--help", "-h", "version", "--version", "check", "diffsettings", "findstatic", "collectstatic"),
    *("openapi", "spectacular", "makemessages", "compilemessages", "startapp"),
}


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if "DATABASE_URL" not in os.environ and command not in WITHOUT_DATABASE:
        from config import postgres

        postgres.ensure()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
