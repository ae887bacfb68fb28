#!/usr/bin/env python3
"""Signals to a run in training: what it leaves, how it ends, and that it goes on to the same bytes.

    signals.py TANDEM LAUNCHER...
"""
import os
import signal
import subprocess
import time

from program import SECONDS, Test, checkpoints, children, is_alive, left_behind, log_objects, result_files, wait_until

SECTIONS = {"train": {"batch_size": 240, "shards": 8, "epochs": 100000}, "checkpoint": {"keep": 0},
            "eval": {"every_epochs": 1}}
STEPS = 10  # an epoch's
LIMITS = {signal.SIGHUP: 129, signal.SIGXCPU: 152}
MPIRUN_WAITS = 0.9  # seconds, about, from SIGTERM to SIGKILL
ENDS = {signal.SIGUSR1: 85, signal.SIGTERM: 143, signal.SIGINT: 130}


def ranks_of(process, ranks):
    """The processes of tandem, which may not all be there yet."""
    return children(process.pid) if ranks else [process.pid]


class Signals:
    def __init__(self, test):
        self.test = test
        self.data = test.make_data("data")
        self.config = test.config(**SECTIONS)
        self.undisturbed = {}

    def arguments(self, run, *more):
        return ["train", self.config, "--data", self.data, "--run", run, *more]

    def start(self, run, ranks, *more):
        """A run that has done some steps, with its ranks."""
        process = subprocess.Popen(self.test.command(self.arguments(run, *more), ranks),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        log = run / "log.jsonl"
        there = wait_until(lambda: log.exists() and log.read_bytes().count(b'"step"') > 4)
        self.test.expect(there, f"{run.name}: no step")
        return process, ranks_of(process, ranks)

    def end(self, process, name):
        try:
            out, error = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            self.test.fail(f"{name}: no end")
            return ""
        return (out + error).decode()

    def whole(self, epochs, every):
        """The files of an undisturbed run that has a checkpoint of step `every`, too."""
        if (epochs, every) not in self.undisturbed:
            run = self.test.folder / f"undisturbed-{epochs}-{every}"
            self.test.must(*self.arguments(run, "--set", f"train.epochs={epochs}", "--set",
                                           f"checkpoint.every_steps={every}"))
            self.undisturbed[epochs, every] = result_files(run)
        return self.undisturbed[epochs, every]

    def must_equal_undisturbed(self, run):
        """Whatever steps it has checkpoints of, they are those of a run that nobody disturbed."""
        step = max(o["step"] for o in log_objects(run) if o["event"] == "step")
        epochs = step // STEPS + 1
        self.test.must(*self.arguments(run, "--resume", "--set", f"train.epochs={epochs}"), ranks=3)
        files, expected = result_files(run), {}
        within = [int(f.stem[5:]) for f in checkpoints(run) if int(f.stem[5:]) % STEPS]
        for every in within or [0]:
            expected |= self.whole(epochs, every)
        differ = [name for name, data in files.items() if expected.get(name) != data]
        self.test.expect(not differ and f"step-{epochs * STEPS:012}.h5" in files,
                         f"{run.name}: not the bytes of an undisturbed run: {differ} of {list(files)}")
        self.test.expect(not left_behind(run), f"{run.name}: {left_behind(run)}")


def stopping(signals):
    """Each signal, to one rank or to all of them."""
    for number, status in ENDS.items():
        for ranks, to in ((None, slice(0, 1)), (2, slice(1, 2)), (2, slice(0, 2)), (4, slice(3, 4))):
            name = f"{number.name}-{ranks}-{to.start}-{to.stop}"
            run = signals.test.folder / name
            process, pids = signals.start(run, ranks)
            for pid in pids[to]:
                os.kill(pid, number)
            said = signals.end(process, name)
            step = max(o["step"] for o in log_objects(run))
            signals.test.expect(process.returncode == status and said.count("stopped by") == 1 and
                                f"stopped by {number.name} at step {step}" in said,
                                f"{name}: exit status {process.returncode}, {said}")
            newest = f"step-{step:012}.h5"
            signals.test.expect(newest in result_files(run), f"{name}: no {newest}")
            signals.must_equal_undisturbed(run)


def limits(signals):
    """What terminals and limits of CPU time send; under nohup a terminal may go."""
    for number, status in LIMITS.items():
        process, _ = signals.start(signals.test.folder / number.name, None)
        process.send_signal(number)
        said = signals.end(process, number.name)
        signals.test.expect(process.returncode == status and f"stopped by {number.name} at step" in said,
                            f"{number.name}: exit status {process.returncode}, {said}")
        signals.must_equal_undisturbed(signals.test.folder / number.name)
    run = signals.test.folder / "nohup"
    arguments = signals.test.command(signals.arguments(run, "--set", "train.epochs=3"), wrapper=["nohup"])
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_until(lambda: catches(process.pid, signal.SIGUSR1))
        process.send_signal(signal.SIGHUP)
        said = signals.end(process, "nohup")
    signals.test.expect(process.returncode == 0, f"nohup: exit status {process.returncode}, {said}")


def saving(signals):
    """SIGUSR2 leaves a checkpoint and a run that goes on."""
    for ranks in (None, 2):
        run = signals.test.folder / f"save-{ranks}"
        process, pids = signals.start(run, ranks)
        before = result_files(run)
        os.kill(pids[-1], signal.SIGUSR2)

        def grown(run=run, before=before):
            return any(int(name[5:17]) % STEPS for name in result_files(run) if name not in before
                       and name.startswith("step-"))

        # The step of the signal may be an epoch's last, which is saved anyway: then ask again.
        for _ in range(5):
            if wait_until(grown, seconds=3):
                break
            os.kill(pids[-1], signal.SIGUSR2)
        signals.test.expect(grown(), f"{run.name}: no checkpoint within an epoch")
        signals.test.expect(process.poll() is None, f"{run.name}: it ended")
        os.kill(pids[0], signal.SIGUSR1)
        signals.end(process, run.name)
        signals.must_equal_undisturbed(run)


def at_start(signals):
    """A signal before the first step is not lost: it comes while the ranks open the data."""
    run = signals.test.folder / "early"
    process = subprocess.Popen(signals.test.command(signals.arguments(run)), stderr=subprocess.PIPE)
    wait_until(lambda: catches(process.pid, signal.SIGUSR1))
    process.send_signal(signal.SIGUSR1)
    process.communicate(timeout=SECONDS)
    steps = [o["step"] for o in log_objects(run) if o["event"] == "step"]
    signals.test.expect(process.returncode == 85 and steps == [1], f"early: {process.returncode}, {steps}")
    signals.must_equal_undisturbed(run)


def catches(pid, number):
    with open(f"/proc/{pid}/status") as file:
        mask = next((line.split()[1] for line in file if line.startswith("SigCgt")), "0")
    return int(mask, 16) >> (number - 1) & 1


def twice(signals):
    """The second SIGINT does not wait for a step."""
    run = signals.test.folder / "twice"
    process, _ = signals.start(run, None)
    process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGINT)
    signals.end(process, "twice")
    signals.test.expect(process.returncode == 130, f"twice: exit status {process.returncode}")
    signals.must_equal_undisturbed(run)


