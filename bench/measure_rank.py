"""Runs a command in the place of a rank and appends its peak resident bytes and CPU seconds to a file.

    measure_rank.py FILE COMMAND...
"""
import os
import sys

process = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(process, 0)
file = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
os.write(file, f"{usage.ru_maxrss * 1024} {usage.ru_utime + usage.ru_stime}\n".encode())
os.close(file)
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
