"""What may a process do that runs foreign queries?

It makes no socket, dies with the one who started it, leaves no core dump, yields to pages, and is the first that the
kernel takes when memory ends. Imports little: processes that start in milliseconds use it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import sys
from contextlib import suppress

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Linux: be killed when the thread that started us ends, however it ends. Not inherited by a fork."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def seal() -> bool:
    """Take away the way to make sockets, for good, here and in every fork; False where that cannot be done.

    Local sockets are denied too: resolvers may be asked for names through them. io_uring makes sockets without
    the system call. Sockets that exist go on working.
    """
    if sys.platform != "linux":
        return False
    try:
        import pyseccomp

        rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
        for call in ("socket", "socketpair", "io_uring_setup"):
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), call)
        rules.load()
    except (ImportError, RuntimeError, OSError):
        return False  # no libseccomp, or a kernel without it
    return True


def yield_to_others(niceness: int, first_to_go: int) -> None:
    """Let others run first, and go first when memory ends (`first_to_go` from 0 to 1000, proc(5) `oom_score_adj`)."""
    os.nice(niceness)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write(str(first_to_go))


def limit_memory(allowance: int) -> None:
    """Allow so many bytes of address space beyond those used now, and no core dump."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        limit = pages(0) + allowance
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def faults(pid: int) -> int:
    """Bytes of the pages that a process has got since it began (proc(5) `stat`, minor faults); errors as `pages`."""
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[7]) * resource.getpagesize()


def pages(column: int, pid: int | str = "self") -> int:
    """Bytes of address space (column 0) or resident memory (1) of a process (proc(5) `statm`).

    Raises:
        OSError: The system does not say, or the process is gone.
    """
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[column]) * resource.getpagesize()
