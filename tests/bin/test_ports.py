import os

import pytest

from launcher.messages import Trouble
from launcher.ports import is_free, require_free, unused, web_port


class TestWebPort:
    def test_is_8000_by_itself(self, monkeypatch):
        monkeypatch.delenv("PORT", raising=False)
        assert web_port() == 8000

    def test_is_what_is_asked_for(self, monkeypatch):
        monkeypatch.setenv("PORT", "9001")
        assert web_port() == 9001

    @pytest.mark.parametrize("asked", ["abc", "0", "70000", "-1", "80 80", "８０８０"])
    def test_nonsense_gets_a_sentence(self, monkeypatch, asked):
        monkeypatch.setenv("PORT", asked)
        with pytest.raises(Trouble, match=r"must be a number from 1 to 65535"):
            web_port()


class TestTakenPort:
    def test_names_the_holder_and_the_way_out(self, taken_port):
        with pytest.raises(Trouble) as trouble:
            require_free(taken_port)
        assert f"Port {taken_port} is taken by" in str(trouble.value)
        assert f"(process {os.getpid()})" in str(trouble.value)
        assert f"PORT={taken_port + 1} bin/run" in str(trouble.value)

    def test_a_free_one_passes(self):
        require_free(unused({}))


def test_an_address_of_another_machine_is_not_a_taken_port():
    with pytest.raises(Trouble, match="no address of this machine"):
        require_free(unused({}), "192.0.2.1")


class TestPortBook:
    def test_gives_the_same_port_again(self, ports):
        first = ports.port_for("redis")
        assert ports.port_for("redis") == first
        assert ports.port_for("postgres") != first

    def test_gives_another_when_a_stranger_took_it(self, ports, taken_port):
        ports.remember("redis", taken_port)
        chosen = ports.port_for("redis")
        assert chosen != taken_port
        assert is_free(chosen)
        assert ports.port_for("redis") == chosen

    def test_forgets_a_damaged_book(self, ports):
        ports.path.write_text("{")
        assert ports.port_for("redis") > 0
