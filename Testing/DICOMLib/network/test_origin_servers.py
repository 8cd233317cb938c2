"""DICOMweb servers in the settings; their secrets in a keyring, and nowhere else."""

from __future__ import annotations

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.settings import MemorySettings
from DICOMLib.network.origin_servers import OriginServer, load_origin_servers, save_origin_servers
from DICOMLib.network.secrets import KeyringSecrets, MemorySecrets

SERVER = OriginServer(
    "https://pacs.example/dicom-web",
    "Clinic",
    stow_url="https://in.example/stow",
    user="me",
    password="hidden-word",
    token="hidden-token",
    headers={"X-Key": "hidden-header"},
    ca_file="ca.pem",
)


class InMemory(KeyringBackend):
    """A keyring as that of an operating system."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.entries = {}

    def get_password(self, service, username):
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self.entries[service, username] = password

    def delete_password(self, service, username):
        if self.entries.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError


@pytest.fixture(params=[InMemory, NoKeyring])
def ring(request, monkeypatch):
    monkeypatch.setattr(KeyringSecrets, "_memory", MemorySecrets())
    before = keyring.get_keyring()
    keyring.set_keyring(request.param())
    yield keyring.get_keyring()
    keyring.set_keyring(before)


def test_round_trip_without_a_secret_in_the_settings(ring, monkeypatch):
    settings, secrets = MemorySettings(), KeyringSecrets()
    kept = save_origin_servers(settings, secrets, [SERVER])
    assert kept == isinstance(ring, InMemory)
    assert load_origin_servers(settings, secrets) == [SERVER]
    assert "hidden" not in str(settings.values)
    assert "hidden" not in repr(SERVER)
    assert load_origin_servers(settings, KeyringSecrets()) == [SERVER]  # another window of this program
    monkeypatch.setattr(KeyringSecrets, "_memory", MemorySecrets())
    after_restart = load_origin_servers(settings, KeyringSecrets())[0]
    assert after_restart.token == ("hidden-token" if kept else "")


def test_secrets_of_removed_servers_are_forgotten(ring):
    settings, secrets = MemorySettings(), KeyringSecrets()
    save_origin_servers(settings, secrets, [SERVER])
    save_origin_servers(settings, secrets, [])
    assert load_origin_servers(settings, secrets) == []
    assert secrets.get("DICOMweb Clinic") == ""
    assert not getattr(ring, "entries", {})


def test_a_row_that_is_none_hides_no_other():
    settings, secrets = MemorySettings(), MemorySecrets()
    save_origin_servers(settings, secrets, [SERVER, SERVER])
    settings.setValue("DICOM/WebServers/0", "{")
    assert load_origin_servers(settings, secrets) == [SERVER]


def test_services():
    assert SERVER.service("stow") == "https://in.example/stow"
    assert SERVER.service("qido") == SERVER.service("wado") == "https://pacs.example/dicom-web"


@pytest.mark.parametrize(("url", "words"), [("ftp://x", "no URL"), ("", "has no URL")])
def test_what_cannot_be_called(url, words):
    with pytest.raises(NetworkError, match=words):
        OriginServer(url).check()


def test_secrets_of_one_run():
    secrets = MemorySecrets()
    assert not secrets.set("a", "b")
    assert (secrets.get("a"), secrets.get("c")) == ("b", "")
