"""The facts of a data set's card, from its plan and its files."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import orjson

from musicc import __version__
from musicc.plan.checks import PairJudge, TurnJudge
from musicc.plan.datasets import Dataset, DialoguePairs
from musicc.plan.document import Call, Dialogue, FileSource, Option, Plan
from musicc.runtime.report.facts import DatasetFacts, ModelFacts, PartFacts, SourceFacts


def dataset_facts(
    plan: Plan,
    digest: str,
    dataset: Dataset,
    pairs: Mapping[str, Mapping[str, int]],
    *,
    folder: Path,
    files: Iterable[str],
    taken_out: Mapping[str, int],
) -> DatasetFacts:
    """`pairs`: by part, as the mix names it, and split; `files`: the splits and exports that lie in `folder`.

    Reads the splits once. Raises OSError where one cannot be read.
    """
    names = tuple(files)
    rules, checks = _counted(folder / name for name in names if name.endswith(".jsonl") and "/" not in name)
    starts = {part: _seeds_of(plan, part) for part in pairs}
    return DatasetFacts(
        name=dataset.name,
        spec=f"{plan.spec}.music",
        profile=plan.profile,
        plan=digest,
        seed=plan.seed,
        musicc=__version__,
        files=names,
        parts=tuple(PartFacts(part, starts[part], splits) for part, splits in pairs.items()),
        sources=tuple(_source(plan, dataset, name) for name in dict.fromkeys(starts.values())),
        models=_models(plan, dataset),
        rules=dict(sorted(rules.items())),
        taken_out={reason: count for reason, count in taken_out.items() if count},
        checks={check: dict(sorted(verdicts.items())) for check, verdicts in checks.items()},
        license=dataset.license,
    )


def _counted(paths: Iterable[Path]) -> tuple[Counter[str], Mapping[str, Counter[str]]]:
    """Turns that depart by their rule, and for each check pairs by verdict."""
    rules: Counter[str] = Counter()
    checks: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path in paths:
        with path.open("rb") as lines:
            for line in lines:
                music = orjson.loads(line)["music"]
                rules.update(turn["rule"] for turn in music["turns"] if turn["rule"] != turn["chosen_rule"])
                for check, found in music.get("checks", {}).items():
                    checks[check][found["verdict"]] += 1
    return rules, checks


def _seeds_of(plan: Plan, part: str) -> str:
    found = [dialogue.seeds for dialogue in plan.dialogues if dialogue.name == part]
    return found[0] if found else part.removesuffix(".pairs")


def _source(plan: Plan, dataset: Dataset, name: str) -> SourceFacts:
    origin, license = plan.seeds[name].origin, dataset.licenses.get(name, "")
    if isinstance(origin, FileSource):
        return SourceFacts(name, origin.path, license=license)
    config = f", configuration {origin.config}" if origin.config else ""
    return SourceFacts(name, f"{origin.repository}{config}, split {origin.split}", origin.revision or "", license)


def _models(plan: Plan, dataset: Dataset) -> tuple[ModelFacts, ...]:
    """Those that the dialogues of the mix ask, in the order in which they speak."""
    mixed = {part.of.name for part in dataset.mix if isinstance(part.of, DialoguePairs)}
    roles: dict[str, dict[str, None]] = {}
    for dialogue in plan.dialogues:
        for model, role in _asked(dialogue) if dialogue.name in mixed else ():
            roles.setdefault(model, {})[role] = None
    named = ((plan.models[model], tuple(played)) for model, played in roles.items())
    return tuple(ModelFacts(model.served, played, model.revision or "") for model, played in named)


def _asked(dialogue: Dialogue) -> Iterator[tuple[str, str]]:
    contrasts = (option for rule in (*dialogue.chosen, *dialogue.rejected) for option in rule.options)
    yield from ((call.model, "user") for variant in dialogue.user.variants for call in variant.steps)
    yield from ((call.model, "assistant") for call in _calls(dialogue.faithful))
    yield from ((call.model, "contrast") for option in contrasts for call in _calls(option))
    gates = (check.gate for check in dialogue.checks)
    yield from ((gate.call.model, "judge") for gate in gates if isinstance(gate, PairJudge | TurnJudge))


def _calls(option: Option) -> Iterator[Call]:
    return (step for step in option.steps if isinstance(step, Call))
