"""The rows of a dialogue."""

from musicc.plan.document import Dialogue, Seeds
from musicc.runtime.data.context import context_of
from musicc.runtime.data.pool import SeedPool
from musicc.runtime.engine.draws import Draws
from musicc.runtime.engine.schedule import Row, turn_count


def row_count(dialogue: Dialogue, pool: SeedPool) -> int:
    return len(pool) * dialogue.per_seed


def make_row(dialogue: Dialogue, seeds: Seeds, pool: SeedPool, spec_seed: int, position: int, first: int) -> Row:
    """The row at `position` of the dialogue, whose rows are numbered from `first`. Its choices depend on the seed and the sample, not on the position."""
    at, sample = divmod(position, dialogue.per_seed)
    seed = pool[at]
    draws = Draws(spec_seed, f"{seed.id}-{sample}")
    context, later = context_of(seed, seeds, draws.uniform("prefix"))
    opening = context[-1]["content"] if context and context[-1]["role"] == "user" else None
    before = context[:-1] if opening is not None else context
    scripted = len(later) + (opening is not None)
    return Row(
        index=first + position,
        id=f"{dialogue.name}-{seed.id}" + (f"-{sample}" if sample else ""),
        seed=seed,
        sample=sample,
        context=before,
        opening=opening,
        later=later,
        turns=turn_count(dialogue, draws, scripted),
        draws=draws,
    )
