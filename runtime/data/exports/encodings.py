"""Records as the bytes of a file, a piece at a time. Equal records are equal bytes: no file holds a time or a name."""

import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from musicc.runtime.data.exports.forms import Record

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP = 1000  # records of a Parquet row group, and what is in memory at once
_GZIP = 16 + zlib.MAX_WBITS  # with gzip's header, whose time zlib leaves at 0

# JSON allows them in a text; readers that tell lines apart by `str.splitlines` end a line there.
_LINE_ENDS = {end.encode(): f"\\u{ord(end):04x}".encode() for end in "\u0085\u2028\u2029"}


def jsonl(records: Iterable[Record]) -> Iterator[bytes]:
    """One JSON object a line."""
    for record in records:
        line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
        for end, escaped in _LINE_ENDS.items():
            line = line.replace(end, escaped)
        yield line


def jsonl_gz(records: Iterable[Record]) -> Iterator[bytes]:
    """The same, compressed."""
    gzip = zlib.compressobj(wbits=_GZIP)
    for line in jsonl(records):
        yield gzip.compress(line)
    yield gzip.flush()


def parquet(records: Iterable[Record]) -> Iterator[bytes]:
    """One row a record, nested as the record is. The first says what all have: no value is null and no list is empty."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows, sink = iter(records), _Sink()
    group = list(islice(rows, _GROUP))
    schema = pa.schema([(name, _type_of(value)) for name, value in group[0].items()])
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        while group:
            writer.write_table(pa.Table.from_pylist(group, schema))
            yield sink.taken()
            group = list(islice(rows, _GROUP))
    yield sink.taken()


def _type_of(value: Any) -> "pa.DataType":
    import pyarrow as pa

    if isinstance(value, dict):
        return pa.struct([(name, _type_of(inner)) for name, inner in value.items()])
    if isinstance(value, list):
        return pa.list_(_type_of(value[0]))
    types: dict[type, pa.DataType] = {str: pa.string(), bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    return types[type(value)]


class _Sink(BytesIO):
    """A file that is only written to, whose bytes are taken away as they come."""

    _taken = 0

    def tell(self) -> int:
        return self._taken + super().tell()

    def taken(self) -> bytes:
        piece = self.getvalue()
        self._taken += len(piece)
        self.seek(0)
        self.truncate()
        return piece
