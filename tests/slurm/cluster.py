"""A real Slurm of scripts/slurm-testbed for one test, and jobs on it."""
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "jobs"))
from program import SECONDS, Stop, skip

IMPOSSIBLE = 3  # the testbed's exit status where a machine cannot have it
OVER = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "BOOT_FAIL", "OUT_OF_MEMORY")


class Cluster:
    """Jobs run in the test's folder, and leave a log there."""

    def __init__(self, test, source, nodes=2, cpus=2):
        self.test, self.source = test, Path(source)
        self.arguments = ["--nodes", str(nodes), "--cpus", str(cpus)]

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="td-slurm-", dir="/tmp")
        done = self.testbed("up", *self.arguments)
        if done.returncode == IMPOSSIBLE:
            shutil.rmtree(self.dir)
            skip(done.stderr.strip())
        if done.returncode != 0:
            self.__exit__()
            raise SystemExit(f"FAILED: slurm-testbed up: {done.stderr}")
        text = subprocess.run(["bash", "-c", f". {self.dir}/env.sh && env -0"], capture_output=True,
                              text=True, check=True).stdout
        self.environment = dict(line.split("=", 1) for line in text.split("\0") if line)
        self.environment |= {"TANDEM": self.test.tandem, "TANDEM_RANKS_PER_NODE": "2"}
        self.nodes = self.slurm("sinfo", "-h", "-N", "-o", "%N").split()
        return self

    def __exit__(self, *_):
        if self.test.failures:
            self.show_logs()
        names = getattr(self, "nodes", [])
        done = self.testbed("down")
        self.test.expect(done.returncode == 0, f"slurm-testbed down: {done.stderr}")
        left = [self.dir] if os.path.isdir(self.dir) and os.listdir(self.dir) else []
        left += [str(p) for n in names for p in Path("/tmp").glob(f"*.{n}.*")]
        left += [str(p) for n in names for p in Path("/dev/shm").glob(f"*{n}*")]
        left += [p for p in running() if f"{self.dir}/" in p]
        self.test.expect(not left, f"left behind: {left}")
        shutil.rmtree(self.dir, ignore_errors=True)

    def testbed(self, *arguments):
        return subprocess.run([self.source / "scripts/slurm-testbed", arguments[0], "--dir", self.dir,
                               *arguments[1:]], capture_output=True, text=True, check=False)

    def slurm(self, *command, **more):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False,
                              cwd=self.test.folder, timeout=SECONDS,
                              env=self.environment | {k: str(v) for k, v in more.items()})
        if done.returncode != 0:
            self.test.fail(f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
            raise Stop
        return done.stdout.strip()

    def submit(self, script, *options, **more):
        return Job(self, self.slurm("sbatch", "--parsable", *options, self.source / "slurm" / script, **more))

    def wait(self, what, seconds, truth):
        """Until it is true; nothing here takes so long on a busy machine either."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = truth()
            if found:
                return found
            time.sleep(0.1)
        self.test.fail(f"{what}: not in {seconds} seconds\n"
                       + self.slurm("squeue", "--array") + "\n" + self.slurm("sinfo", "-N", "-l"))
        raise Stop

    def show_logs(self):
        for log in sorted(self.test.folder.glob("*.log")):
            print(f"-- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
        for log in sorted(Path(self.dir).glob("log/*.log")):
            print(f"-- {log.name}\n{log.read_text(errors='replace')[-1500:]}")


class Job:
    def __init__(self, cluster, number):
        self.cluster, self.number = cluster, number

    def field(self, name):
        shown = self.cluster.slurm("scontrol", "-o", "show", "job", self.number)
        found = re.search(rf"(?<!\S){name}=(\S*)", shown)
        return found.group(1) if found else ""

    def state(self):
        return self.field("JobState")

    def restarts(self):
        return int(self.field("Restarts"))

    def log(self, attempt=None):
        """All of the log, or an attempt's part."""
        files = list(self.cluster.test.folder.glob(f"*-{self.number}.log"))
        text = files[0].read_text(errors="replace") if files else ""
        if attempt is None:
            return text
        parts = re.split(r"(?m)^train\.sbatch: job \d+, attempt (\d+)", text)
        return "".join(t for n, t in zip(parts[1::2], parts[2::2], strict=True) if int(n) == attempt)

    def epoch(self, attempt):
        """The newest that this attempt has told of; 0: none."""
        return max((int(n) for n in re.findall(r"epoch (\d+)/", self.log(attempt))), default=0)

    def wait_for_epochs(self, attempt, more=5):
        """Until the attempt has trained so many epochs, so that there is something to lose."""
        def trained():
            return len(re.findall(r"epoch \d+/", self.log(attempt))) >= more or self.is_over()
        self.cluster.wait(f"job {self.number}, attempt {attempt}: {more} epochs", 90, trained)

    def is_over(self):
        return self.state() in OVER

    def finish(self, expected="COMPLETED", seconds=150):
        self.cluster.wait(f"the end of job {self.number}", seconds, self.is_over)
        self.cluster.test.expect(self.state() == expected,
                                 f"job {self.number}: expected {expected}, found {self.state()}")
        return self

    def went_on_from(self, attempt):
        """The step of the checkpoint that an attempt went on from; None: from none."""
        found = re.search(r"going on from \S*step-(\d+)", self.log(attempt))
        return int(found.group(1)) if found else None

    def nodes(self, attempt):
        return re.search(r": (\S+), \d+ ranks", self.log(attempt)).group(1)


def running():
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it may have ended
            yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
