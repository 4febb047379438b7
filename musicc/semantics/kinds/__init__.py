"""Every kind of block, in the order in which a spec is usually written."""

from collections.abc import Mapping

from musicc.semantics.kinds import (
    check,
    contrast,
    dataset,
    dialogue,
    evaluation,
    judge,
    model,
    persona,
    reward,
    seeds,
    sweep,
)
from musicc.semantics.schema import Schema
from musicc.syntax.tree import Without

PARAMS = Schema("params", "Values to set from the command line.", named=False, any_field=True)

_DECLARED = {
    schema.kind: schema
    for schema in (
        PARAMS,
        model.SCHEMA,
        seeds.SCHEMA,
        persona.SCHEMA,
        contrast.SCHEMA,
        judge.SCHEMA,
        judge.BENCHMARK_SCHEMA,
        dialogue.SCHEMA,
        check.SCHEMA,
        dataset.SCHEMA,
        reward.SCHEMA,
        evaluation.SCHEMA,
        sweep.SCHEMA,
    )
}
PROFILE = Schema(
    "profile",
    "An overlay on the file, chosen with `--profile`: what stands in it takes the place of what the file says.",
    blocks=_DECLARED,
    holds=(Without,),
)
SCHEMAS: Mapping[str, Schema] = {**_DECLARED, "profile": PROFILE}
