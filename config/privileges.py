"""As whom a server process runs, what it may still do, and that it dies with whoever started it."""

import ctypes
import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path

UNPRIVILEGED = "nobody"

PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2  # linux/prctl.h
SECBIT_NO_SETUID_FIXUP = 4  # linux/securebits.h
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2  # linux/capability.h
CAPABILITY_VERSION = 0x20080522


def server_user(data: Path) -> pwd.struct_passwd | None:
    """Say as whom the servers run: None is ourselves; as root the owner of `data`, since PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat().st_uid) != 0:
        return pwd.getpwuid(owner)
    return pwd.getpwnam(UNPRIVILEGED)


def become(user: pwd.struct_passwd | None, death_signal: int) -> Callable[[], None]:
    """Give what a child does before it becomes a server: change user, keep a way to its files, die with its parent."""
    parent = os.getpid()

    def prepare() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if user is not None:
            change_user(libc, user)
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)  # after the change of user, which clears it
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def change_user(libc: ctypes.CDLL, user: pwd.struct_passwd) -> bool:
    """Become `user`; say whether files below folders that only root may enter can still be reached.

    Of root's powers one is kept, to read and search folders; without it a clone below /root could not run, unless the
    permissions of folders that are not ours were changed. Where the kernel grants none, the path has to be open.
    """
    linux = sys.platform == "linux"
    if linux:  # powers outlive the change of user; and access(2), which PostgreSQL asks before it opens, heeds them
        libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    return linux and any(keep(libc, capability) for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE))


def keep(libc: ctypes.CDLL, capability: int) -> bool:
    """Keep one of root's powers and no other, also after the next exec."""
    bit = 1 << capability
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    if libc.capset(header, effective_permitted_inheritable) != 0:
        return False
    return bool(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0)


def reaches_everything(user: pwd.struct_passwd) -> bool:
    """Whether a process of ours that becomes `user` can enter folders that are closed to it."""
    child = os.fork()
    if child == 0:
        os._exit(0 if change_user(ctypes.CDLL(None), user) else 1)
    return os.waitpid(child, 0)[1] == 0
