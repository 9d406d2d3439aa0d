"""Starting the simulated company where a port is taken, twice at once, after it was broken off, or over somebody's own record."""

import socket
from threading import Thread

import pytest

from app.commands.demo_home import LOADED, taken
from app.commands.surroundings import Refused, settings
from app.store.upgrade import upgrade


@pytest.fixture
def told(tmp_path, monkeypatch):
    monkeypatch.delenv("QUOTEGUARD_DATABASE_URL", raising=False)
    return settings(tmp_path / "demo")


@pytest.mark.parametrize("command", [("demo",), ("serve",)])
def test_a_taken_port_is_said_before_anything_is_done(run, tmp_path, command):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = run(*command, "--home", tmp_path / "home", "--port", port)
    assert refused.exit_code == 3
    assert f"Something listens on 127.0.0.1:{port} already." in refused.stderr
    assert not (tmp_path / "home").exists()


def test_an_address_that_is_not_ours_is_said_so(run, tmp_path):
    refused = run("demo", "--home", tmp_path / "home", "--host", "192.0.2.1", "--port", "0")
    assert refused.exit_code == 3
    assert "Nothing can listen on 192.0.2.1:0." in refused.stderr


def test_it_is_loaded_once(told):
    with taken(told) as is_new:
        assert is_new
        (told.home / LOADED).write_text("{}")
    with taken(told) as is_new:
        assert not is_new


def break_off(told):
    with taken(told):
        upgrade(told.database_url)
        raise KeyboardInterrupt


def test_what_was_broken_off_is_begun_again(told, capsys):
    with pytest.raises(KeyboardInterrupt):
        break_off(told)
    with taken(told) as is_new:
        assert is_new
        assert not (told.home / "quoteguard.db").exists()
    assert "broken off" in capsys.readouterr().out


def test_nothing_is_loaded_into_a_record_of_somebodys_own(told):
    told.home.mkdir()
    upgrade(told.database_url)
    with pytest.raises(Refused, match="has tables already"), taken(told):
        pass
    assert (told.home / "quoteguard.db").exists()


def test_the_second_waits_for_the_first(told, capsys):
    seen = []

    def second():
        with taken(told) as is_new:
            seen.append(is_new)

    with taken(told):
        waiting = Thread(target=second)
        waiting.start()
        (told.home / LOADED).write_text("{}")
        assert seen == []
    waiting.join(5)
    assert seen == [False]


def test_a_folder_that_cannot_be_is_said_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot be kept in"), taken(settings(tmp_path / "file" / "demo")):
        pass
