"""Pairs as files that other projects load: a folder for each format, in it a file for each split.

parquet/train.parquet      the columns of `pairs.jsonl`
trl/train.jsonl            prompt, chosen, rejected: lists of role and content
openrlhf/train.jsonl       chosen, rejected: whole conversations
llama_factory/train.jsonl  conversations, and a reply each; dataset_info.json tells how to read it
sharegpt/train.jsonl       chosen, rejected: lists of from and value
hh/train.jsonl.gz          chosen, rejected: transcripts
"""

from musicc.runtime.data.exports.write import write_export

__all__ = ["write_export"]
