"""How much of the query processes may one client take?

Two limits for each network address: queries that run or wait at the same time, and the seconds that it may hold
processes within a minute (a bucket that fills again steadily). Who holds many waits behind who holds few.
Not thread-safe: the pool's lock guards it.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from catalogue.errors import TooManyQueries

_MINUTE = 60.0
_MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: the network address, and whether the connection is closed from the other end."""

    address: str = ""
    gone: Callable[[], bool] = lambda: False

    @property
    def key(self) -> str:
        """What the limits are kept under: for IPv6 the network, since one household has 2^64 addresses."""
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return self.address
        return str(address) if address.version == 4 else str(ipaddress.ip_network((int(address), 64), strict=False))


# The service itself, and who asks from Python.
NOBODY = Client()


@dataclass(slots=True)
class _Account:
    queries: int
    seconds: float
    at: float


class Clients:
    """What each client holds and has used."""

    def __init__(self, *, queries: int, seconds: float) -> None:
        """Allow each client so many queries at once, and so many seconds of a process in a minute."""
        self._queries, self._seconds = queries, seconds
        self._accounts: dict[str, _Account] = {}

    def admit(self, client: Client) -> None:
        """Count a query of a client in; errors as `check`."""
        self.check(client)
        self._accounts[client.key].queries += 1

    def check(self, client: Client) -> None:
        """Look whether a client may ask now.

        Raises:
            TooManyQueries: It has as many as it may, or has used its seconds; details `retry_after`.
        """
        account = self._settled(client.key)
        if account.queries >= self._queries:
            raise TooManyQueries(
                f"{account.queries} queries of your address run or wait; no more are taken.",
                mend="Wait for their answers, then ask the next.",
                limit=self._queries,
                setting="query_per_client",
                retry_after=1,
            )
        if account.seconds <= 0:
            raise TooManyQueries(
                f"Queries of your address have run for more than {self._seconds:g} seconds in a minute.",
                mend="Wait, ask for less at once, or take the dump (/dump.nt.gz).",
                limit=self._seconds,
                setting="query_client_seconds",
                retry_after=max(1, math.ceil((1 - account.seconds) * _MINUTE / self._seconds)),
            )

    def leave(self, client: Client, seconds: float) -> None:
        """Count a query out that has held a process for so long."""
        account = self._settled(client.key)
        account.queries -= 1
        account.seconds -= seconds

    def holding(self, client: Client) -> int:
        """Queries of a client that run or wait."""
        account = self._accounts.get(client.key)
        return account.queries if account else 0

    def _settled(self, key: str) -> _Account:
        now = time.monotonic()
        account = self._accounts.get(key)
        if account is None:
            if len(self._accounts) >= _MOST_KNOWN:
                self._forget(now)
            account = self._accounts[key] = _Account(0, self._seconds, now)
        account.seconds = min(self._seconds, account.seconds + (now - account.at) * self._seconds / _MINUTE)
        account.at = now
        return account

    def _forget(self, now: float) -> None:
        """Those who ask nothing and had time to fill up: a minute, or two when overdrawn."""
        idle = [key for key, a in self._accounts.items() if not a.queries and now - a.at > 2 * _MINUTE]
        for key in idle or [key for key, a in self._accounts.items() if not a.queries]:
            del self._accounts[key]
