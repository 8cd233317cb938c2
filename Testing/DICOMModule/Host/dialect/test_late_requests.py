"""`from requests import HTTPBasicAuth`, which Slicer's script repository writes, costs nothing until then."""

import subprocess
import sys

INSTALL = "from DICOMModule.Host.dialect import late_requests; late_requests.install(); "


def said(code):
    """What a Python of its own prints: here requests has long been imported."""
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
    ).stdout.split()


def test_the_name_is_there_when_a_script_imports_it_and_the_package_is_not_imported_before():
    code = (
        f"import sys; finders = len(sys.meta_path); {INSTALL}{INSTALL}print('requests' in sys.modules); "
        "from requests import HTTPBasicAuth; import requests; own = requests.auth.HTTPBasicAuth; "
        "print(HTTPBasicAuth is own is requests.HTTPBasicAuth, len(sys.meta_path) == finders)"
    )
    assert said(code) == ["False", "True", "True"]


def test_a_package_that_is_there_already_gets_it_at_once():
    code = f"import requests; before = hasattr(requests, 'HTTPBasicAuth'); {INSTALL} "
    assert said(f"{code} print(before, hasattr(requests, 'HTTPBasicAuth'))") == ["False", "True"]


def test_other_packages_and_parts_of_it_are_found_as_ever():
    code = f"{INSTALL} import requests.adapters, colorsys; print(requests.HTTPBasicAuth.__name__)"
    assert said(code) == ["HTTPBasicAuth"]
