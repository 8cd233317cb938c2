"""Slicer's network classes with the settings of the user: ports, certificates, programs of DCMTK."""

from __future__ import annotations

import sys

import pytest

from Testing import dcmtk, factories
from Testing.certificates import Certificates
from Testing.DICOMLib.network import files
from Testing.orthanc import free_port

pytestmark = [pytest.mark.network, pytest.mark.gui]


@pytest.fixture
def classes(host):
    import DICOMLib

    return DICOMLib


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Ours, and those of others."""
    folder = tmp_path_factory.mktemp("tls")
    return Certificates(folder / "ours"), Certificates(folder / "others")


@pytest.fixture
def secured(kept_settings, certificates):
    """Settings with a key and a certificate for both directions, and two authorities."""
    ours, others = certificates
    for prefix in ("Client", "Storage"):
        kept_settings.setValue(f"DICOM/{prefix}TLSPrivateKey", str(ours.key))
        kept_settings.setValue(f"DICOM/{prefix}TLSCertFile", str(ours.certificate))
    kept_settings.beginWriteArray("DICOM/CACertFiles")
    for place, one in enumerate((others, ours)):
        kept_settings.setArrayIndex(place)
        kept_settings.setValue("path", str(one.ca))
    kept_settings.endArray()
    return ours


def test_the_port_of_the_settings(classes, kept_settings, tmp_path):
    kept_settings.remove("StoragePort")
    assert classes.DICOMStoreSCPProcess(str(tmp_path / "a")).port == "11112"
    assert kept_settings.value("StoragePort") == "11112"
    kept_settings.setValue("StoragePort", "4242")
    assert classes.DICOMStoreSCPProcess(str(tmp_path / "b")).port == "4242"
    assert classes.DICOMStoreSCPProcess(str(tmp_path / "b"), 4243).port == "4243"
    assert (tmp_path / "b").is_dir()
    with pytest.raises(AssertionError):
        classes.DICOMStoreSCPProcess(str(tmp_path / "c"), "4243")


def test_arguments_for_dcmtk(classes, secured, kept_settings, certificates):
    mixin = classes.DICOMProcessTLSMixin()
    authorities = [str(one.ca) for one in reversed(certificates)]
    of_authorities = ["--add-cert-file", authorities[0], "--add-cert-file", authorities[1]]
    assert mixin.caCertFiles == authorities
    assert (mixin.tlsEnabled, mixin.tlsArguments()) == (False, of_authorities)  # also without TLS
    mixin.tlsSettingsKeyPrefix = "Client"
    key, certificate = str(secured.key), str(secured.certificate)
    assert (mixin.tlsPrivateKey, mixin.tlsCertFile, mixin.tlsEnabled) == (key, certificate, True)
    assert mixin.tlsArguments() == ["+tls", key, certificate, *of_authorities]
    kept_settings.remove("DICOM/ClientTLSCertFile")
    assert (mixin.tlsCertFile, mixin.tlsEnabled, mixin.tlsOptions()) == (None, False, None)


def test_senders_and_listeners_use_them(classes, secured, servers, tmp_path):
    """Each of the authorities is trusted, not only the first; DCMTK on the other side."""
    paths = factories.write(factories.ct_series(2), tmp_path / "source")
    how = ("+tls", secured.key, secured.certificate, "+cf", secured.ca)
    server = servers(dcmtk.storescp(tmp_path, *how, "-rc"))
    classes.DICOMSender(paths, f"localhost:{server.port}")
    assert files.by_sop((tmp_path / "received").iterdir()).keys() == files.by_sop(paths).keys()
    process = classes.DICOMStoreSCPProcess(str(tmp_path / "incoming"), free_port())
    process.start()
    try:
        dcmtk.tool("storescu", *how, "localhost", process.port, *paths)
        assert "failed" in dcmtk.tool("storescu", "localhost", process.port, paths[0], check=False).lower()
    finally:
        process.stop()
    assert files.by_sop((tmp_path / "incoming").iterdir()).keys() == files.by_sop(paths).keys()


def test_credentials_mean_nothing_for_dimse(classes, caplog):
    sender = classes.DICOMSender([], "localhost:104", auth=("me", "secret"), delayed=True)
    assert (sender.protocol, sender.aeTitle) == ("DIMSE", "CTK")
    assert "ignored" in caplog.text
    assert "secret" not in caplog.text


def test_a_process_tells_how_it_ended(classes, qtbot):
    process = classes.DICOMProcess()
    assert process.process is None
    running = process.start(sys.executable, ["-c", "print(1 + 1)"])
    assert process.process is running
    assert list(process.connections) == ["stateChanged(QProcess::ProcessState)"]
    assert running.waitForFinished()
    qtbot.waitUntil(lambda: process.stdout.strip() == b"2")
    process.start(sys.executable, ["-c", "import time; time.sleep(60)"])
    other = process.start(sys.executable, ["-c", "import time; time.sleep(60)"])  # the first is stopped
    assert other.state() == 2
    process.stop()
    assert (process.process, other.state()) == (None, 0)


def test_a_command_retrieves_into_a_folder(classes, servers, tmp_path):
    """DCMTK's programs, run from a script, against a real archive."""
    paths = factories.write(factories.ct_series(3, "ct"), tmp_path / "source")
    server = servers(dcmtk.dcmqrscp(tmp_path))
    at = ["-aec", "QRSCP", "localhost", server.port]
    classes.DICOMCommand("storescu", [*at, *paths]).start()
    (tmp_path / "got").mkdir()
    keys = ["-S", "-k", "0008,0052=STUDY", "-k", f"0020,000D={factories.uid('study')}"]
    classes.DICOMCommand("getscu", ["-od", tmp_path / "got", *keys, *at]).start()
    assert files.by_sop((tmp_path / "got").iterdir()).keys() == files.by_sop(paths).keys()
    at[1] = "NOBODY"
    with pytest.raises(UserWarning, match=r"Could not run .*getscu"):
        classes.DICOMCommand("getscu", ["-od", tmp_path / "got", *keys, *at]).start()
