#!/usr/bin/env python3
"""Makes metrics.json: lists with scores, and what metrics are of them.

    make_metrics.py OUT         needs numpy, ranx and scikit-learn (pip install ranx scikit-learn)

By users: from the definitions, over every order of equal scores that there is, counted one by one ("expected",
"optimistic", "pessimistic"). Without ties also the means that ranx computes, and those of LightGCN's evaluation
(code/utils.py: RecallPrecision_ATk, NDCGatK_r), written down again here.

Rows with labels of 0 and 1 and predicted probabilities, of which some are equal: what scikit-learn's log_loss and
roc_auc_score are of them, the probabilities taken to 2^-24 and 1 - 2^-24 at least.

Lists of all users, of which some end early: coverage, Gini's coefficient as half the relative mean difference of two
candidates, and the mean popularity of what is listed, by NumPy.
"""
import itertools
import json
import sys

import numpy as np
from ranx import Qrels, Run, evaluate
from sklearn.metrics import log_loss, roc_auc_score

KS = [1, 3, 5, 10, 100]
RANX = {"recall_at_k": "recall", "precision_at_k": "precision", "hit_rate_at_k": "hit_rate", "mrr_at_k": "mrr",
        "ndcg_at_k": "ndcg"}


def orders(scores, items):
    """Every way to place a user's items among what ties with them: lists of booleans, best place first."""
    groups = []
    for score in sorted(set(scores), reverse=True):
        members = [i for i, s in enumerate(scores) if s == score]
        held = sum(i in items for i in members)
        groups.append([[j in own for j in range(len(members))]
                       for own in itertools.combinations(range(len(members)), held)])
    for parts in itertools.product(*groups):
        yield [flag for part in parts for flag in part]


def by_definition(hit, relevant, k):
    """Every metric of one list, of which hit says where a user's items stand; relevant of them there are."""
    top = hit[:k]
    found = sum(top)
    places = [p for p, own in enumerate(hit, 1) if own]
    gain = sum(1 / np.log2(p + 1) for p in places if p <= k)
    ideal = sum(1 / np.log2(p + 1) for p in range(1, min(k, relevant) + 1))
    precision = sum(sum(hit[:p]) / p for p in places if p <= k)
    return {"recall_at_k": found / relevant, "recall_min_at_k": found / min(k, relevant), "precision_at_k": found / k,
            "hit_rate_at_k": float(found > 0), "mrr_at_k": 1 / places[0] if places and places[0] <= k else 0.0,
            "map_min_at_k": precision / min(k, relevant), "ndcg_at_k": gain / ideal}


def area(hit, relevant):
    others = len(hit) - sum(hit)
    return sum(sum(not x for x in hit[p:]) for p, own in enumerate(hit) if own) / (relevant * others)


def of_user(scores, rows, ties):
    items = set(rows)
    lists = list(orders(scores, items))
    if ties != "expected":  # the user's items as far before, or behind, the others as they can be
        lists = [max(lists) if ties == "optimistic" else min(lists)]
    values = {}
    for k in KS:
        found = [by_definition(hit, len(items), k) for hit in lists]
        for name in found[0]:
            values.setdefault(name, []).append(float(np.mean([f[name] for f in found])))
    values["auc"] = [float(np.mean([area(hit, len(items)) for hit in lists]))]
    return values


def by_ranx(users):
    asked = {str(u): user for u, user in enumerate(users) if user["rows"]}
    qrels = Qrels({u: {str(i): 1 for i in user["rows"]} for u, user in asked.items()})
    run = Run({u: {str(i): s for i, s in enumerate(user["scores"])} for u, user in asked.items()})
    found = evaluate(qrels, run, [f"{ranx}@{k}" for ranx in RANX.values() for k in KS])
    return {name: [float(found[f"{ranx}@{k}"]) for k in KS] for name, ranx in RANX.items()}


