"""What names a model in call keys."""

from pathlib import Path

from musicc.plan.document import Model
from musicc.runtime.llm.weights import digest


def identity(model: Model, folder: Path = Path()) -> str:
    """`weights:SHA-256` for a model that runs in this process, else the endpoint's name for it, `@` its revision.

    Where a model is served and under which name a spec knows it do not count. A path of weights counts from `folder`.
    Raises DiagnosticError if the weights cannot be read.
    """
    if model.weights is not None:
        return f"weights:{digest(model.weights, folder)}"
    return model.served if model.revision is None else f"{model.served}@{model.revision}"
