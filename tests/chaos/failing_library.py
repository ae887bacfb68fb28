#!/usr/bin/env python3
"""A program of somebody else's, linked with libtandem, whose writing calls fail: it gets a status, and ends well.

    failing_library.py TANDEM PROGRAM FAIL_FILES LAUNCHER...

PROGRAM is made of prepare_folders.c. Each call that writes fails by EIO, once or from then on. (HDF5 would try a file
that cannot be closed again in MPI_Finalize, and crash.)
"""
import errno
import subprocess
import sys
from pathlib import Path

from failing_calls import Call
from hostile_schemas import write_case
from program import Test, left_behind


class Library:
    def __init__(self, test, program, library):
        self.test, self.program, self.library = test, program, library
        self.folder, _ = write_case(test, 0, None)
        self.listed = test.folder / "calls"

    def run(self, **variables):
        """The program's exit status and what it says of the folder, and the calls."""
        self.listed.write_text("")
        (self.folder / "out/data.h5").unlink(missing_ok=True)
        wrapper = ["env", f"LD_PRELOAD={self.library}", f"FAIL_FILES_FOLDER={self.folder / 'out'}",
                   f"FAIL_FILES_LIST={self.listed}", *(f"FAIL_FILES_{key}={value}" for key, value in variables.items())]
        done = subprocess.run([*wrapper, self.program], input=f"{self.folder} 0\n".encode(), capture_output=True,
                              timeout=180, check=False)
        said = done.stdout.decode(errors="replace").splitlines()[-1:]
        return done.returncode, "".join(said), [Call(line, self.folder) for line in
                                                self.listed.read_text().splitlines()]

    def try_all(self):
        status, said, calls = self.run()
        self.test.expect(status == 0 and said.endswith("accepted") and len(calls) > 20,
                         f"without a fault: {status}, {said}, {len(calls)} calls")
        for call in calls:
            lasts = call.at % 2
            status, said, _ = self.run(AT=call.at, ERROR=errno.EIO, LASTS=lasts)
            what = f"{call.name} {call.file} fails{', from then on' if lasts else ''}: exit status {status}, {said}"
            self.test.expect(status == 0 and not said.endswith("begun"), what)
            there, written = (self.folder / "out/data.h5").exists(), said.endswith("accepted") or " is written" in said
            self.test.expect(written == there, f"{what}: data.h5 is there: {there}")
            left = left_behind(self.folder)
            self.test.expect(call.name == "unlink" or not left, f"{what}: {left}")
            for file in left:
                Path(file).unlink()
        return len(calls)


def main():
    program, library = (str(Path(sys.argv.pop(2)).resolve()) for _ in range(2))
    with Test() as test:
        print(Library(test, program, library).try_all(), "calls failed")


main()
