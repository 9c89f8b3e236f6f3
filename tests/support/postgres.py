"""A PostgreSQL server for the tests, on loopback, stopped with them."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

USER = "robustop"
NOT_ROOT = ("postgres", "nobody")
"""Users to run PostgreSQL as, since it refuses to run as root."""


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, which Debian keeps off the path."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    return Path(found).resolve().parent if found else next(reversed(folders), None)


@contextmanager
def server() -> Iterator[str]:
    """Yield the URL of a server without databases.

    Skips the test if PostgreSQL or its driver is missing.
    """
    folder_of_programs = programs()
    if folder_of_programs is None:
        pytest.skip("PostgreSQL: apt-get install postgresql")
    pytest.importorskip("psycopg", reason='PostgreSQL: pip install "robustop[postgres]"')
    # Not in pytest's folder, which only its owner may enter.
    folder, user = Path(tempfile.mkdtemp(prefix="robustop-postgres-")), _user()
    try:
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        with _running(folder_of_programs, folder, user) as url:
            yield url
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(folder_of_programs: Path, folder: Path, user: str | None) -> Iterator[str]:
    password, port, data = secrets.token_hex(8), _free_port(), str(folder / "data")
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o644)

    def run(program: str, *words: str) -> None:
        # A process left behind must not keep a pipe open, so its output goes to a file.
        with (folder / f"{program}.log").open("a+") as log:
            command = [str(folder_of_programs / program), "-D", data, *words]
            group = None if user is None else pwd.getpwnam(user).pw_gid
            done = subprocess.run(
                command,
                cwd=folder,
                user=user,
                group=group,
                extra_groups=None if user is None else [],
                stdout=log,
                stderr=log,
                check=False,
            )
            log.seek(0)
            assert done.returncode == 0, log.read()

    run("initdb", "-U", USER, f"--pwfile={secret}", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync")
    run("pg_ctl", "-w", "-o", f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off", "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql+psycopg://{USER}:{password}@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")


def new_database(server_url: str) -> str:
    """Return the URL of a new database."""
    name = f"test_{secrets.token_hex(4)}"
    engine = sa.create_engine(f"{server_url}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server_url}/{name}"


def _user() -> str | None:
    """Return the user to run the server as; None for the current user."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in NOT_ROOT if name in known)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
