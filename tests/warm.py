"""Processes that are there at once: forked from one that has imported what commands and fake servers import.

Most of the time of a small build is imports. A fork has its own memory, folder, environment, output and exit code, as
a process of its own has; what all forks share is the seed of their hashes and the modules they begin with. Modules that
read the environment when they are imported, as `huggingface_hub` does, are therefore not among these.
"""

import os
import pkgutil
import runpy
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from signal import Signals
from tempfile import TemporaryDirectory

import musicc.cli

_COMMANDS = [f"musicc.cli.{module.name}" for module in pkgutil.iter_modules(musicc.cli.__path__)]
_LATER = ["aiohttp.web", "uvloop", "musicc.lsp.features"]  # what the commands import when they need it, and the servers

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([*_COMMANDS, *_LATER])


@dataclass(frozen=True)
class Fork:
    """A process, and the files that its stdout and stderr are."""

    process: ForkServerProcess
    out: Path
    err: Path

    def end(self, kind: Signals) -> None:
        """Sends it a signal, unless it has ended already, and waits for its end."""
        if self.process.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, kind)
        self.process.join()


@contextmanager
def forked(module: str, *arguments: str, cwd: Path, environment: Mapping[str, str]) -> Iterator[Fork]:
    """`python -m MODULE ARGUMENTS` in a folder, with these variables; killed, and its files gone, when the block ends."""
    with TemporaryDirectory(prefix="musicc-fork-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = _FORKS.Process(target=_become, args=(module, arguments, cwd, dict(environment), out, err))
        process.start()
        try:
            yield Fork(process, out, err)
        finally:
            process.kill()
            process.join()
            process.close()


def _become(
    module: str, arguments: tuple[str, ...], cwd: Path, environment: dict[str, str], out: Path, err: Path
) -> None:
    for number, path in ((1, out), (2, err)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
