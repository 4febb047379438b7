"""The card of a data set: what hubs read, and what people need to know before they train on it."""

from collections.abc import Iterable

from musicc.diagnostics.words import counted
from musicc.runtime.report.facts import DatasetFacts
from musicc.runtime.report.front_matter import configurations, front_matter, split_of
from musicc.runtime.report.markdown import PAPER, table

_LIMITS = """\
## Limits

- Of a dialogue's pair the chosen side is the better one by construction: the other was told to go wrong. No person has
  read it; what checks found stands above. A pair that seeds brought along (`….pairs`) carries its source's judgement.
- Both sides are written by models, with their mistakes and their taste. Reply for reply, a rejected one can be good.
- `music` says how a pair came about. It is for analysis: a reward model must not see it.
- The rejected conversations are bad on purpose. Do not train a chat model to write like them.
"""


def dataset_card(facts: DatasetFacts) -> str:
    """The text of `README.md`: equal facts are equal cards."""
    sections = (_opening, _loading, _provenance, _making, _checks, lambda _: _LIMITS, _licences, _citing)
    return "\n".join([front_matter(facts), *(section(facts) for section in sections)])


def _opening(facts: DatasetFacts) -> str:
    sides = " and ".join(f"{counted(pairs, 'pair')} in `{split}`" for split, pairs in facts.pairs.items())
    return f"""\
# {facts.name}

Pairs of conversations that differ on purpose, for training reward models: {sides}.
`chosen` and `rejected` are lists of `role` and `content` that start alike; `music` tells for each turn how the rejected
side was made to go wrong, by which rule and answering which hidden instruction. The method is multi-step instruction
contrast ([MUSIC](https://arxiv.org/abs/2512.24693)).
"""


def _loading(facts: DatasetFacts) -> str:
    rows = [
        (f"`{config}`", ", ".join(f"`{path}`" for path in paths), ", ".join(map(split_of, paths)))
        for config, paths in configurations(facts.files).items()
    ]
    shown = table(("configuration", "files", "splits"), rows)
    return f'## Loading\n\n`load_dataset(PATH, "CONFIGURATION")`\n\n{shown}{_parquet(facts.files)}'


def _parquet(files: Iterable[str]) -> str:
    found = [f"`{path}`" for path in files if path.endswith(".parquet")]
    return f"\nThe same as Parquet, for `load_dataset('parquet', …)`: {', '.join(found)}.\n" if found else ""


def _provenance(facts: DatasetFacts) -> str:
    splits = list(facts.pairs)
    rows = [
        (f"`{part.name}`", f"`{part.source}`", *(f"{part.pairs.get(split, 0):,}" for split in splits))
        for part in facts.parts
    ]
    sources = [(f"`{source.name}`", source.origin, source.revision or "–") for source in facts.sources]
    parts = table(("part", "starts from", *(f"pairs in {split}" for split in splits)), rows)
    left = [f"{reason}: {count:,}" for reason, count in facts.taken_out.items()]
    out = f"\nPairs that are not in it: {', '.join(left)}.\n" if left else ""
    origins = table(("seeds", "origin", "revision or digest"), sources)
    split = "\nNo seed and no prompt stands in two splits.\n" if len(splits) > 1 else ""
    return f"## Where it comes from\n\n{parts}{out}\n{origins}{split}"


def _making(facts: DatasetFacts) -> str:
    profile = f" --profile {facts.profile}" if facts.profile else ""
    models = [(model.served, model.revision or "–", ", ".join(model.roles)) for model in facts.models]
    rules = [(f"`{rule}`", f"{turns:,}") for rule, turns in facts.rules.items()]
    played = f"\n{table(('rule', 'rejected turns'), rules)}" if rules else ""
    brought = "\nTurns of pairs that seeds brought along count as `source`.\n" if "source" in facts.rules else ""
    asked = f"\n{table(('model', 'revision', 'as'), models)}" if models else ""
    return f"""\
## How it was made

With musicc {facts.musicc} from the spec `{facts.spec}`, seed {facts.seed}; the plan's digest is
`{facts.plan}`. The same spec, lock (`{facts.spec}.lock`) and store give the
same bytes:

    musicc build {facts.spec}{profile} --locked
{asked}{played}{brought}"""


def _checks(facts: DatasetFacts) -> str:
    rows = [
        (f"`{check}`", verdict, f"{pairs:,}")
        for check, verdicts in facts.checks.items()
        for verdict, pairs in verdicts.items()
    ]
    found = table(("check", "verdict", "pairs"), rows) if rows else "None were made.\n"
    return f"## Checks\n\n{found}"


def _licences(facts: DatasetFacts) -> str:
    own = facts.license or "none is named"
    rows = [(f"`{source.name}`", source.license or "not named in the spec") for source in facts.sources]
    return f"""\
## Licences

Of this data set: {own}. Its conversations start from these, and the terms of the models that wrote them apply as well:

{table(("seeds", "licence"), rows)}"""


def _citing(facts: DatasetFacts) -> str:
    title = facts.name.replace("_", r"\_")
    return f"""\
## How to cite

The method, and this data set (with its authors, year and address, where it is published):

```bibtex
{PAPER}

@misc{{{facts.name},
  title = {{{title}: pairs of multi-turn conversations that differ on purpose}},
  note  = {{Made with musicc {facts.musicc}, plan {facts.plan[:16]}}}
}}
```
"""
