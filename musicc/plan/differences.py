"""What differs between two plans, as seen from one call of the newer one: the nearest cause first."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from pydantic import BaseModel

from musicc.plan.document import ASSISTANT, Call, Dialogue, Option, Plan, Rule, Sampling, TemplateId
from musicc.plan.edit import calls, judging
from musicc.plan.traffic import Asking

_USER = "`user`"
_NAMED = {"served": "name", "origin": "from"}  # in a spec


class Question(NamedTuple):
    """A call without the names that a spec gives to models and prompts: equal questions have equal keys."""

    model: BaseModel
    system: tuple[str, ...]
    ask: tuple[str, ...]
    sampling: Sampling
    kind: tuple[object, ...]

    def unlike(self, other: "Question") -> list[str]:
        """The fields that differ."""
        return [name for name, one, two in zip(self._fields, self, other, strict=True) if one != two]


class Differences:
    """`of` says what of `now` differs from `before` and reaches a call; None where it is only what was said earlier."""

    def __init__(self, now: Plan, before: Plan) -> None:
        self._now, self._before = now, before
        self._olds = {dialogue.name: dialogue for dialogue in before.dialogues}
        self._news = {dialogue.name: dialogue for dialogue in now.dialogues}
        self._known = {
            old.name: tuple(_question(call, old, before) for call in _calls(old)) for old in before.dialogues
        }

    def of(self, one: Asking) -> str | None:
        """The reason in a few words."""
        old, new = self._olds.get(one.dialogue), self._news[one.dialogue]
        if old is None:
            return "the dialogue is new"
        return self._asked(one.call, old, new) or _gate(one.call, old, new) or self._place(one.turn, old, new)

    def _asked(self, call: Call, old: Dialogue, new: Dialogue) -> str | None:
        """How the call differs from the one that is most like it, if there is no equal one."""
        question = _question(call, new, self._now)
        alike = [known for known in self._known[new.name] if known.kind == question.kind]
        if not alike:
            speaker = _speaker(call, new)
            return f"{speaker} {'asks otherwise' if speaker in _speakers(old) else 'is new'}"
        nearest = min(alike, key=lambda known: len(question.unlike(known)))
        told = (self._told(name, call, question, nearest) for name in question.unlike(nearest))
        return ", ".join(told) or None

    def _told(self, name: str, call: Call, question: Question, known: Question) -> str:
        if name == "model":
            return f"model `{call.model}`: {_changes(known.model, question.model)}"
        if name == "sampling":
            return f"sampling on `{call.model}`: {_changes(known.sampling, question.sampling)}"
        prompt: TemplateId | None = call.ask if name == "ask" else call.system
        if prompt is None or prompt == ASSISTANT:
            return "the system text differs"
        return f"prompt `{prompt}` {'differs' if prompt in self._before.templates else 'is new'}"

    def _place(self, turn: int, old: Dialogue, new: Dialogue) -> str | None:
        """Why a call that was asked before is asked there, in this row."""
        if turn > old.turns[1]:
            return _turns(old, new)
        return _rules(old, new) or self._seeds(old, new) or _rest(old, new)

    def _seeds(self, old: Dialogue, new: Dialogue) -> str | None:
        if self._now.seed != self._before.seed:
            return f"param seed {self._before.seed} → {self._now.seed}"
        changed = _changes(self._before.seeds[old.seeds], self._now.seeds[new.seeds])
        return f"seeds `{new.seeds}`: {changed}" if changed else None


def _question(call: Call, dialogue: Dialogue, plan: Plan) -> Question:
    model = plan.models[call.model].model_copy(update={"access": None, "context": None, "seeded": None})
    if not call.fields:
        model = model.model_copy(update={"structured": None})
    systems = [one.system for one in dialogue.assistants] if call.system == ASSISTANT else [call.system]
    return Question(
        model=model,
        system=_texts(systems, plan),
        ask=_texts([call.ask], plan),
        sampling=call.sampling,
        kind=(call.out, call.history, call.say, call.fields, call.ask is None),
    )


def _texts(names: Iterable[TemplateId | None], plan: Plan) -> tuple[str, ...]:
    return tuple(plan.templates[name].text for name in names if name is not None)


def _calls(dialogue: Dialogue) -> Iterator[Call]:
    for option in _options(dialogue):
        yield from calls((*option.steps, *option.one_call))
    for variant in dialogue.user.variants:
        yield from variant.steps
    yield from (gate.call for _, gate in judging(dialogue))


def _options(dialogue: Dialogue) -> Iterator[Option]:
    yield dialogue.faithful
    for rule in (*dialogue.chosen, *dialogue.rejected):
        yield from rule.options


def _speaker(call: Call, dialogue: Dialogue) -> str:
    """The rule or the check that makes the call; else it is the user's."""
    options = (f"`{o.rule}`" for o in _options(dialogue) if call in calls((*o.steps, *o.one_call)))
    checks = (f"check `{check.name}`" for check, gate in judging(dialogue) if gate.call == call)
    return next(chain(options, checks), _USER)


def _speakers(dialogue: Dialogue) -> set[str]:
    spoken = {f"`{option.rule}`" for option in _options(dialogue)}
    return (
        spoken | {f"check `{check.name}`" for check, _ in judging(dialogue)} | {_USER for _ in dialogue.user.variants}
    )


def _gate(call: Call, old: Dialogue, new: Dialogue) -> str | None:
    """What its check asks otherwise of an answer that is asked for as before."""
    before = {check.name: gate for check, gate in judging(old)}
    for check, gate in judging(new):
        known = before.get(check.name)
        if gate.call == call and known is not None and known.kind == gate.kind and known != gate:
            return f"check `{check.name}`: {_changes(known, gate)}"
    return None


def _turns(old: Dialogue, new: Dialogue) -> str:
    return f"turns {_range(old)} → {_range(new)}"


def _range(dialogue: Dialogue) -> str:
    low, high = dialogue.turns
    return str(high) if low == high else f"{low}..{high}"


def _rules(old: Dialogue, new: Dialogue) -> str | None:
    for branch in ("chosen", "rejected"):
        if list(map(_rule, getattr(old, branch))) != list(map(_rule, getattr(new, branch))):
            return f"the rules of `{branch}` differ"
    return None


def _rule(rule: Rule) -> tuple[object, ...]:
    return rule.turns, rule.when, tuple((option.rule, option.weight) for option in rule.options)


def _rest(old: Dialogue, new: Dialogue) -> str | None:
    """What else decides which rows and turns there are."""
    if old.per_seed != new.per_seed:
        return f"per_seed {old.per_seed} → {new.per_seed}"
    if (old.user.replay, old.user.shared) != (new.user.replay, new.user.shared):
        return "`user` or `utterances` differ"
    if [one.weight for one in old.assistants] != [one.weight for one in new.assistants]:
        return "the weights of the assistant's variants differ"
    return _turns(old, new) if old.turns != new.turns else None


def _changes(old: BaseModel, new: BaseModel) -> str:
    """`take 12 → 40, shuffle false → true`."""
    changed = [name for name in type(new).model_fields if getattr(old, name) != getattr(new, name)]
    return ", ".join(
        f"{_NAMED.get(name, name)} {_shown(getattr(old, name))} → {_shown(getattr(new, name))}" for name in changed
    )


def _shown(value: object) -> str:
    if isinstance(value, BaseModel):
        return "/".join(str(part) for part in value.model_dump().values() if part is not None)
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)
