"""Rows whose replies are all in the store, played on every core before a build goes on to those that need a call.

Rows do not know of each other, so other processes can play them: each reads the store and the seeds, has no models to
ask, and leaves a row alone when it comes to a call whose reply is not there. What a row comes to is the same wherever it
is played, so how many workers there are, and what becomes of them, decides nothing but how long it takes.
"""

from musicc.runtime.replay.block import Block
from musicc.runtime.replay.crew import replay
from musicc.runtime.replay.setting import Setting

__all__ = ["Block", "Setting", "replay"]