def stops_in_time(signals):
    """Whether a step and a checkpoint take less here than mpirun gives, of a run that is told to stop itself."""
    process, pids = signals.start(signals.test.folder / "in-time", 2)
    begin = time.monotonic()
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not any(map(is_alive, pids)), SECONDS)
    took = time.monotonic() - begin
    signals.end(process, "in-time")
    if took > MPIRUN_WAITS / 2:
        print(f"too busy to stop before mpirun kills: {took:.1f} s", flush=True)
    return took <= MPIRUN_WAITS / 2


def from_the_launcher(signals):
    """mpirun hands SIGUSR1 and SIGTERM on; after SIGTERM its own status counts, the checkpoint is there all the same,
    where the machine is not too busy for that."""
    for number in (signal.SIGUSR1, signal.SIGTERM):
        run = signals.test.folder / f"launcher-{number.name}"
        process, pids = signals.start(run, 2)
        process.send_signal(number)
        signals.end(process, run.name)
        signals.test.expect(process.returncode != 0, f"{run.name}: exit status 0")
        last = max(o["step"] for o in log_objects(run))
        signals.test.expect(f"step-{last:012}.h5" in result_files(run) or
                            (number == signal.SIGTERM and not stops_in_time(signals)), f"{run.name}: none of {last}")
        if number == signal.SIGUSR1:
            signals.test.expect(process.returncode == 85, f"{run.name}: {process.returncode}")
        signals.test.expect(wait_until(lambda pids=pids: not any(map(is_alive, pids))), "ranks outlive mpirun")
        signals.must_equal_undisturbed(run)


def elsewhere(signals):
    """Other subcommands end as any program does, and what is half-written goes with them."""
    much = signals.test.folder / "much"
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU):
        with subprocess.Popen([signals.test.tandem, "synth", "--out", much, "--users", "200000", "--items",
                               "20000", "--ratings", "50000000"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            there = wait_until(lambda: list(much.glob(".ratings.csv.tmp-*")))
            process.send_signal(number)
        signals.test.expect(there and process.returncode == -number, f"synth: {process.returncode}")
        signals.test.expect(not much.exists(), f"synth, {number.name}: it left something behind")


def without_its_folder(signals):
    """A log that is removed is begun anew; a run whose folder is gone does not go on into nothing."""
    run = signals.test.folder / "log-removed"
    process, _ = signals.start(run, None)
    (run / "log.jsonl").unlink()
    again = wait_until(lambda: (run / "log.jsonl").exists() and log_objects(run))
    process.send_signal(signal.SIGTERM)
    said = signals.end(process, run.name)
    signals.test.expect(again and process.returncode == 143 and said.count("it is begun anew") == 1,
                        f"{run.name}: {said}")
    run, moved = signals.test.folder / "moved", signals.test.folder / "moved-away"
    process, _ = signals.start(run, None)
    run.rename(moved)
    said = signals.end(process, run.name)
    signals.test.expect(process.returncode == 1 and f"{run} was removed or renamed in training: " in said,
                        f"moved: {process.returncode}, {said}")
    signals.must_equal_undisturbed(moved)


def without_readers(signals):
    """Who stops reading what training says does not end it; a list ends with the status of SIGPIPE."""
    run, test = signals.test.folder / "unread", signals.test
    for command, status in ((signals.arguments(run, "--set", "train.epochs=1"), 0),
                            (["recommend", "--run", run, "--all-users", "--format", "csv"], 141),
                            (["inspect", signals.data], 141)):
        reading, writing = os.pipe()
        os.close(reading)
        to = {"stderr": writing} if command[0] == "train" else {"stdout": writing, "stderr": subprocess.DEVNULL}
        done = subprocess.run(test.command(command), timeout=SECONDS, check=False, **to)
        os.close(writing)
        test.expect(done.returncode == status, f"{command[0]}, unread: {done.returncode}")
    test.expect(result_files(run) == signals.whole(1, 0), "unread: other bytes")


def main():
    with Test() as test:
        signals = Signals(test)
        for case in (stopping, limits, saving, at_start, twice, from_the_launcher, elsewhere,
                     without_its_folder, without_readers):
            begin = time.monotonic()
            case(signals)
            print(f"{case.__name__}: {time.monotonic() - begin:.1f} s", flush=True)


main()
