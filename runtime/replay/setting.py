"""What a worker needs to play rows of a plan, and how it is told."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from musicc.plan.document import Plan
from musicc.plan.serialise import dump, load
from musicc.runtime.data.pool import SeedPool, Shared


@dataclass(frozen=True, slots=True)
class Setting:
    """A plan and its digest, the seeds by their names in it, and where its paths count from and the store is."""

    plan: Plan
    digest: str
    pools: Mapping[str, SeedPool]
    spec_folder: Path
    store: Path

    def encode(self) -> tuple[bytes, tuple[int, ...]]:
        """A line for the worker, and the open files that it has to inherit. Raises OSError."""
        shared = {name: pool.share() for name, pool in self.pools.items()}
        told = {
            "plan": dump(self.plan).decode(),
            "digest": self.digest,
            "pools": {name: asdict(one) for name, one in shared.items()},
            "spec_folder": str(self.spec_folder),
            "store": str(self.store),
        }
        return orjson.dumps(told) + b"\n", tuple({one.file for one in shared.values()})


def decode(line: bytes) -> Setting:
    """The setting in the worker. Raises OSError."""
    told = orjson.loads(line)
    pools = {name: SeedPool.of(Shared(**one)) for name, one in told["pools"].items()}
    return Setting(load(told["plan"]), told["digest"], pools, Path(told["spec_folder"]), Path(told["store"]))
