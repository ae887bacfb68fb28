#!/usr/bin/env python3
"""packaging/spack's package.py without Spack: its directives are read, and its dependencies are those of the table in
docs/install.md.

    spack_package.py PROJECT
"""
import re
import sys
import types
from pathlib import Path

root = Path(sys.argv[1])
said = []


def directive(name):
    return lambda *arguments, **options: said.append((name, arguments, options))


class CMakePackage:
    def define(self, name, value):
        return f"-D{name}={value}"


spack = types.ModuleType("spack.package")
spack.CMakePackage = CMakePackage
for word in ("license", "version", "variant", "depends_on", "generator"):
    setattr(spack, word, directive(word))
spack.Executable = None
spack.run_after = lambda _phase: lambda function: function
sys.modules.update({"spack": types.ModuleType("spack"), "spack.package": spack})

file = next(root.glob("packaging/spack/packages/*/package.py"))
names = {"__file__": str(file)}
exec(compile(file.read_text(), str(file), "exec"), names)
package = names["Tandem"]
assert package.git == root.resolve().as_uri(), package.git
assert issubclass(package, CMakePackage) and file.parent.name == package.__name__.lower()

needed = {re.split("[@+~]", arguments[0])[0] for name, arguments, options in said
          if name == "depends_on" and options.get("type") != "build"}
rows = [line.split("|")[3].strip() for line in (root / "docs/install.md").read_text().splitlines()
        if line.startswith("|") and line.count("|") == 5]
table = {re.split("[@+~]", cell)[0] for cell in rows[2:] if cell}
assert needed - {"mpi"} == table - {"openmpi"}, (needed, table)

package.spec = {"mpi": types.SimpleNamespace(mpicc="CC"), "hdf5": types.SimpleNamespace(prefix="P")}
options = (root / "CMakeLists.txt").read_text() + "".join(f.read_text() for f in (root / "cmake").glob("*.cmake"))
for argument in package().cmake_args():
    option = argument[2:].split("=")[0]
    assert option in options or option == "MPI_C_COMPILER", f"no file of CMake's reads {option}"
print("all right")
