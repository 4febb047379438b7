"""One split of a data set, written in one format."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import orjson

from musicc.diagnostics import Diagnostic
from musicc.diagnostics.codes.data import NOT_EXPORTED
from musicc.diagnostics.words import counted
from musicc.plan.datasets import Export
from musicc.runtime.data.exports import encodings, forms
from musicc.runtime.data.exports.forms import Record, Unfit
from musicc.runtime.data.pairs import Pair
from musicc.runtime.data.source import Report
from musicc.runtime.store.disk import disk_errors
from musicc.runtime.store.publish import write_atomically


class _Format(NamedTuple):
    record: Callable[[Pair], Record]
    encode: Callable[[Iterable[Record]], Iterator[bytes]] = encodings.jsonl
    suffix: str = "jsonl"


_FORMATS: dict[Export, _Format] = {
    "parquet": _Format(forms.as_it_is, encodings.parquet, "parquet"),
    "trl": _Format(forms.trl),
    "openrlhf": _Format(forms.openrlhf),
    "llama_factory": _Format(forms.llama_factory),
    "sharegpt": _Format(forms.sharegpt),
    "hh": _Format(forms.hh, encodings.jsonl_gz, "jsonl.gz"),
}
_INFO = "dataset_info.json"
_RANKING = {
    "formatting": "sharegpt",
    "ranking": True,
    "columns": {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"},
}


def write_export(
    format: Export, pairs: Iterable[Pair], folder: Path, *, name: str, split: str, report: Report
) -> list[Path]:
    """Writes one split of the data set `name` under `folder`, in the folder of the format. Returns what was written.

    Pairs that the format has no place for are left out, and `report` hears how many and why (M483); where none is left,
    no file is written. Raises DiagnosticError where the disk refuses, and what `pairs` raises.
    """
    form, left_out = _FORMATS[format], Counter[str]()
    path = folder / format / f"{split}.{form.suffix}"
    with disk_errors(f"write `{path.name}`", path):
        path.parent.mkdir(parents=True, exist_ok=True)
    records = _fitting(form.record, pairs, left_out)
    first = next(records, None)
    if first is not None:
        write_atomically(path, form.encode(chain([first], records)))
    for reason, count in sorted(left_out.items()):
        report(_left_out(reason, count, path))
    if first is None:
        return []
    return [path, *([_describe(path.parent, name)] if format == "llama_factory" else [])]


def _fitting(record: Callable[[Pair], Record], pairs: Iterable[Pair], left_out: Counter[str]) -> Iterator[Record]:
    for pair in pairs:
        try:
            yield record(pair)
        except Unfit as unfit:
            left_out[str(unfit)] += 1


def _left_out(reason: str, count: int, path: Path) -> Diagnostic:
    message = f"{counted(count, 'pair')} left out: each {reason}"
    return Diagnostic(NOT_EXPORTED, message, at=str(path), help="take another format for these, or go on without them")


def _describe(home: Path, name: str) -> Path:
    """LLaMA-Factory's list of the data sets in a folder: NAME, and NAME_SPLIT for splits that are not for training."""
    files = sorted(home.glob("*.jsonl"))
    entries = {
        name if file.stem == "train" else f"{name}_{file.stem}": {"file_name": file.name} | _RANKING for file in files
    }
    write_atomically(home / _INFO, [orjson.dumps(entries, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)])
    return home / _INFO
