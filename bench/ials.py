#!/usr/bin/env python3
"""implicit's ALS on tandem's data files, by scripts/quality's protocol: a peer of docs/quality.md.

    python3 bench/ials.py DATA.h5 [DATA.h5..]

Settings are chosen on the first file's validation rows, by N@20; then it learns each file's training and validation
rows, and the test rows are read once. A Python with implicit (0.7), h5py and numpy: pip install implicit h5py.
"""
import itertools
import statistics
import sys

import h5py
import implicit
import numpy as np
import scipy.sparse

GRID = {"factors": (32, 64, 128, 256), "regularization": (1, 10, 30, 100), "alpha": (1, 4, 16), "iterations": (15,)}
METRICS = ("R@20", "N@20", "top-100")
DISCOUNT = 1 / np.log2(np.arange(2, 22))


def rows_of(file, *splits):
    """Users by items, 1 for each row of the splits, by ids from 0."""
    items = len(file["items/train_counts"])
    user, item = [], []
    for split in splits:
        counts = np.diff(file[f"{split}/user_offsets"][...])
        user.append(np.repeat(np.arange(len(counts)), counts))
        item.append(file[f"{split}/fields/item"][...])
    user, item = np.concatenate(user), np.concatenate(item)
    matrix = scipy.sparse.csr_matrix((np.ones(len(user), np.float32), (user, item)),
                                     (int(file["test/user_offsets"].shape[0]) - 1, items))
    matrix.data[:] = 1
    return matrix


def measured(learned, held, settings):
    """The metrics of held rows: means over users, and of top-100 the share of rows."""
    model = implicit.als.AlternatingLeastSquares(**settings, random_state=42)
    model.fit(learned, show_progress=False)
    scores = model.user_factors @ model.item_factors.T
    scores[learned.nonzero()] = -np.inf
    recall, ndcg, hits, rows = [], [], 0, 0
    for user in np.flatnonzero(np.diff(held.indptr)):
        wanted = held.indices[held.indptr[user]:held.indptr[user + 1]]
        found = np.isin(np.argsort(-scores[user], kind="stable")[:100], wanted)
        recall.append(found[:20].sum() / len(wanted))
        ndcg.append((found[:20] * DISCOUNT).sum() / DISCOUNT[:len(wanted)].sum())
        hits, rows = hits + found.sum(), rows + len(wanted)
    return statistics.mean(recall), statistics.mean(ndcg), hits / rows


def main():
    files = [h5py.File(path) for path in sys.argv[1:]]
    if not files:
        sys.exit(__doc__)
    grid = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    train, validation = rows_of(files[0], "train"), rows_of(files[0], "validation")
    best = max(grid, key=lambda settings: measured(train, validation, settings)[1])
    print("chosen:", best, "of", len(grid))
    found = [measured(rows_of(f, "train", "validation"), rows_of(f, "test"), best) for f in files]
    for name, values in zip(METRICS, zip(*found, strict=True), strict=True):
        deviation = f" ± {statistics.stdev(values):.4f}" if len(values) > 1 else ""
        print(f"{name} {statistics.mean(values):.4f}{deviation}")


main()
