"""What is kept: results by their key, files published whole, rows put in order."""

from musicc.runtime.store.publish import lock_folder, write_atomically
from musicc.runtime.store.spool import OrderedSpool
from musicc.runtime.store.store import Store

__all__ = ["OrderedSpool", "Store", "lock_folder", "write_atomically"]
