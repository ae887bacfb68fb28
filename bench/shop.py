"""A shop's data as docs/own-data.md has them, of any size: what bench/ingest --events measures."""
import random
import time
import uuid

DAYS, BLOCK = 30, 1000
FIRST_DAY = 1772323200  # 2026-03-01
FIELDS = 5              # of an interaction: user, product, event, time, weight


def names_of_users(rng, count):
    """3 % of the rows have no user."""
    users = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(count)]
    rows = users + users[:count // 4] + [""] * (count // 25) # some have twice as many as others
    rng.shuffle(rows)
    return users, rows


def write_tables(folder, rng, users, products):
    """Most users, and two thirds of the products, have a row in their tables."""
    with open(folder / "users.csv", "w", encoding="utf-8") as file:
        file.write("user_id,age,country\n")
        file.writelines(f"{u},{'' if rng.random() < 0.1 else rng.randrange(18, 80)},{rng.choice(('de', 'fr', 'jp'))}\n"
                        for u in users[len(users) // 20:])
    with open(folder / "products.jsonl", "w", encoding="utf-8") as file:
        file.writelines(f'{{"product_id": "{p}", "name": "Acorn pan {n}", "brand": "B{n % 97}", '
                        f'"category": "home/kitchen/c{n % 500}", "price": {rng.randrange(100, 9999) / 100}}}\n'
                        for n, p in enumerate(products[len(products) // 3:]))


def pieces(rng, users, events):
    """Pairs of equally long pieces of two shuffled lists without end, one in three the one before it, as a cart's."""
    length = min(BLOCK, len(users), len(events))
    while True:
        at, place = rng.randrange(len(users) - length + 1), rng.randrange(len(events) - length + 1)
        user, event = users[at:at + length], events[place:place + length]
        yield user, event
        if rng.random() < 0.5:
            yield user, [e.replace("view", "cart") for e in event]


def write(folder, rows):
    """Writes so many events of a user for every 20 and a product for every 100, in a file for each day, and the
    tables of both; one row in three repeats an earlier one's user and product."""
    rng = random.Random(1)
    users, user_rows = names_of_users(rng, max(1, rows // 20))
    products = [f"P{1_000_000 + n}" for n in range(max(1, rows // 100))]
    write_tables(folder, rng, users, products)
    events = [f"{kind},{p}" for p in products for kind in ("view",) * 8 + ("purchase", "refund")]
    rng.shuffle(events)
    blocks = pieces(rng, user_rows, events)
    (folder / "events").mkdir()
    done = 0
    for day in range(DAYS):
        with open(folder / "events" / f"events-{day + 1:02}.csv", "w", encoding="utf-8") as file:
            file.write("event_time,event_type,product_id,user_id")
            end = rows * (day + 1) // DAYS
            while done < end:
                user, event = next(blocks)
                stamp = time.strftime("\n%Y-%m-%dT%H:%M:%SZ,", time.gmtime(FIRST_DAY + done * DAYS * 86400 // rows))
                lines = list(map(",".join, zip(event, user, strict=True)))[:end - done]
                file.write(stamp + stamp.join(lines))
                done += len(lines)
            file.write("\n")
