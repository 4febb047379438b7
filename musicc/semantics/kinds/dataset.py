"""`dataset` and `reward`: what pairs are mixed, and the reward model that is trained on them."""

from typing import get_args

from musicc.diagnostics import Note
from musicc.diagnostics.codes import data as data_codes
from musicc.diagnostics.codes import types as codes
from musicc.semantics.forms import Argument, Form, Forms
from musicc.semantics.kinds.model import KNOWN_WEIGHTS
from musicc.semantics.leaks import check_apart, check_split
from musicc.semantics.lengths import check_max_length
from musicc.semantics.mixes import Mix, Pairs
from musicc.semantics.module import Dataset, Export, Reward
from musicc.semantics.quantities import count, real, share
from musicc.semantics.reader import Reader
from musicc.semantics.schema import Fields, FieldSpec, Schema, table
from musicc.semantics.shapes import Either, Many, Named, String, Word

_NEAR = Form("near", (Argument("likeness", share(0.3, 1)),), lambda likeness: likeness)
DATASET = table(
    FieldSpec(
        "mix",
        Mix(),
        "how many pairs of what: `{ skywork.pairs: 73k, contrastive: 31k }`, or each so often (`2x`), or shares in %",
        required=True,
    ),
    FieldSpec("validation", share(0, 0.9), "the share of seeds that is kept out of training", default=0.0),
    FieldSpec(
        "deduplicate",
        Either((Word(("exact",)), Forms((_NEAR,)))),
        "leave out pairs that equal an earlier one, or are so much like it: `near(80%)`",
    ),
    FieldSpec(
        "apart_from",
        Many(Named(("seeds", "benchmark")), single=True),
        "leave out pairs in which a prompt of these stands",
        default=(),
    ),
    FieldSpec("export", Many(Word(get_args(Export)), single=True), "further formats to write it in", default=()),
    FieldSpec("license", String(), "under which it is given on, for its card"),
)
REWARD = table(
    FieldSpec(
        "base", Either((Word(KNOWN_WEIGHTS), String())), "the model that the reward model starts from", required=True
    ),
    FieldSpec(
        "train", Pairs(("dataset", "dialogue")), "a dataset, a dialogue, or the `.pairs` of seeds", required=True
    ),
    FieldSpec("max_length", count(16, 10_000_000), "tokens of a conversation, at most", default=2048),
    FieldSpec("steps", count(1, 10**9), "updates of the weights"),
    FieldSpec("epochs", real(0.0001, 10_000), "passes over the data, in the place of `steps`; 1 if neither is given"),
    FieldSpec("batch", count(1, 1_000_000), "pairs an update", default=64),
    FieldSpec("lr", real(1e-12, 10), "the learning rate", default=2e-6),
)


def build_dataset(fields: Fields, reader: Reader) -> Dataset | None:
    if fields.get("validation") == 0:
        reader.report(
            data_codes.NO_VALIDATION,
            f"`{fields.name.text}` has no validation split",
            fields.at("validation"),
            label="everything is trained on",
            help="add `validation = 1%`",
        )
    if parts := fields.get("mix"):
        check_split(parts, fields, reader)
        check_apart(parts, fields, reader)
    return Dataset(name=fields.name.text, span=fields.name.span, **fields.values) if reader.sound else None


def build_reward(fields: Fields, reader: Reader) -> Reward | None:
    if "steps" in fields.given and "epochs" in fields.given:
        reader.report(
            codes.CONFLICTING_FIELDS,
            "`steps` and `epochs` both say how long to train",
            fields.at("epochs"),
            label="said again",
            notes=(Note(fields.at("steps"), "said here"),),
            help="keep one of the two",
        )
    if train := fields.get("train"):
        parts = [part.source for part in train.mix] if isinstance(train, Dataset) else [train]
        check_max_length(parts, fields, reader)
    if not reader.sound:
        return None
    steps, epochs = fields.get("steps"), fields.get("epochs")
    values = {**fields.values, "steps": steps, "epochs": epochs or (None if steps else 1.0)}
    return Reward(name=fields.name.text, span=fields.name.span, **values)


DATASET_SCHEMA = Schema("dataset", "A mix of pairs, split by seed.", DATASET, build_dataset, product=True)
REWARD_SCHEMA = Schema("reward", "A reward model to train.", REWARD, build_reward, product=True)
