"""What a training step must send: the formulas of docs/scaling.md, and what of a data file they are about.

Letters: N ranks, C distinct items of a batch (i in the document), c those of one rank's rows, U distinct users,
d width (w), D elements of the dense parameters.
"""
import h5py
import numpy as np

COUNT, LENGTH, ID, FLOAT, EXACT = 8, 8, 4, 4, 8   # bytes of a counted item, a length, an id, a value, a sum
TOTALS = 11                                       # sums that go with the dense gradient: 2 losses, 9 flags
BLOCK = 1 << 15                                   # elements of a message of the exchange to owners
DENSE_BY_OWNERS = 1 << 17                         # from so many elements on, dense gradients go by owners
STREAM_EPOCH = 3


def share(n, part, parts):
    return n * part // parts


def table_bytes(ranks, rows, width):
    """All ranks together get the touched rows of a table, ids and exact sums, after their number."""
    return (ranks - 1) * (rows * (ID + EXACT * width) + ranks * LENGTH)


def fits_histogram(table_rows, rows):
    """Whether items are counted by a number for each row of the item table, in steps of at most so many rows."""
    return 2 * table_rows <= rows


def count_bytes(ranks, lists, table_rows, by_histogram, is_first):
    """All ranks together get the counts of a step's items: lists is the sum of c over the ranks. A histogram comes
    with the sums of the step before, two counts in a word; that of an epoch's first step by itself."""
    if not by_histogram:
        return (ranks - 1) * (COUNT * (lists + ranks) + ranks * LENGTH)
    if ranks == 1:
        return 0
    return ranks * (ID * table_rows if is_first else EXACT * -(-table_rows // 2))


def count_calls(ranks, by_histogram, is_first):
    if not by_histogram:
        return 2 * ranks
    return ranks if ranks > 1 and is_first else 0


def dense_bytes(ranks, dense):
    """All ranks together get the dense gradients with what goes with them: sums for all, or sums for owners and
    values for all."""
    if ranks == 1:
        return 0
    if dense < DENSE_BY_OWNERS:
        return ranks * EXACT * (dense + TOTALS)
    return ranks * EXACT * TOTALS + (ranks - 1) * (EXACT + FLOAT) * dense


def dense_calls(ranks, dense):
    if ranks == 1 or dense < DENSE_BY_OWNERS:
        return ranks if ranks > 1 else 0
    return 2 * ranks + (ranks - 1) * sum(-(-(share(dense, r + 1, ranks) - share(dense, r, ranks)) // BLOCK)
                                         for r in range(ranks))


def step_bytes(ranks, columns, width, dense, replicated):
    """What all ranks together get in a step besides the counts of its items; replicated: the touched rows of each
    table that every rank holds."""
    embeddings = (ranks - 1) * columns * width * FLOAT
    to_owners = (ranks - 1) * columns * width * EXACT
    tables = sum(table_bytes(ranks, rows, width) for rows in replicated)
    return embeddings + to_owners + dense_bytes(ranks, dense) + tables


def step_calls(ranks, owned_columns, width, dense, tables):
    """Collective calls and messages of all ranks together, besides those for the counts; owned_columns: of each
    rank; tables: exchanged."""
    messages = sum(-(-columns * width // BLOCK) for columns in owned_columns) * (ranks - 1)
    return messages + dense_calls(ranks, dense) + ranks * (1 + (3 * tables if ranks > 1 else 0))


def philox_keys(seed, stream, rows):
    """The first 64 bits of Philox 4x32-10 of (seed, stream, row, 0) for an array of rows (docs/formats.md)."""
    low, shift = np.uint64(0xffffffff), np.uint64(32)
    rows = rows.astype(np.uint64)
    x = [rows & low, rows >> shift, np.zeros_like(rows), np.full_like(rows, stream)]
    key = [np.uint64(seed) & low, np.uint64(seed) >> shift]
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * x[0], np.uint64(0xCD9E8D57) * x[2]
        x = [(b >> shift) ^ x[1] ^ key[0], b & low, (a >> shift) ^ x[3] ^ key[1], a & low]
        key = [(key[0] + np.uint64(0x9E3779B9)) & low, (key[1] + np.uint64(0xBB67AE85)) & low]
    return x[1] << shift | x[0]


class Batches:
    """The steps of the first epoch, as src/data/batches.h cuts them."""

    def __init__(self, path, batch, shards, seed=42):
        with h5py.File(path) as file:
            offsets, self.item = file["train/user_offsets"][...], file["train/fields/item"][...]
            row, self.items = file["train/row"][...], int(file["schema/item"].attrs["vocabulary"]) - 1
        n = len(self.item)
        self.shards, self.steps = shards, -(-n // batch)
        self.user = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        first_user = [int(np.searchsorted(offsets, -(-n * s // shards))) for s in range(shards)]
        bounds = [int(offsets[u]) for u in first_user] + [n]
        key = philox_keys(seed, STREAM_EPOCH, row)
        self.order = [bounds[s] + np.lexsort((row[bounds[s]:bounds[s + 1]], key[bounds[s]:bounds[s + 1]]))
                      for s in range(shards)]
        self.by_histogram = fits_histogram(self.items + 1, sum(-(-len(o) // self.steps) for o in self.order))

    def rows(self, step, rank, ranks):
        """The rows that a step takes from a rank's shards."""
        mine = self.order[share(self.shards, rank, ranks):share(self.shards, rank + 1, ranks)]
        return np.concatenate([o[share(len(o), step, self.steps):share(len(o), step + 1, self.steps)] for o in mine])

    def owned(self, columns, ranks):
        """How many of these items each rank owns; item ranges are as many as shards, of items + 1 rows."""
        edges = [share(self.items + 1, share(self.shards, r, ranks), self.shards) for r in range(ranks + 1)]
        return np.diff(np.searchsorted(columns, edges))

    def traffic(self, ranks, width, dense, owned, in_place=False):
        """Calls and bytes of an epoch, of all ranks; in_place: they share the memory of a node, and leave what columns
        and layers need of one another where it is."""
        calls = total = 0
        for step in range(self.steps):
            rows = [self.rows(step, rank, ranks) for rank in range(ranks)]
            columns = np.unique(self.item[np.concatenate(rows)])
            lists = sum(len(np.unique(self.item[r])) for r in rows)
            users = len(np.unique(self.user[np.concatenate(rows)]))
            replicated = [] if owned else [users, len(columns)]
            total += count_bytes(ranks, lists, self.items + 1, self.by_histogram, step == 0)
            calls += count_calls(ranks, self.by_histogram, step == 0)
            if in_place and ranks > 1:
                if self.by_histogram and step > 0:
                    total -= count_bytes(ranks, lists, self.items + 1, True, False)
                total += sum(table_bytes(ranks, rows, width) for rows in replicated)
                calls += 3 * ranks * len(replicated)
                continue
            total += step_bytes(ranks, len(columns), width, dense, replicated if ranks > 1 else [])
            calls += step_calls(ranks, self.owned(columns, ranks), width, dense, len(replicated))
        return int(calls), int(total)


def distinct(weights, rows):
    """Expected distinct of so many draws by these weights."""
    p = weights / weights.sum()
    return float(-np.expm1(rows * np.log1p(-p)).sum())


class Model:
    """A step's time on N ranks of a cluster: computing, and what a rank gets by formulas and a network's latency
    and bandwidth."""

    def __init__(self, rate, latency, bandwidth, width=64, users=1_000_000, items=200_000, dense=0):
        self.rate, self.latency, self.bandwidth, self.width, self.dense = rate, latency, bandwidth, width, dense
        self.popularity, self.users = 1 / np.arange(1, items + 1), np.ones(users)

    def counts(self, ranks, rows):
        """c, C and U for so many rows of each rank."""
        return (distinct(self.popularity, rows), distinct(self.popularity, rows * ranks),
                distinct(self.users, rows * ranks))

    def compute(self, rows, columns):
        """Three products of rows, columns and width: scores, their gradients to either side."""
        return 3 * 2 * rows * columns * self.width / self.rate

    def communicate(self, ranks, rows, layout):
        """Seconds, and bytes that a rank gets; layout: replicated, owned or group. Gathers and counts of what is
        exchanged take log2 N messages, sums twice that."""
        c, columns, users = self.counts(ranks, rows)
        if ranks == 1:
            return 0, 0
        others, log = (ranks - 1) / ranks, np.ceil(np.log2(ranks))
        sums = EXACT * (self.dense + TOTALS)
        rounds = 2 * log
        if layout == "group":  # each rank's rows are a group: counts stay, columns go to and from their owners
            got = others * c * (ID + FLOAT * self.width + EXACT * self.width)
            messages, rounds = 3 * (ranks - 1), rounds + 2 * log
        else:
            by_histogram = fits_histogram(len(self.popularity), rows * ranks)
            counts = 2 * ID * len(self.popularity) if by_histogram else COUNT * c * ranks
            got = others * (counts + (FLOAT + EXACT) * self.width * columns)
            messages = (ranks - 1) * np.ceil(columns / ranks * self.width / BLOCK)
            rounds += (1 if by_histogram else 3) * log
            if layout == "replicated":
                got += others * (users + columns) * (ID + EXACT * self.width)
                rounds += 6 * log
        got += 2 * others * sums
        return (messages + rounds) * self.latency + got / self.bandwidth, got

    def step(self, ranks, rows, layout):
        """Seconds of computing, of communicating, bytes."""
        c, columns, _ = self.counts(ranks, rows)
        return (self.compute(rows, c if layout == "group" else columns), *self.communicate(ranks, rows, layout))
