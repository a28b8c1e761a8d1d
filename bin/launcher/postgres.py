"""An embedded PostgreSQL: made, started, found again after a killed run, stopped."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import psutil
import psycopg

from launcher.binaries import postgres_programs
from launcher.messages import Trouble, say, server_failed, tail
from launcher.paths import private_dir
from launcher.ports import LOOPBACK, PortBook
from launcher.processes import lives
from launcher.unprivileged import account_for, reachable_place

USER = "parakeet"
START_SECONDS = 60
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # TCP with a password only: no limit on the length of paths
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "synchronous_commit": "on",
}
FAST_AND_LOOSE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Postgres:
    """One data folder and the server on it. `durable=False` is for tests: a crash of the
    machine may lose data then, a crash of the server may not."""

    def __init__(self, home: Path, password: str, ports: PortBook, *, durable: bool = True) -> None:
        self.wished = wished = home / "postgres"
        self.ports = ports
        self.password = password
        self.settings = SETTINGS if durable else SETTINGS | FAST_AND_LOOSE
        self.home = reachable_place(account_for(wished), wished)
        self.account = account_for(self.home)
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self.programs = postgres_programs(self.account, home)
        self.port = 0

    def url(self, database: str) -> str:
        place = f"{LOOPBACK}:{self.port}/{database}"
        return f"postgresql+psycopg://{USER}:{self.password}@{place}"

    # start ------------------------------------------------------------------------------------

    def start(self, database: str = "parakeet") -> None:
        """Have the server running and the database there. Finds a server left by a killed run."""
        self.account.own(private_dir(self.home))
        if not (self.data / "PG_VERSION").exists():
            self.initialise()
        self.check_version()
        if not self.adopt():
            self.launch()
        try:
            self.ensure_database(database)
        except psycopg.OperationalError as error:
            raise self.refused(error) from None

    def initialise(self) -> None:
        """Make the data folder beside its place and move it there whole: a run killed half-way
        leaves nothing that looks like data."""
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password_file = self.home / "password.new"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        self.account.own(password_file)
        options = ["--username", USER, "--pwfile", str(password_file), "--auth", "scram-sha-256"]
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            done = self.program("initdb", "-D", str(fresh), *options, *locale, "--locale=C")
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode != 0:
            raise server_failed("PostgreSQL", self.log, done.stdout.splitlines()[-8:])
        fresh.rename(self.data)
        if self.home != self.wished:
            say(f"PostgreSQL runs as another user than root; its data is in {self.home}.")

    def check_version(self) -> None:
        stored = (self.data / "PG_VERSION").read_text().strip()
        ours = self.program("postgres", "--version").stdout.split()[-1].split(".")[0]
        if stored != ours:
            raise Trouble(
                f"The data in {self.data} belongs to PostgreSQL {stored}, this is PostgreSQL"
                f" {ours}.\nMove it with pg_dump and pg_restore (docs/operations.md), or remove"
                " the folder to begin anew."
            )

    def adopt(self) -> bool:
        """True when a server of an earlier run is on this data and answers."""
        process = self.process()
        if process is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            return False
        deadline = time.monotonic() + START_SECONDS
        while process.is_running() and time.monotonic() < deadline:
            self.port = self.recorded_port()
            if self.port and self.answers():
                self.ports.remember("postgres", self.port)
                say("Found PostgreSQL still running from an earlier run; going on with it.")
                return True
            time.sleep(0.05)
        return False

    def launch(self) -> None:
        """Start the server and wait until it takes connections."""
        self.outlive_remains()
        self.port = self.ports.port_for("postgres")
        options = " ".join(f"-c {name}='{value}'" for name, value in self.settings.items())
        # pg_ctl reads the options as a shell would; no value above holds a quote.
        command = ["start", "-D", str(self.data), "-l", str(self.log), "-w"]
        waiting = ["-t", str(START_SECONDS), "-o", f"-p {self.port} {options}"]
        if self.program("pg_ctl", *command, *waiting).returncode != 0:
            raise server_failed("PostgreSQL", self.log, tail(self.log))

    def restart(self) -> None:
        """After it ended by itself: at the same port, as that is where the application looks."""
        if not self.adopt():  # which clears the process file that it left
            self.outlive_remains()
            self.ports.require_same(self.port)
            self.launch()

    def outlive_remains(self) -> None:
        """Wait for the processes of a server that was killed. They end a moment after it, and
        until then hold its memory: no other server is let at the data."""
        deadline = time.monotonic() + START_SECONDS
        while self.remains() and time.monotonic() < deadline:
            time.sleep(0.05)

    def ensure_database(self, name: str) -> None:
        with self.connect("postgres") as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if found.fetchone() is None:
                connection.execute(f'CREATE DATABASE "{name}"'.encode())

    # stop -------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End all sessions, write everything down, end the server. Quiet when none runs."""
        for mode in ("fast", "immediate"):
            if self.process() is None:
                return
            self.program("pg_ctl", "stop", "-D", str(self.data), "-m", mode, "-w", "-t", "30")

    # what runs --------------------------------------------------------------------------------

    def process(self) -> psutil.Process | None:
        """The server on this data. The number in its file may belong to a stranger by now."""
        try:
            process = psutil.Process(int(self.pid_file_lines()[0]))
            same = process.name().startswith("postgres") and lives(process)
        except (IndexError, ValueError, psutil.Error):
            return None
        return process if same else None

    def runs(self) -> bool:
        return self.process() is not None

    def remains(self) -> list[psutil.Process]:
        """All processes that work on this data, the server and those it started."""
        return [process for process in psutil.process_iter() if self.is_ours(process)]

    def is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.name().startswith("postgres") and process.cwd() == str(
                self.data.resolve()
            )
        except psutil.Error:  # it has ended, or is somebody else's
            return False

    def recorded_port(self) -> int:
        lines = self.pid_file_lines()
        return int(lines[3]) if len(lines) > 3 and lines[3].strip().isdigit() else 0

    def pid_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def refused(self, error: psycopg.OperationalError) -> Trouble:
        if "password authentication failed" in str(error):
            self.stop()
            return Trouble(
                f"The data in {self.home} was made with other secrets than the ones in\n"
                f"{self.wished.parent / 'secrets.json'}. Put the old secrets back, or remove\n"
                f"{self.home} to begin anew."
            )
        return server_failed("PostgreSQL", self.log, tail(self.log))

    def answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=LOOPBACK,
            port=self.port,
            user=USER,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def program(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs. Its output goes to a file: a pipe would be kept
        open by the server it starts, and reading it would never end."""
        output = self.home / f"{name}.out"
        with output.open("w+") as file:
            done = subprocess.run(
                [str(self.programs / name), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.home)},
                check=False,
                **self.account.popen_options(),  # type: ignore[call-overload]
            )
            file.seek(0)
            text = file.read()
        output.unlink(missing_ok=True)
        return subprocess.CompletedProcess(done.args, done.returncode, text, "")
