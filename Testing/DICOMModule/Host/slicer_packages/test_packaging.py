"""Packages that modules ask for."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pydicom
import pytest

pytestmark = pytest.mark.mrml


@pytest.fixture
def packaging(host):
    import slicer.packaging

    return slicer.packaging


def test_check(packaging):
    assert packaging.pip_check("pydicom")
    assert packaging.pip_check(f"pydicom=={pydicom.__version__}")
    assert packaging.pip_check(["pydicom>=2", "numpy"])
    assert not packaging.pip_check("pydicom<1")
    assert not packaging.pip_check("surely-no-such-package")
    assert packaging.pip_check("surely-no-such-package; python_version < '3'")


def test_requirements_of_files(packaging, tmp_path):
    (tmp_path / "requirements.txt").write_text("# needed\npydicom>=2  # reads\n\n--no-index\nnumpy\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["numpy>1"]\n')
    found = packaging.load_requirements(tmp_path / "requirements.txt")
    assert [str(one) for one in found] == ["pydicom>=2", "numpy"]
    found = packaging.load_pyproject_dependencies(tmp_path / "pyproject.toml")
    assert [str(one) for one in found] == ["numpy>1"]


# slicer.util leaves the pipe of a process to the garbage collector
unclosed_pipes = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@unclosed_pipes
def test_install_runs_pip_of_this_python(packaging, tmp_path):
    import slicer

    lines: list[str] = []
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text('[project]\nname = "nothing"\nversion = "1"\n')
    options = ["--dry-run", "--no-deps", "--no-index", "--no-build-isolation", "pydicom"]
    packaging.pip_install(options, logCallback=lines.append)
    assert "pydicom" in "".join(lines)
    with pytest.raises(subprocess.CalledProcessError):
        slicer.util.pip_install("--no-index surely-no-such-package")


def test_ensure_installs_nothing_in_a_test_run(packaging):
    packaging.pip_ensure("surely-no-such-package")
    assert not packaging.pip_check("surely-no-such-package")


@unclosed_pipes
def test_python_of_its_own_process(host):
    import slicer

    launcher = shutil.which("PythonSlicer")
    assert launcher.startswith(host.slicer_app.temporaryPath)
    code = "import sys; print(sys.prefix, sys.argv[1])"
    result = subprocess.run([launcher, "-c", code, "a b"], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == f"{sys.prefix} a b"
    process = slicer.util.launchConsoleProcess([launcher, "-c", "print(6 * 7)"])
    lines: list[str] = []
    slicer.util.logProcessOutput(process, logCallback=lines.append)
    assert "".join(lines).strip() == "42"
