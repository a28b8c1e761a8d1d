"""Embedded PostgreSQL and Redis: started, found again after kill -9 of the launcher, stopped."""

import os
import signal
import socket
import subprocess
import sys
import threading

import psycopg
import pytest
import redis

from launcher.messages import Trouble
from launcher.ports import PortBook, is_free
from launcher.postgres import Postgres
from launcher.redis_server import Redis
from launcher.servers import Servers
from tests.bin.conftest import ROOT
from tests.servers.ports import free_port

SECRETS = {"POSTGRES_PASSWORD": "pg-word", "REDIS_PASSWORD": "redis-word"}
START_AND_WAIT = """
import sys
from pathlib import Path
from launcher.servers import Servers
servers = Servers(Path(sys.argv[1]), {"POSTGRES_PASSWORD": "pg-word", "REDIS_PASSWORD": "redis-word"})
servers.start()
print("started", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def servers(home):
    PortBook(home).remember("postgres", free_port())
    PortBook(home).remember("redis", free_port())
    servers = Servers(home, SECRETS)
    yield servers
    servers.stop()


def started_by_a_launcher_that_is_killed(home):
    command = [sys.executable, "-c", START_AND_WAIT, str(home)]
    launcher = subprocess.Popen(
        command, env={"PYTHONPATH": str(ROOT / "bin")}, stdin=-1, stdout=-1, text=True
    )
    assert launcher.stdout.readline() == "started\n"
    launcher.send_signal(signal.SIGKILL)
    launcher.communicate()


def test_servers_of_a_killed_launcher_are_adopted_with_their_data(home, servers, capsys):
    started_by_a_launcher_that_is_killed(home)
    servers.start()
    assert servers.postgres.process() is not None
    assert servers.redis.popen is None  # not started a second time
    said = capsys.readouterr().out
    assert "Found PostgreSQL still running" in said
    assert "Found Redis still running" in said

    with servers.connect() as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        connection.execute("CREATE TABLE kept (word text)")
    with redis.Redis.from_url(servers.redis_url) as client:
        client.set("kept", "yes")

    servers.stop()
    assert servers.postgres.process() is None
    assert not servers.redis.is_up()
    servers.start()
    with servers.connect() as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.get("kept") == b"yes"


def test_nobody_gets_in_without_the_password(servers):
    servers.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host="127.0.0.1", port=servers.postgres.port, user="parakeet", password="x")
    with redis.Redis("127.0.0.1", servers.redis.port) as client:
        with pytest.raises(redis.AuthenticationError):
            client.ping()


def test_a_process_file_that_points_at_a_stranger_is_no_server(home, ports):
    postgres = Postgres(home, "pg-word", ports, durable=False)
    try:
        postgres.start()
        postgres.stop()
        stranger = subprocess.Popen(["sleep", "600"])
        postgres.account.own(postgres.home)
        (postgres.data / "postmaster.pid").write_text(f"{stranger.pid}\n{postgres.data}\n")
        postgres.start()
        assert postgres.answers()
        assert stranger.poll() is None
        stranger.kill()
        stranger.wait()
    finally:
        postgres.stop()


def test_an_interrupted_first_start_is_begun_anew(home, ports):
    postgres = Postgres(home, "pg-word", ports, durable=False)
    half = postgres.home / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    try:
        postgres.start()
        assert postgres.answers()
        assert not half.exists()
    finally:
        postgres.stop()


def test_data_of_another_version_gets_a_sentence(home, ports):
    postgres = Postgres(home, "pg-word", ports)
    postgres.data.mkdir(parents=True)
    (postgres.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(Trouble, match="belongs to PostgreSQL 12"):
        postgres.start()


def test_data_made_with_other_secrets_gets_a_sentence(home, ports):
    postgres = Postgres(home, "pg-word", ports, durable=False)
    postgres.start()
    postgres.stop()
    with pytest.raises(Trouble, match="was made with other secrets"):
        Postgres(home, "another-word", ports, durable=False).start()
    assert postgres.process() is None


def test_a_damaged_journal_of_redis_is_set_aside(home, ports, capsys):
    server = Redis(home, "redis-word", ports)
    try:
        server.start()
        server.stop()
        for journal in [*server.home.rglob("*.aof")]:
            journal.write_bytes(b"*3\r\n$3\r\nSET\r\n$nonsense\r\n" * 20)
        server.start()
        assert server.is_up()
        assert "set aside" in capsys.readouterr().out
        assert list(server.home.glob("*.damaged-*"))
    finally:
        server.stop()


def test_servers_that_are_given_but_not_there_get_a_sentence(home, taken_port):
    gone = Servers(
        home,
        SECRETS,
        database_url="postgresql+psycopg://x:y@127.0.0.1:1/parakeet",
        redis_url="redis://127.0.0.1:1/0",
    )
    with pytest.raises(Trouble, match="named by DATABASE_URL"):
        gone.check_given_database()
    with pytest.raises(Trouble, match="named by REDIS_URL"):
        gone.check_given_redis()


class TestGivenRedis:
    @pytest.fixture
    def running(self, home, ports):
        server = Redis(home, "redis-word", ports, durable=False)
        server.start()
        yield server
        server.stop()

    def given(self, home, url):
        return Servers(home, SECRETS, database_url="postgresql://unused", redis_url=url)

    def test_one_that_answers_passes(self, home, running):
        self.given(home, running.url()).check_given_redis()

    @pytest.mark.parametrize(
        "change", [("redis-word", "other"), ("redis://", "http://"), ("127.0.0.1:", "127.0.0.1:1")]
    )
    def test_one_that_does_not_let_us_in_gets_a_sentence(self, home, running, change):
        url = running.url().replace(*change)
        with pytest.raises(Trouble, match="REDIS_URL cannot be used"):
            self.given(home, url).check_given_redis()

    def test_a_socket_that_is_not_there_gets_a_sentence(self, home):
        with pytest.raises(Trouble, match="REDIS_URL cannot be used"):
            self.given(home, f"unix://{home}/none.sock").check_given_redis()


def test_servers_that_were_killed_come_back_with_their_data(servers, capsys):
    servers.start()
    where = servers.database_url, servers.redis_url
    with servers.connect() as connection:
        connection.execute("CREATE TABLE kept ()")
    with redis.Redis.from_url(servers.redis_url) as client:
        client.ping()
    servers.postgres.process().kill()
    servers.redis.popen.kill()
    servers.redis.popen.wait()
    while servers.postgres.runs():
        pass  # the kernel still takes it down
    servers.revive()
    said = capsys.readouterr().out
    assert "PostgreSQL ended; starting it again" in said
    assert "Redis ended; starting it again" in said
    assert (servers.database_url, servers.redis_url) == where
    with servers.connect() as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.ping()
    servers.look_at = 0
    servers.revive()
    assert "ended" not in capsys.readouterr().out


def test_what_a_killed_postgresql_leaves_behind_is_waited_for(servers, capsys):
    servers.start()
    server = servers.postgres.process()
    slow = server.children()[0]
    slow.suspend()
    server.kill()
    waking = threading.Timer(2, slow.resume)
    waking.start()
    while servers.postgres.runs():
        pass
    servers.revive()
    waking.join()
    assert servers.postgres.answers()
    assert "did not start" not in capsys.readouterr().err


def test_a_server_whose_port_was_taken_comes_back_when_it_is_free(servers, capsys):
    servers.start()
    servers.postgres.process().kill()
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        while servers.postgres.runs() or not is_free(servers.postgres.port):
            pass
        stranger.bind(("127.0.0.1", servers.postgres.port))
        stranger.listen()
        for _ in range(3):
            servers.look_at = 0
            servers.revive()
    said = "".join(capsys.readouterr())
    assert said.count("was taken by another program") == 1
    servers.look_at = 0
    servers.revive()
    assert servers.postgres.answers()


def test_an_adopted_redis_is_watched_too(servers, home):
    started_by_a_launcher_that_is_killed(home)
    servers.start()
    assert servers.redis.popen is None
    assert servers.redis.runs()
    pid = int(servers.redis.process_file.read_text())
    os.kill(pid, signal.SIGKILL)
    while servers.redis.runs():
        pass  # its socket closes a moment before it is gone
    servers.look_at = 0
    servers.revive()
    assert servers.redis.is_up()
