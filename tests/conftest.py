"""Golden files: expected outputs that lie beside their inputs. `pytest --update-golden` rewrites them; review the diff."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("musicc", deadline=None)  # no test depends on how fast the machine is
settings.load_profile("musicc")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files anew instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """`golden(path, text)` fails unless the file at `path` holds exactly `text`."""
    update: bool = request.config.getoption("--update-golden")

    def compare(path: Path, text: str) -> None:
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        if not path.exists():
            pytest.fail(f"{path} does not exist; run pytest --update-golden and review it")
        assert text == path.read_bytes().decode(), f"{path} differs; run pytest --update-golden and review the diff"

    return compare