def by_lightgcn(users):
    asked = [(np.array(user["scores"]), set(user["rows"])) for user in users if user["rows"]]
    lists = [np.array([float(i in items) for i in np.argsort(-scores)]) for scores, items in asked]
    means = {"recall_at_k": [], "precision_at_k": [], "ndcg_at_k": []}
    for k in KS:
        width = min(k, len(lists[0]))
        label = np.array([hit[:width] for hit in lists])
        right = label.sum(1)
        means["recall_at_k"].append(float(np.mean(right / [len(items) for _, items in asked])))
        means["precision_at_k"].append(float(np.mean(right / k)))
        best = np.array([np.arange(width) < len(items) for _, items in asked])
        discount = np.log2(np.arange(2, width + 2))
        means["ndcg_at_k"].append(float(np.mean((label / discount).sum(1) / (best / discount).sum(1))))
    return means


def make_users(rng, count, candidates, levels, most):
    users = []
    for _ in range(count):
        scores = rng.normal(size=candidates) if levels == 0 else rng.integers(0, levels, candidates)
        rows = rng.choice(candidates, rng.integers(0, most + 1), replace=False).tolist()
        rows += rows[:1] if rng.random() < 0.3 else []
        users.append({"scores": [float(np.float32(s)) for s in scores], "rows": rows})
    return users


def make_case(rng, name, ties, *sizes):
    users = make_users(rng, *sizes)
    for user in users:
        user["values"] = of_user(user["scores"], user["rows"], ties) if user["rows"] else {}
    case = {"name": name, "ties": ties, "ks": KS, "users": users}
    if len(set(users[0]["scores"])) == len(users[0]["scores"]):
        case["means"] = {"ranx": by_ranx(users), "LightGCN": by_lightgcn(users)}
    return case


def make_rows(rng, name, count, digits):
    """Probabilities of so many digits; the first are 0 and 1, with either label."""
    label = np.concatenate([[0, 1, 0, 1], rng.integers(0, 2, count)])
    probability = np.clip(0.3 * label[4:] + rng.normal(0.4, 0.3, count), 0, 1).round(digits)
    probability = np.concatenate([[0, 0, 1, 1], probability]).astype(np.float32).astype(np.float64)
    return {"name": name, "label": label.tolist(), "probability": probability.tolist(),
            "log_loss": float(log_loss(label, np.clip(probability, 2.0**-24, 1 - 2.0**-24))),
            "row_auc": float(roc_auc_score(label, probability))}


def make_lists(rng, users, candidates, length):
    """Lists of items from 1 on, the first ones the most likely; some end early, with 0."""
    chance = 1 / np.arange(1, candidates + 1)
    lists = np.array([rng.choice(candidates, length, replace=False, p=chance / chance.sum()) + 1
                      for _ in range(users)])
    lists[::7, length // 2:] = 0
    popularity = rng.integers(0, 1000, candidates)
    means = {"coverage_at_k": [], "gini_at_k": [], "popularity_at_k": []}
    for k in KS:
        listed = lists[:, :k][lists[:, :k] > 0] - 1
        times = np.bincount(listed, minlength=candidates)
        difference = np.abs(times[:, None] - times).sum() / (candidates * (candidates - 1))
        means["coverage_at_k"].append(len(set(listed.tolist())) / candidates)
        means["gini_at_k"].append(float(difference / (2 * times.mean())))
        means["popularity_at_k"].append(float(popularity[listed].mean()))
    return {"ks": KS, "candidates": candidates, "lists": lists.tolist(), "popularity": popularity.tolist(), **means}


def main(out):
    rng = np.random.default_rng(14)
    cases = [make_case(rng, "without ties", "expected", 60, 40, 0, 12)]
    for ties in ("expected", "optimistic", "pessimistic"):
        cases.append(make_case(rng, f"few scores, {ties}", ties, 40, 11, 3, 6))
    cases.append(make_case(rng, "one score", "expected", 8, 9, 1, 4))
    rows = [make_rows(rng, "probabilities", 400, 6), make_rows(rng, "few probabilities", 300, 1)]
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"cases": cases, "rows": rows, "lists": make_lists(rng, 50, 120, 100)}, file, separators=(",", ":"))
        file.write("\n")


main(*sys.argv[1:])
