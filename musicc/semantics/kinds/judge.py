"""`judge` and `benchmark`: how finished conversations are judged, and on what reward models are scored."""

from musicc.diagnostics.codes import rules as rule_codes
from musicc.diagnostics.codes import types as codes
from musicc.semantics.kinds.seeds import OriginShape
from musicc.semantics.module import Benchmark, Judge, Sampling
from musicc.semantics.reader import Reader
from musicc.semantics.schema import Fields, FieldSpec, Schema, table
from musicc.semantics.shapes import Flag, Many, Prompt, String, Word
from musicc.semantics.voices import SAMPLING

JUDGE = table(
    FieldSpec("system", Prompt(), "the system text of its calls"),
    FieldSpec("prompt", Prompt(), "asks which of two conversations is better", required=True),
    FieldSpec(
        "verdicts", Many(String()), "the replies that count, for A, for B and for neither", default=("A", "B", "tie")
    ),
    FieldSpec("both_orders", Flag(), "ask a second time with A and B exchanged", default=True),
    FieldSpec("sampling", SAMPLING, "sampling of its calls, over the model's", default=Sampling()),
)
BENCHMARK = table(
    FieldSpec("from", OriginShape(), '`hub("…", split = "…")` or `file("…")`', required=True),
    FieldSpec("format", Word(("rewardbench", "pairs")), "how its rows are read", default="pairs"),
)


def build_judge(fields: Fields, reader: Reader) -> Judge | None:
    reader.template(fields.get("system"), "judge.system")
    reader.template(fields.get("prompt"), "judge.prompt")
    _check_verdicts(fields, reader)
    if fields.get("both_orders") is False:
        reader.report(
            rule_codes.ONE_ORDER,
            f"`{fields.name.text}` is asked in one order",
            fields.at("both_orders"),
            label="judges favour a place",
            help="leave it at `true`",
        )
    if not reader.sound:
        return None
    return Judge(
        name=fields.name.text,
        span=fields.name.span,
        system=fields.get("system"),
        prompt=fields.get("prompt"),
        verdicts=fields.get("verdicts"),
        both_orders=fields.get("both_orders"),
        sampling=fields.get("sampling"),
    )


def _check_verdicts(fields: Fields, reader: Reader) -> None:
    verdicts = fields.get("verdicts")
    if verdicts and not 2 <= len(verdicts) <= 3:
        reader.report(
            codes.OUT_OF_RANGE,
            f"`verdicts` has two or three entries, not {len(verdicts)}",
            fields.at("verdicts"),
            label="for A, for B and for neither",
            help='write `["A", "B", "tie"]`',
        )


def build_benchmark(fields: Fields, reader: Reader) -> Benchmark | None:
    if not reader.sound:
        return None
    return Benchmark(
        name=fields.name.text, span=fields.name.span, origin=fields.get("from"), format=fields.get("format")
    )


SCHEMA = Schema("judge", "Which of two conversations is better.", JUDGE, build_judge)
BENCHMARK_SCHEMA = Schema("benchmark", "Labelled pairs that reward models are scored on.", BENCHMARK, build_benchmark)
