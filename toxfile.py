"""A plugin of tox, which reads this file beside tox.ini: environments that share one folder.

tox makes an environment anew when its folder was made under another name. Here the commands of the suite are
environments of the same packages, so `runner = shared` keeps the folder whatever the name is.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from tox.plugin import impl
from tox.tox_env.info import Info
from tox.tox_env.python.virtual_env.runner import VirtualEnvRunner
from tox.tox_env.register import ToxEnvRegister


class _Info(Info):
    """What tox notes of an environment, without its name."""

    def compare(
        self, value: Any, section: str, sub_section: str | None = None
    ) -> AbstractContextManager[tuple[bool, Any | None]]:
        nameless = value | {"name": "shared"} if section == "ToxEnv" else value
        return super().compare(nameless, section, sub_section)


class Shared(VirtualEnvRunner):
    """A virtual environment that several environments of tox.ini share."""

    @staticmethod
    def id() -> str:
        """What `runner` calls it."""
        return "shared"

    @property
    def cache(self) -> Info:
        """What tox notes of the folder."""
        return _Info(self.env_dir)


@impl
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    register.add_run_env(Shared)
