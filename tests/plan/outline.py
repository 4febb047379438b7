"""A plan in few lines, for golden files that people read."""

from collections.abc import Iterator

from musicc.plan.checks import Gate, PairJudge, TurnJudge
from musicc.plan.document import AnyOf, Borrow, Call, Cut, Dialogue, Option, Parse, Plan, Recall, Rule, Step


def outline(plan: Plan) -> str:
    """Dialogues, rules and steps; then the names of what they use."""
    lines = [line for dialogue in plan.dialogues for line in _dialogue(dialogue)]
    tables = {"models": [*plan.models], "templates": [*plan.templates], "seeds": [*plan.seeds]}
    lines += [f"{kind}: {', '.join(sorted(names)) or '-'}" for kind, names in tables.items()]
    return "\n".join(lines) + "\n"


def _dialogue(dialogue: Dialogue) -> Iterator[str]:
    yield f"{dialogue.name}: turns {dialogue.turns[0]}..{dialogue.turns[1]}, departs at {dialogue.departs}"
    user = dialogue.user
    yield f"  user{' replay' if user.replay else ''}{' shared' if user.shared else ' apart'}"
    for variant in user.variants:
        yield from _steps(variant.steps, f"{variant.weight:.0%}")
    yield f"  assistant {', '.join(f'{a.weight:.0%} {a.system}' for a in dialogue.assistants)}"
    yield from _option(dialogue.faithful)
    for branch, rules in (("chosen", dialogue.chosen), ("rejected", dialogue.rejected)):
        for rule in rules:
            yield f"  {branch} {_turns(rule)}"
            for option in rule.options:
                yield from _option(option)
    for check in dialogue.checks:
        retries = f"{check.retries} retries, then " if check.retries else ""
        yield f"  check {check.name}: {_gate(check.gate)}; {retries}{check.then}"


def _gate(gate: Gate) -> str:
    if isinstance(gate, PairJudge | TurnJudge):
        orders = ", both orders" if isinstance(gate, PairJudge) and gate.both_orders else ""
        return f"{gate.kind} {_step(gate.call)} of {', '.join(gate.verdicts)}{orders}"
    said = (f"{name} {value}" for name, value in gate.model_dump(exclude={"kind"}).items())
    return " ".join([gate.kind, *said])


def _turns(rule: Rule) -> str:
    turns = rule.turns
    when = f" when {rule.when.measure} {rule.when.comparison} {rule.when.bound:g}" if rule.when else ""
    return f"any {turns.count}{when}" if isinstance(turns, AnyOf) else f"{turns.first}..{turns.last}{when}"


def _option(option: Option) -> Iterator[str]:
    history = ", needs history" if option.needs_history else ""
    yield from _steps(option.steps, f"{option.weight:.0%} {option.rule}{history}")
    if option.one_call:
        yield from _steps(option.one_call, "or in one call")


def _steps(steps: tuple[Step, ...], title: str) -> Iterator[str]:
    yield f"    {title}"
    for step in steps:
        yield f"      {_step(step)}"


def _step(step: Step) -> str:
    match step:
        case Call():
            sees = [f"system {step.system}" if step.system else "", "" if step.history == "none" else step.history]
            asks = f"ask {step.ask}" if step.ask else f"say {step.say}" if step.say else ""
            saved = ", or the chosen reply" if step.shares else ""
            return f"{step.out} = {step.model}({', '.join(filter(None, [*sees, asks]))}){saved}"
        case Parse():
            return f"{', '.join(step.fields)} = parse {step.of}"
        case Cut():
            return f"reply = cut {step.of} to {step.keep[0]:g}..{step.keep[1]:g}"
        case Borrow():
            return "hidden = borrowed from another seed"
        case Recall():
            return "hidden = recalled from an earlier turn"
