"""GGUF weights, taken out of their quantisation once: a folder in the user's cache that transformers loads in a moment."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from filelock import FileLock

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes import rewards as codes
from musicc.diagnostics.words import first_line
from musicc.runtime.llm.weights import cache_folder, digest, locate
from musicc.runtime.reward.quiet import quietly
from musicc.runtime.store.disk import disk_errors


def converted(weights: str, folder: Path, announce: Callable[[str], None]) -> Path:
    """The folder of a known name's or a GGUF file's weights, as fp32 safetensors with the tokenizer beside them.

    Its name tells the weights by their SHA-256. Raises DiagnosticError: no such weights, no GGUF of a known
    architecture (M632), the cache cannot be written.
    """
    file = locate(weights, folder, announce)
    made = cache_folder() / f"{file.stem}-{digest(weights, folder)[:16]}"
    with _alone(made):
        if not made.is_dir():
            announce(f"unpacking {weights} for training, once")
            _convert(file, made)
    return made


@contextmanager
def _alone(made: Path) -> Iterator[None]:
    with disk_errors("unpack weights", made.parent):
        made.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(made.with_suffix(".lock"))
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _convert(file: Path, made: Path) -> None:
    """Into a scratch folder that becomes `made` when it is whole."""
    with disk_errors("unpack weights", made):
        scratch = Path(mkdtemp(dir=made.parent, prefix=".unpacking-"))
        try:
            _write(file, scratch)
            scratch.rename(made)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _write(file: Path, folder: Path) -> None:
    """Keeps the file's numbers as they are: what quantisation lost is lost, nothing more is rounded."""
    import torch
    from transformers import AutoModel, AutoTokenizer, GgufConfig

    place = {"pretrained_model_name_or_path": file.parent, "gguf_file": file.name}
    with quietly():
        try:
            model = AutoModel.from_pretrained(
                **place, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
            )
            tokenizer = AutoTokenizer.from_pretrained(**place)
        except (ValueError, KeyError, NotImplementedError) as error:
            raise DiagnosticError(_unread(file, error)) from error
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _unread(file: Path, error: Exception) -> Diagnostic:
    message = f"transformers cannot unpack these weights: {first_line(error)}"
    return Diagnostic(codes.UNFIT_BASE, message, at=str(file), help="name the model on the hub, or a folder with it")
