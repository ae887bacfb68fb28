#!/usr/bin/env python3
"""Looks for settings with Optuna, by the validation metric; trials that fall behind are ended while they train.

    python3 docs/examples/tune.py CONFIG DATA FOLDER [TRIALS]

FOLDER gets a run for each trial and the study, so that the same command again adds TRIALS (20) to what is there.
"""
import json
import subprocess
import sys
import time
from pathlib import Path

import h5py
import optuna

METRIC, K = "top_k_categorical_accuracy", 10  # one of eval.metrics, and of eval.ks


def settings(trial):
    """What to look through: any keys of `tandem help config`."""
    return {
        "optimizer.learning_rate": trial.suggest_float("optimizer.learning_rate", 5e-4, 2e-2, log=True),
        "retrieval.temperature": trial.suggest_float("retrieval.temperature", 0.1, 0.5, log=True),
        "model.width": trial.suggest_categorical("model.width", [16, 32, 64]),
    }


def validation(run):
    """METRIC of the validation rows after each epoch that is done: by log.jsonl, or by metrics.h5 where the log has no
    evaluations. The log has whole lines only, and metrics.h5 is replaced at once, so both may be read at any time."""
    name, found = METRIC.replace("_k", f"_{K}", 1), {}
    if (run / "log.jsonl").exists():
        for line in (run / "log.jsonl").read_text().splitlines():
            entry = json.loads(line)
            if entry["event"] == "evaluation" and entry["split"] == "validation":
                found[entry["step"]] = entry[name]
    if not found and (run / "metrics.h5").exists():
        with h5py.File(run / "metrics.h5") as file:
            for table in file.get("validation", {}).values():
                column = list(table["k"]).index(K)
                found = dict(zip(table["step"][...], table[f"model/{METRIC}"][:, column], strict=True))
    return [float(found[step]) for step in sorted(found)]


def train(trial, config, data, folder):
    """Trains one trial and returns its best value. SIGTERM ends a training with a checkpoint, so none is lost."""
    run = folder / f"trial-{trial.number:04}"
    words = [word for key, value in settings(trial).items() for word in ("--set", f"{key}={value}")]
    command = ["tandem", "train", config, "--data", data, "--run", run, "--set", "eval.every_epochs=1", *words]
    with open(folder / f"{run.name}.log", "w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            told = 0
            while process.poll() is None:
                for value in validation(run)[told:]:
                    told += 1
                    trial.report(value, told)  # by epoch: steps differ with the size of a batch
                if trial.should_prune():
                    raise optuna.TrialPruned
                time.sleep(0.1)
        finally:
            process.terminate()
    if process.returncode != 0:
        raise RuntimeError(f"trial {trial.number} failed: see {log.name}")
    return max(validation(run))


def main(config, data, folder, trials="20"):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=f"sqlite:///{folder}/study.db", study_name="tandem", load_if_exists=True, direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=2))
    # A trial that fails, as one whose gradients grow beyond all bounds does, leaves the others.
    study.optimize(lambda trial: train(trial, config, data, folder), n_trials=int(trials), catch=(RuntimeError,))
    states = [trial.state.name for trial in study.trials]
    print(f"{states.count('COMPLETE')} trials trained to their end, {states.count('PRUNED')} ended early")
    best = f"{folder}/trial-{study.best_trial.number:04}"
    print(f"best: {best}, {METRIC} at {K} of the validation rows {study.best_value:.4f}")
    print(*(f"--set {key}={value}" for key, value in study.best_params.items()))


if __name__ == "__main__":
    main(*sys.argv[1:])
