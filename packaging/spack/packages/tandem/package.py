"""tandem for Spack: `spack repo add packaging/spack`, then `spack install tandem`.

The sources are those of this checkout, as they are committed. For Spack 1, and for 0.22 and later.
"""
from pathlib import Path

from spack.package import Executable, depends_on, license, run_after, variant, version

try:
    from spack_repo.builtin.build_systems.cmake import CMakePackage, generator  # Spack 1
except ImportError:
    from spack.package import CMakePackage, generator

CHECKOUT = Path(__file__).resolve().parents[4]


class Tandem(CMakePackage):
    """Two-tower recommenders on clusters: one answer, bit for bit, on any layout."""

    git = CHECKOUT.as_uri()
    license("MIT")

    version("main", branch="main")

    variant("openblas", default=True, description="math.kernels: openblas, and the baseline EASE")
    variant("report", default=True, description="Pictures in reports")
    variant("manual", default=False, description="Manual pages")

    depends_on("c", type="build")
    depends_on("cmake@3.20:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("help2man", type="build", when="+manual")

    depends_on("mpi@3.1:")
    depends_on("hdf5@1.10.2:+mpi")
    depends_on("openblas~ilp64", when="+openblas")
    depends_on("libyaml")
    depends_on("jansson")
    depends_on("xxhash")
    depends_on("zlib")
    depends_on("xz")
    depends_on("zstd")
    depends_on("random123")

    depends_on("gnuplot", type="run", when="+report")

    generator("ninja")
    sanity_check_is_file = ["bin/tandem"]  # noqa: RUF012 (as Spack has it)

    def cmake_args(self):
        return [
            self.define("TANDEM_TESTS", False),
            self.define("TANDEM_WERROR", False),
            self.define("MPI_C_COMPILER", self.spec["mpi"].mpicc),
            self.define("HDF5_ROOT", self.spec["hdf5"].prefix),
        ]

    @run_after("install")
    def check_that_it_runs(self):
        Executable(self.prefix.bin.tandem)("--version", "--verbose")
