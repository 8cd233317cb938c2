"""Links and files that the operating system opens with this application."""

from __future__ import annotations

import sys


def register(application_name: str, launcher: str) -> None:
    """Let Windows open links of the application's name, .mrml and .mrb files with it, for this user.

    Raises
    ------
    NotImplementedError
        On other systems.
    """
    if sys.platform != "win32":
        raise NotImplementedError("Links can be registered on Windows only.")
    import winreg

    for key, values in registry_values(application_name, launcher).items():
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, f"Software\\Classes\\{key}") as handle:
            for entry, value in values.items():
                winreg.SetValueEx(handle, entry, 0, winreg.REG_SZ, value)


def registry_values(application_name: str, launcher: str) -> dict[str, dict[str, str]]:
    r"""Keys below `HKCU\Software\Classes` with their entries; the empty entry is the key's own value."""
    program = launcher.replace("/", "\\")
    return {
        application_name: {"": f"URL:{application_name} link", "URL Protocol": ""},
        f"{application_name}\\DefaultIcon": {"": f'"{program}",0'},
        f"{application_name}\\shell\\open\\command": {"": f'"{program}" "%1"'},
        ".mrml": {"": application_name},
        ".mrb": {"": application_name},
    }
