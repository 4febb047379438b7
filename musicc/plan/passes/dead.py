"""Dead branches: what no row can ever draw is left out, and then what nothing refers to any more."""

from musicc.plan.datasets import sources
from musicc.plan.document import ASSISTANT, FAITHFUL, AnyOf, Call, Dialogue, Plan, Rule, Seeds
from musicc.plan.edit import calls, each_dialogue, judging
from musicc.plan.rewards import source
from musicc.plan.turns import departs_at, first_voiced, lengths, reached


def prune(plan: Plan) -> Plan:
    """The plan without options of weight 0, rules that cannot fire, and parts that are not used."""
    return _used(each_dialogue(plan, lambda dialogue: _alive(dialogue, plan.seeds[dialogue.seeds])))


def _alive(dialogue: Dialogue, seeds: Seeds) -> Dialogue:
    spoken = first_voiced(dialogue.user, seeds) <= dialogue.turns[1]
    variants = tuple(variant for variant in dialogue.user.variants if spoken and variant.weight > 0)
    return dialogue.model_copy(
        update={
            "user": dialogue.user.model_copy(update={"variants": variants}),
            "assistants": tuple(assistant for assistant in dialogue.assistants if assistant.weight > 0),
            "chosen": _rules(dialogue.chosen, dialogue, seeds),
            "rejected": _rules(dialogue.rejected, dialogue, seeds),
        }
    )


def _rules(rules: tuple[Rule, ...], dialogue: Dialogue, seeds: Seeds) -> tuple[Rule, ...]:
    """A rule that is always faithful still keeps its turns from being drawn for another: it stays if one draws."""
    by_length = [reached(rules, last) for last in lengths(dialogue, seeds)]
    turns = [{turn for own in owned for turn in own} for owned in zip(*by_length, strict=True)]
    alive = [_options(rule, own, dialogue, seeds) for rule, own in zip(rules, turns, strict=True) if own]
    drawing = any(isinstance(rule.turns, AnyOf) and _departing(rule) for rule in alive)
    return tuple(rule for rule in alive if drawing or _departing(rule))


def _options(rule: Rule, turns: set[int], dialogue: Dialogue, seeds: Seeds) -> Rule:
    if not any(departs_at(rule, turn, seeds) for turn in turns):
        return Rule(turns=rule.turns, options=(dialogue.faithful,))
    return rule.model_copy(update={"options": tuple(option for option in rule.options if option.weight > 0)})


def _departing(rule: Rule) -> bool:
    return any(option.rule != FAITHFUL for option in rule.options)


def _used(plan: Plan) -> Plan:
    made = [call for dialogue in plan.dialogues for call in _calls(dialogue)]
    systems = {assistant.system for dialogue in plan.dialogues for assistant in dialogue.assistants}
    templates = systems | {name for call in made for name in (call.system, call.ask)} - {ASSISTANT}
    models = {call.model for call in made}
    played = {dialogue.seeds for dialogue in plan.dialogues}
    paired = {name for one in plan.datasets for name in sources(one)} | {source(one) for one in plan.rewards}
    return plan.model_copy(
        update={
            "models": {name: model for name, model in plan.models.items() if name in models},
            "templates": {name: template for name, template in plan.templates.items() if name in templates},
            "seeds": {name: seeds for name, seeds in plan.seeds.items() if name in played | paired},
        }
    )


def _calls(dialogue: Dialogue) -> list[Call]:
    options = [dialogue.faithful, *(o for rule in (*dialogue.chosen, *dialogue.rejected) for o in rule.options)]
    spoken = [call for variant in dialogue.user.variants for call in variant.steps]
    judged = [gate.call for _, gate in judging(dialogue)]
    return [*spoken, *(call for option in options for call in calls((*option.steps, *option.one_call))), *judged]
