"""`musicc lsp` as a command."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from lsprotocol import types as lsp

from tests.lsp.editor import ENOUGH, Editor, editing, free_port

GOLDEN = Path(__file__).parent / "golden"


def test_without_its_package_it_says_what_to_install(golden: Callable[[Path, str], None]) -> None:
    code = "import sys; sys.modules['pygls'] = None; from musicc.cli.main import app; app(['lsp'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    golden(GOLDEN / "M593.txt", done.stderr)


def test_nothing_else_loads_the_server() -> None:
    code = "import sys, musicc.cli.main; print({'pygls', 'lsprotocol', 'musicc.lsp'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


def test_it_serves_over_stdin_and_stdout(tmp_path: Path) -> None:
    async def whole() -> None:
        async with editing(tmp_path) as editor:
            uri = editor.open(tmp_path / "x.music", "modle x { }")
            assert await editor.codes(uri) == ["M001", "M103"]

    asyncio.run(whole())


def test_it_serves_over_a_port_as_well(tmp_path: Path) -> None:
    port = free_port()

    async def whole() -> None:
        server = await asyncio.create_subprocess_exec(sys.executable, "-m", "musicc", "lsp", "--tcp", str(port))
        editor = Editor()
        try:
            await editor.connect(port)
            await editor.initialize_async(lsp.InitializeParams(capabilities=lsp.ClientCapabilities()))
            uri = editor.open(tmp_path / "x.music", "modle x { }")
            assert await editor.codes(uri) == ["M001", "M103"]
            await editor.shutdown_async(None)
            editor.exit(None)
            await asyncio.wait_for(server.wait(), ENOUGH)
        finally:
            if server.returncode is None:
                server.kill()
            await editor.stop()

    asyncio.run(whole())
