"""musicc: a language, a compiler and a runtime for contrastive dialogue synthesis."""

__version__ = "0.1.0"
