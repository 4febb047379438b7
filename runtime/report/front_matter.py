"""The head of a card, which hubs read: YAML."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from musicc.runtime.report.facts import DatasetFacts

_TAGS = ("preference", "reward-model", "multi-turn", "synthetic", "musicc")
_SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M")

# What the hub calls the licences of data (https://huggingface.co/docs/hub/repositories-licenses)
_LICENCES = """
agpl-3.0 apache-2.0 artistic-2.0 bsd bsd-2-clause bsd-3-clause c-uda cc cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0
cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0
cc-by-nd-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0 etalab-2.0
eupl-1.2 gemma gfdl gpl gpl-2.0 gpl-3.0 isc lgpl lgpl-2.1 lgpl-3.0 llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 mit
mpl-2.0 odbl odc-by openrail pddl unlicense wtfpl
"""


def front_matter(facts: DatasetFacts) -> str:
    """Licence, tags, size, and a configuration for the splits and for each export, so that all load by name."""
    lines = [f"pretty_name: {quoted(facts.name)}", *_license(facts.license)]
    lines += ["task_categories:", "- text-generation", "tags:", *(f"- {tag}" for tag in _TAGS)]
    lines += ["size_categories:", f"- {_size(sum(facts.pairs.values()))}", "configs:"]
    for config, paths in configurations(facts.files).items():
        lines += [f"- config_name: {config}", "  data_files:"]
        lines += [line for path in paths for line in (f"  - split: {split_of(path)}", f"    path: {quoted(path)}")]
    return "---\n" + "".join(f"{line}\n" for line in lines) + "---\n"


def configurations(files: Iterable[str]) -> dict[str, list[str]]:
    """JSON lines by configuration: those beside the card are the default, the folder of an export names its own.

    Parquet has none: `datasets` reads all configurations of a folder as it reads the first.
    """
    found: dict[str, list[str]] = {"default": []}
    for path in map(PurePosixPath, files):
        if ".jsonl" in path.suffixes:
            found.setdefault(path.parent.name or "default", []).append(str(path))
    return found


def split_of(path: str) -> str:
    """`train` of `hh/train.jsonl.gz`."""
    return PurePosixPath(path).name.partition(".")[0]


def _license(name: str | None) -> list[str]:
    """The hub takes names of its list alone; another licence is `other`, with its name."""
    if name is None:
        return []
    known = name.lower()
    return [f"license: {known}"] if known in _LICENCES.split() else ["license: other", f"license_name: {quoted(name)}"]


def _size(pairs: int) -> str:
    return _SIZES[sum(pairs >= 10**power for power in range(3, 8))]


def quoted(text: str) -> str:
    """A YAML string, whatever the text holds."""
    signs = (sign if sign.isprintable() and sign not in '"\\' else f"\\U{ord(sign):08x}" for sign in text)
    return f'"{"".join(signs)}"'
