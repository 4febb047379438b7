"""Where a project's things lie on disk."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """`spec_folder` is what paths in the spec are relative to."""

    spec_folder: Path
    build: Path
    store: Path


def project_root(start: Path) -> Path:
    """The folder of the repository that `start` lies in: the nearest with `.git` or `.musicc`, else `start` itself."""
    start = start.resolve()
    marked = (
        folder for folder in (start, *start.parents) if (folder / ".git").exists() or (folder / ".musicc").is_dir()
    )
    return next(marked, start)


def places(spec: Path, profile: str | None, store: Path | None, out: Path | None) -> Places:
    """The default places of a spec's build, where no option says otherwise."""
    root = project_root(Path.cwd())
    return Places(
        spec_folder=spec.resolve().parent,
        build=out or short(root / "build" / spec.stem / (profile or "default")),
        store=store_folder(store),
    )


def store_folder(store: Path | None) -> Path:
    """Where replies are kept: `store`, or the repository's own place."""
    return store or project_root(Path.cwd()) / ".musicc" / "store"


def sweep_folder(spec: Path, profile: str | None, sweep: str, out: Path | None) -> Path:
    """Where the points of a sweep lie, each in a folder of its own."""
    return out or places(spec, profile, None, None).build / sweep


def short(path: Path) -> Path:
    """As people would write it from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
