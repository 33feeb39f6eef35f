"""The ledger: the append-only truth, in SQL."""

from .ledger import Ledger
from .people import People, hash_token
from .writes import Change, Save, Withdraw, pack, unpack

__all__ = ["Change", "Ledger", "People", "Save", "Withdraw", "hash_token", "pack", "unpack"]
