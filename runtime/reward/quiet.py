"""Libraries that print on their own, silenced: what goes wrong is told by a diagnostic, what goes well by the command."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

from transformers.utils import logging as transformers_logging

_LOUD = ("transformers", "huggingface_hub", "accelerate", "peft", "torch", "py.warnings")


@contextmanager
def hushed() -> Iterator[None]:
    """No library logs, warns or shows a bar of its own while the block runs; what musicc tells is heard."""
    loggers = [logging.getLogger(name) for name in _LOUD]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    transformers_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_logging.enable_progress_bar()
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def quietly() -> Iterator[None]:
    """Nothing at all is written to stderr: some bars cannot be turned off. For blocks in which musicc tells nothing."""
    with hushed(), redirect_stderr(io.StringIO()):
        yield
