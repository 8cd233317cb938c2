"""`slicer.packaging`: Python packages that a module needs, asked for and installed by pip."""

from __future__ import annotations

import importlib.metadata
import logging
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import slicer
from packaging.requirements import InvalidRequirement, Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

log = logging.getLogger(__name__)

Requirements = str | Requirement | Iterable[str | Requirement]


def _as_list(requirements: Requirements) -> list[str]:
    """Requirements one by one; a text may hold several, and options of pip, between spaces."""
    if isinstance(requirements, Requirement):
        return [str(requirements)]
    if isinstance(requirements, str):
        try:
            return [str(Requirement(requirements))]
        except InvalidRequirement:
            return requirements.split()
    return [str(requirement) for requirement in requirements]


def pip_check(requirements: Requirements) -> bool:
    """Whether all requirements are met by what is installed, version and extras included."""
    return not _missing(_as_list(requirements))


def _missing(requirements: Iterable[str]) -> list[str]:
    return [text for text in requirements if not _is_met(Requirement(text))]


def _is_met(requirement: Requirement) -> bool:
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    try:
        distribution = importlib.metadata.distribution(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    if not requirement.specifier.contains(distribution.version, prereleases=True):
        return False
    return all(_is_met(one) for one in _of_extras(distribution, requirement.extras))


def _of_extras(distribution: importlib.metadata.Distribution, extras: set[str]) -> list[Requirement]:
    """What the chosen extras of a package need."""
    needed = [Requirement(text) for text in distribution.requires or ()]
    return [
        one
        for one in needed
        if one.marker is not None
        and not one.marker.evaluate({"extra": ""})
        and any(one.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def pip_install(
    requirements: Requirements,
    constraints: str | Path | None = None,
    requester: str | None = None,
    blocking: bool = True,
    logCallback: Callable[[str], None] | None = None,
    completedCallback: Callable[[int], None] | None = None,
    **_more: Any,
) -> None:
    """Install packages into the Python that runs this program.

    Parameters
    ----------
    requirements
        As pip takes them.
    constraints
        A constraints file of pip.
    requester
        Who needs them, for the log.
    blocking
        Whether to wait for the end.
    logCallback, completedCallback
        Called with each line of pip's output, and with its return code where it is not waited for.

    Raises
    ------
    subprocess.CalledProcessError
        If pip fails.
    """
    arguments = ["install", *_as_list(requirements)]
    if constraints is not None:
        arguments += ["--constraint", str(constraints)]
    log.info("%s installs %s", requester or "A module", " ".join(arguments[1:]))
    slicer.util.executePythonModule(
        "pip", arguments, blocking=blocking, logCallback=logCallback, completedCallback=completedCallback
    )
    if blocking:
        importlib.invalidate_caches()


def pip_uninstall(
    requirements: Requirements,
    blocking: bool = True,
    logCallback: Callable[[str], None] | None = None,
    completedCallback: Callable[[int], None] | None = None,
    **_more: Any,
) -> None:
    """Remove packages from the Python that runs this program."""
    arguments = ["uninstall", "--yes", *_as_list(requirements)]
    slicer.util.executePythonModule(
        "pip", arguments, blocking=blocking, logCallback=logCallback, completedCallback=completedCallback
    )


def pip_ensure(
    requirements: Requirements,
    prompt: bool = True,
    requester: str | None = None,
    skip_in_testing: bool = True,
    **options: Any,
) -> None:
    """Install what is missing, after a question.

    Parameters
    ----------
    requirements
        As pip takes them.
    prompt
        Whether to ask the user first.
    requester
        Who needs them, for the question.
    skip_in_testing
        Whether a test run installs nothing.
    options
        Of `pip_install`.

    Raises
    ------
    RuntimeError
        If the user does not want it.
    """
    missing = _missing(_as_list(requirements))
    if not missing or (skip_in_testing and slicer.app.testingEnabled()):
        return
    question = f"{requester or 'A module'} needs Python packages: {', '.join(missing)}. Install them?"
    if prompt and not slicer.util.confirmOkCancelDisplay(question):
        raise RuntimeError(f"These Python packages are missing: {', '.join(missing)}.")
    pip_install(missing, requester=requester, **options)


def load_requirements(path: str | Path) -> list[Requirement]:
    """The requirements of a requirements.txt; comments, options and empty lines are left out."""
    lines = (line.split(" #")[0].strip() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def load_pyproject_dependencies(path: str | Path) -> list[Requirement]:
    """The dependencies of the project that a pyproject.toml describes."""
    document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    return [Requirement(text) for text in document.get("project", {}).get("dependencies", [])]
