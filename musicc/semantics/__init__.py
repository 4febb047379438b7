"""Tree → checked module: names, types, turn rules, templates, lints."""

from musicc.semantics.load import Checked, load

__all__ = ["Checked", "load"]
