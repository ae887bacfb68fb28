#!/usr/bin/env python3
"""make-shop.py FOLDER: a small shop's data as a data scientist finds it on disk (docs/own-data.md).

events/events-2026-03-DD.csv.gz  a file a day: ISO 8601 time, event type, product id, user's UUID; 3 % of the users and
                                 1 % of the types are empty, and many events are repeated
users.csv                        age (some empty) and country, of most users
products.jsonl                   name, brand, category path and price; a third of the products sold have no row, and
                                 a few rows were never sold

The same bytes of text everywhere: all numbers come from random.Random(SEED).random().
"""
import gzip
import json
import sys
from pathlib import Path
from random import Random

SEED, USERS, DAYS, EVENTS_A_DAY = 1, 400, 30, 700
LEAVES = ["home/kitchen/pans", "home/kitchen/knives", "home/garden/tools", "home/garden/seeds", "sport/running/shoes",
          "sport/running/socks", "sport/climbing/ropes", "sport/climbing/shoes", "books/novels", "books/cooking",
          "music/strings", "music/drums"]
BRANDS = ["Acorn", "Birch", "Cedar", "Daphne", "Elder", "Fir", "Gorse", "Hazel"]
COUNTRIES = ["de", "fr", "jp", "br"]
TYPES = [("view", 0.80), ("cart", 0.12), ("purchase", 0.06), ("refund", 0.02)]
PRODUCTS_A_LEAF = 20


def pick(rng, weights):
    at = rng.random() * sum(weights)
    for i, weight in enumerate(weights):
        at -= weight
        if at < 0:
            return i
    return len(weights) - 1


def uuid(rng):
    digits = "".join(f"{int(rng.random() * 65536):04x}" for _ in range(8))
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def make_products(rng):
    """Each product: its row, whether the catalogue has it, whether it is sold yet."""
    for leaf, path in enumerate(LEAVES):
        base = 5 * 3 ** (4 * rng.random())
        for n in range(PRODUCTS_A_LEAF):
            brand = BRANDS[int(rng.random() * len(BRANDS))]
            name = f"{brand} {path.split('/')[-1][:-1]} {n + 1}"
            yield {"row": {"product_id": f"P{1000 + leaf * PRODUCTS_A_LEAF + n}", "name": name, "brand": brand,
                           "category": path, "price": round(base * (0.5 + rng.random()), 2)},
                   "is_listed": n >= PRODUCTS_A_LEAF - 2 or rng.random() < 0.63, "is_sold": n < PRODUCTS_A_LEAF - 2}


def make_user(rng):
    likes = [0.3] * len(LEAVES)
    age = 18 + int(50 * rng.random())
    likes[int(rng.random() * 4) + (4 if age < 40 else 8) * (rng.random() < 0.8)] = 8
    likes[int(rng.random() * len(LEAVES))] = 4
    return {"id": uuid(rng), "age": age, "country": COUNTRIES[pick(rng, (5, 3, 2, 1))], "likes": likes,
            "weight": 1 / (0.02 + rng.random())}


def write_events(rng, folder, users, products):
    (folder / "events").mkdir(parents=True, exist_ok=True)
    user_weights = [user["weight"] for user in users]
    weights = [1 / (3 + n % PRODUCTS_A_LEAF) for n in range(len(products))]
    for day in range(1, DAYS + 1):
        lines, second = ["event_time,event_type,product_id,user_id"], 0
        while len(lines) <= EVENTS_A_DAY:
            second += 2 * int(rng.random() * 86400 / EVENTS_A_DAY / 2)
            user = users[pick(rng, user_weights)]
            leaf = pick(rng, user["likes"])
            sold = range(leaf * PRODUCTS_A_LEAF, (leaf + 1) * PRODUCTS_A_LEAF - 2)
            product = products[sold[pick(rng, weights[sold.start:sold.stop])]]["row"]["product_id"]
            kind = TYPES[pick(rng, [share for _, share in TYPES])][0] if rng.random() >= 0.01 else ""
            who = user["id"] if rng.random() >= 0.03 else ""
            time = f"2026-03-{day:02d}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"
            lines += [f"{time},{kind},{product},{who}"] * (2 if rng.random() < 0.1 else 1)
        with gzip.GzipFile(folder / "events" / f"events-2026-03-{day:02d}.csv.gz", "w", mtime=0) as file:
            file.write(("\n".join(lines) + "\n").encode())


def write_tables(rng, folder, users, products):
    lines = [f"{user['id']},{user['age'] if rng.random() < 0.9 else ''},{user['country']}" for user in users]
    (folder / "users.csv").write_text("\n".join(["user_id,age,country", *lines[:-20]]) + "\n", encoding="utf-8")
    rows = [json.dumps(product["row"]) for product in products if product["is_listed"]]
    (folder / "products.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make-shop.py FOLDER")
    rng, folder = Random(SEED), Path(sys.argv[1])
    products = list(make_products(rng))
    users = [make_user(rng) for _ in range(USERS)]
    write_events(rng, folder, users, products)
    write_tables(rng, folder, users, products)


if __name__ == "__main__":
    main()
