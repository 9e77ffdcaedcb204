"""The walls of the jail: what a process gives up for good before it opens untrusted bytes.

Each wall stands alone, because no machine is sure to have them all: bubblewrap needs
namespaces, Landlock a kernel of 5.13, seccomp x86-64 or ARM64. Everything here speaks to
the Linux kernel through ctypes; numbers are from its user-space headers, and the two
columns of system calls were read out of libseccomp 2.5.
"""

import ctypes
import errno
import os
import platform
import resource
import stat
import struct
from collections.abc import Iterable

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2


def give_up_privileges() -> bool:
    """No gain by set-uid programs, no core and no debugger, no capabilities. False: refused."""
    header = struct.pack("=Ii", 0x2008_0522, 0)
    nothing = bytes(24)
    return all(
        (
            _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0,
            _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0,
            _libc.syscall(_number("capset"), header, nothing) == 0,
        )
    )


def die_with_parent(signal: int) -> None:
    """Ask the kernel for `signal` when the thread that forked us ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal, 0, 0, 0)


# ── Limits ─────────────────────────────────────────────────────────────────────────────

OPEN_FILES = 64


def limit(*, memory: int, seconds: float, output: int, threads: bool) -> None:
    """Set the resource limits of one job: address space, CPU seconds, octets written.

    RLIMIT_NPROC counts all processes of the user, so it can only be nought, which also
    forbids threads. The kernel does not apply it to root.
    """
    cpu = max(1, int(seconds))
    for what, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_FSIZE, output, output),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(what, (soft, hard))
    if not threads:
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


# ── Landlock: files and TCP ────────────────────────────────────────────────────────────

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_DIR, _WRITE_FILE, _TRUNCATE = 1 << 2, 1 << 3, 1 << 1, 1 << 14
_FILE_RIGHTS_BY_ABI = (13, 14, 15, 15, 16)
"""How many rights over files each Landlock version knows, from version 1 on."""


def landlock(readable: Iterable[str], writable: Iterable[str] = ()) -> int:
    """Let this process and its children read beneath `readable` only and write nowhere but
    beneath `writable`; from version 4 no TCP, from 6 no signal or abstract socket outwards.

    Answers the Landlock version of the kernel, 0 when it has none.
    """
    abi = int(_libc.syscall(_CREATE_RULESET, None, 0, 1))
    if abi < 1:
        return 0
    files = (1 << _FILE_RIGHTS_BY_ABI[min(abi, 5) - 1]) - 1
    ruleset = struct.pack("=QQQ", files, 0b11, 0b11)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    descriptor = int(_libc.syscall(_CREATE_RULESET, ruleset, len(ruleset), 0))
    for path in readable:
        _allow_beneath(descriptor, path, _READ_FILE | _READ_DIR)
    for path in writable:
        _allow_beneath(descriptor, path, files)
    restricted = _libc.syscall(_RESTRICT_SELF, descriptor, 0) == 0
    os.close(descriptor)
    return abi if restricted else 0


def _allow_beneath(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # a folder that this machine has not
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE
    rule = struct.pack("=Qi", rights, descriptor)
    _libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    os.close(descriptor)


# ── Seccomp: system calls ──────────────────────────────────────────────────────────────

_ARCHITECTURES = {"x86_64": (0xC000_003E, 0), "aarch64": (0xC000_00B7, 1)}
"""Machine → (AUDIT_ARCH of the kernel, column in the table below)."""

_CALLS: dict[str, tuple[int | None, int | None]] = {
    # the network
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    # new programs and processes
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    # wide doors into the kernel
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    "fanotify_init": (300, 262),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # the machine
    "mount": (165, 40),
    "umount2": (166, 39),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "setns": (308, 268),
    "unshare": (272, 97),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setresuid": (117, 147),
    "setresgid": (119, 149),
    "setgroups": (116, 159),
    "capset": (126, 91),
}
_CLONE, _CLONE3, _TGKILL = (56, 220), 435, (234, 131)
_CLONE_THREAD = 0x0001_0000
_X32 = 0x4000_0000
"""Numbers from here on are x86-64's second set of the same calls."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _ARGUMENT_AT = 0, 4, 16
_ALLOW, _KILL, _FAIL = 0x7FFF_0000, 0x8000_0000, 0x0005_0000


def filter_calls(*, threads: bool) -> bool:
    """Refuse this process all calls of the table for ever, and signals to any other process.

    A refused call fails with EPERM, so that a library may say what it missed; a call of
    another architecture kills. clone is allowed for threads only; clone3 is unknown
    (ENOSYS), because its flags lie in memory where a filter cannot look, and C libraries
    then use clone. False when the machine or kernel has no filters.
    """
    if platform.machine() not in _ARCHITECTURES:
        return False
    code = _program(*_ARCHITECTURES[platform.machine()], threads=threads)
    held = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(held))
    return int(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0)) == 0


def _program(architecture: int, column: int, *, threads: bool) -> bytes:
    """The filter as classic BPF: octets of 8 per instruction."""
    denied = [call[column] for call in _CALLS.values() if call[column] is not None]
    steps = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        *_fail_if(_AT_LEAST, _X32, errno.EPERM),
        *(step for number in denied for step in _fail_if(_EQUAL, number or 0, errno.EPERM)),
        *_fail_if(_EQUAL, _CLONE3, errno.ENOSYS),
        *_only_argument(_CLONE[column], _ANY_BIT, _CLONE_THREAD if threads else 0),
        *_only_argument(_TGKILL[column], _EQUAL, os.getpid()),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def _fail_if(test: int, value: int, error: int) -> list[tuple[int, int, int, int]]:
    return [(test, 0, 1, value), (_RETURN, 0, 0, _FAIL | error)]


def _only_argument(number: int, test: int, value: int) -> list[tuple[int, int, int, int]]:
    """Allow the call `number` only where its first argument passes the test."""
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _ARGUMENT_AT),
        (test, 0, 1, value),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
    ]


def _number(call: str) -> int:
    column = _ARCHITECTURES.get(platform.machine(), (0, 0))[1]
    return _CALLS[call][column] or 0
