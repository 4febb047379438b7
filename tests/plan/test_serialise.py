"""Canonical bytes, the digest, and files that are no plans."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from musicc.diagnostics import DiagnosticError
from musicc.plan.compile import compile_module
from musicc.plan.document import Plan
from musicc.plan.serialise import digest, dump, load
from musicc.semantics.module import Dialogue, Limit, Model, Module, Price
from tests.plan.modules import (
    CUT,
    HELPFUL,
    OTHER,
    REWRITE,
    SMALL,
    any_turns,
    dialogue,
    module,
    rule,
    text,
    turn,
    voice,
)


def talk(on: Model = SMALL) -> Dialogue:
    return dialogue(
        rule(turn(1), [(0.5, OTHER), (0.5, CUT)]),
        rule(any_turns(1), REWRITE),
        turns=(3, 4),
        assistant=voice(HELPFUL, on),
    )


def spec(on: Model = SMALL) -> Module:
    return module(talk(on))


PLAN = compile_module(spec())


def test_a_plan_comes_back_as_it_was() -> None:
    assert load(dump(PLAN)) == PLAN


def test_bytes_do_not_depend_on_the_process() -> None:
    """Sets and hashes differ from one process to the next; the bytes must not."""
    script = """
from hashlib import sha256
from tests.plan.test_serialise import spec
from musicc.plan.compile import compile_module
from musicc.plan.serialise import digest, dump
plan = compile_module(spec())
print(digest(plan), sha256(dump(plan)).hexdigest())
"""
    said = set()
    for seed in ("1", "2", "3"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        said.add(done.stdout.strip())
    assert said == {f"{digest(PLAN)} {sha256(dump(PLAN)).hexdigest()}"}


def test_keys_are_sorted_and_the_last_line_ends() -> None:
    data = dump(PLAN)
    assert data.endswith(b"}\n")
    assert json.dumps(json.loads(data), indent=2, sort_keys=True, ensure_ascii=False) + "\n" == data.decode()


def test_text_is_readable() -> None:
    assert (
        "“Grüße”"
        in dump(compile_module(module(dialogue(rule(turn(1), replace(REWRITE, rewrite=text("“Grüße”"))))))).decode()
    )


class TestDigest:
    @pytest.mark.parametrize(
        "change",
        [
            lambda m: replace(m, limit=Limit(99, 5, 5)),
            lambda m: replace(m, price=Price(1.0, 2.0)),
            lambda m: replace(m, urls=("http://elsewhere/v1",), key="OTHER_KEY", timeout=1.0),
        ],
        ids=["limit", "price", "address"],
    )
    def test_how_a_model_is_reached_changes_nothing(self, change: Callable[[Model], Model]) -> None:
        reached = compile_module(spec(change(SMALL)))
        assert reached != PLAN
        assert digest(reached) == digest(PLAN)

    @pytest.mark.parametrize(
        "other",
        [
            spec(replace(SMALL, served="another")),
            spec(replace(SMALL, structured=True)),
            module(replace(talk(), turns=(3, 5))),
            module(replace(talk(), per_seed=2)),
            replace(spec(), seed=8),
        ],
        ids=["model", "structured", "turns", "per_seed", "seed"],
    )
    def test_what_is_built_changes_it(self, other: Module) -> None:
        assert digest(compile_module(other)) != digest(PLAN)

    def test_the_order_in_which_parts_are_met_changes_nothing(self) -> None:
        turned = PLAN.model_copy(update={"templates": dict(reversed(PLAN.templates.items()))})
        assert list(turned.templates) != list(PLAN.templates)
        assert digest(turned) == digest(PLAN)
        assert dump(turned) == dump(PLAN)


class TestLoad:
    def fault(self, data: bytes) -> tuple[str, str]:
        with pytest.raises(DiagnosticError) as raised:
            load(data, "build/plan.json")
        (diagnostic,) = raised.value.diagnostics
        assert diagnostic.at == "build/plan.json"
        assert diagnostic.help
        return diagnostic.code.id, diagnostic.message

    def edited(self, **changes: Any) -> bytes:
        return json.dumps({**json.loads(dump(PLAN)), **changes}).encode()

    def test_another_format(self) -> None:
        code, message = self.fault(self.edited(format=2, a_later_field=True))
        assert code == "M570"
        assert "format 2" in message

    def test_not_json(self) -> None:
        assert self.fault(dump(PLAN)[:100])[0] == "M571"
        assert self.fault(b"\xff\xfe")[0] == "M571"

    @pytest.mark.parametrize("data", [b"[]", b"{}", b"1"])
    def test_not_a_plan(self, data: bytes) -> None:
        assert self.fault(data)[0] == "M571"

    def test_a_field_that_is_not_there_is_named(self) -> None:
        code, message = self.fault(self.edited(seed="often"))
        assert code == "M571"
        assert "`seed`" in message

    def test_a_field_that_no_plan_has_is_named(self) -> None:
        assert "`order`" in self.fault(self.edited(order="source"))[1]


def test_the_model_of_the_plan_is_what_the_file_holds() -> None:
    assert json.loads(dump(PLAN)).keys() == Plan.model_fields.keys()
