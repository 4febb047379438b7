"""Pairs made into datasets: gathered from dialogues and sources, sifted, chosen, split and written.

sources    what is read for it besides the build's own pairs, before the first call is paid for
gather     the pairs that may be taken: those that no rule leaves out, and a few numbers of each
sizes      how many of each part
groups     which pairs have to be on one side of the split
publish    train.jsonl, validation.jsonl and the exports, in a folder that appears whole
"""

from musicc.runtime.data.mixing.publish import Made, Making, publish_datasets
from musicc.runtime.data.mixing.sources import Sources

__all__ = ["Made", "Making", "Sources", "publish_datasets"]
