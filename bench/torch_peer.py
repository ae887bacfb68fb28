"""The peer in PyTorch: the models of both TFRS tutorials, and a wide one, as a strong user of PyTorch trains them.

    torch_peer.py [--data FILE] [--case NAME].. [--mode NAME].. [--precision NAME].. [--device cpu|cuda] ...

FILE is a data file of `tandem prepare`, whose rows, vocabularies and title tokens are taken, or .csv (a line of names,
then user, item, rating, time) or .npy (such columns); without it rows are generated, as many as MovieLens 100K trains
on. It needs torch and numpy (h5py for tandem's files) and no other file. Prints a line of JSON for each measurement,
and one for people on stderr.

Cases: joint8192 and joint16384 (configs/joint.yaml: tables of width 32, softmax and rating head of 256 and 128 units,
the same batches every epoch), context2048 (configs/context_on.yaml: users, time, titles' words, one dense layer of
each tower, other batches every epoch), wide65536 (retrieval alone, width 64, 2 million users, 200 thousand items by
Zipf's law, 65,536 rows a step). As in tandem an epoch has ceil(rows / batch) equal steps; a few rows are left out
where it does not divide.

The softmax's columns are, as TFRS has them, the item of every row, with all scores in one matrix. --columns distinct
has each item of the batch once, with its count, which is the same loss; all items where shapes must stay (compiled,
captured). Everything is done that spares time and changes no result: rows are on the device, times are in buckets
before training begins, the CPU's memory is kept between steps and in huge pages, Adagrad is torch's fused one on a CPU
and its foreach one on a GPU. Gradients of tables are dense; with --tables sparse (eager alone) sparse. A captured or
compiled step of a GPU updates by the foreach Adagrad's four lines.

Modes: eager; compile, reduce-overhead, max-autotune (torch.compile); graph, compile-graph (the whole step, eager or
compiled, in one CUDA graph). Precisions: float32 ("highest": without TF32), tf32, bfloat16 (autocast).

A measurement trains for three epochs (the wide case: as many steps), tells their losses, and with tandem's file what
the test rows say, then goes on for --seconds; examples/s is of the median epoch. "start" is what the first three took
longer than those: compilation, capture, first touch of memory.
"""
import argparse
import contextlib
import ctypes
import gc
import itertools
import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # torch: huge pages for large tensors
import numpy as np
import torch
from torch import nn
from torch.nn import functional

CASES = {"joint8192": 8192, "joint16384": 16384, "context2048": 2048, "wide65536": 65536}
MODES = ("eager", "compile", "reduce-overhead", "max-autotune", "graph", "compile-graph")
PRECISIONS = ("float32", "tf32", "bfloat16")
RATE, ACCUMULATOR, EPSILON = 0.1, 0.1, 1e-7  # Keras's Adagrad(0.1)
WIDE_USERS, WIDE_ITEMS, WIDE_STEPS = 2_000_000, 200_000, 4
LEARNED = 3  # epochs whose losses are told


def parse_arguments():
    parser = argparse.ArgumentParser(prog="torch_peer.py", description="The tutorials' models in PyTorch, measured.")
    parser.add_argument("--data", type=Path, help="of tandem prepare (.h5), or .csv or .npy; default: generated")
    parser.add_argument("--case", action="append", choices=CASES, help="may be repeated; default: all")
    parser.add_argument("--mode", action="append", choices=MODES, help="may be repeated; default: eager, compile")
    parser.add_argument("--precision", action="append", choices=PRECISIONS, help="default: float32")
    parser.add_argument("--tables", action="append", choices=("dense", "sparse"), help="default: dense")
    parser.add_argument("--columns", action="append", choices=("rows", "distinct"), help="default: rows")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=5, help="of a measurement, after its start; default: 5")
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args()


# ---- rows

def keep_memory():
    """glibc gives no block back to the system, so that its pages are not cleared anew in every step."""
    trim_threshold, mmap_max = -1, -4
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(mmap_max, 0)
        libc.mallopt(trim_threshold, 2**31 - 1)


def pad_tokens(offsets, values):
    """(items, most tokens of one), 0 where there is none."""
    lengths = np.diff(offsets)
    tokens = np.zeros((len(lengths), max(1, lengths.max())), "int64")
    tokens[np.arange(tokens.shape[1]) < lengths[:, None]] = values
    return tokens


def read_tandem(path):
    """The rows of a data file that tandem prepared."""
    import h5py  # noqa: PLC0415 (where there is no such file it is not needed)

    def rows_of(part):
        fields = file[f"{part}/fields"]
        users = np.repeat(np.arange(1, len(file[f"{part}/user_offsets"])), np.diff(file[f"{part}/user_offsets"]))
        return {"user": users, "item": fields["item"][:], "rating": fields["rating"][:],
                "time": fields["timestamp"][:]}

    with h5py.File(path) as file:
        titles, times = file["items/fields/title"], file["schema/timestamp"].attrs
        return {**rows_of("train"), "test": rows_of("test"), "catalog": file["catalog/item"][:],
                "tokens": pad_tokens(titles["offsets"][:], titles["values"][:]),
                "users": int(file["schema/user"].attrs["vocabulary"]),
                "items": int(file["schema/item"].attrs["vocabulary"]),
                "words": int(file["schema/title"].attrs["vocabulary"]),
                "times": [float(times[name]) for name in ("low", "high", "mean", "variance")]}


def generate_titles(items, seed):
    """Words as MovieLens 100K has them: 2,468, about four a title."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 8, items)
    return pad_tokens(np.concatenate([[0], np.cumsum(lengths)]), random.integers(2, 2468, lengths.sum())), 2468


def columns_of(rows, seed):
    """rows: user, item, rating, time; ids of any numbers."""
    users, user = np.unique(rows[0], return_inverse=True)
    items, item = np.unique(rows[1], return_inverse=True)
    tokens, words = generate_titles(len(items) + 1, seed)
    return {"user": user + 1, "item": item + 1, "rating": rows[2].astype("float32"), "time": rows[3], "tokens": tokens,
            "users": len(users) + 1, "items": len(items) + 1, "words": words,
            "times": [rows[3].min(), rows[3].max(), rows[3].mean(), rows[3].var()]}


def generate(seed, rows=80_000, users=943, items=1664):
    random = np.random.default_rng(seed)
    return columns_of([random.integers(0, users, rows), (items ** random.random(rows)).astype("int64") - 1,
                       random.integers(1, 6, rows), random.integers(874724710, 893286638, rows)], seed)


def generate_wide(seed):
    random = np.random.default_rng(seed)
    rows = WIDE_STEPS * CASES["wide65536"]
    return {"user": random.integers(1, WIDE_USERS + 1, rows), "users": WIDE_USERS + 1,
            "item": (WIDE_ITEMS ** random.random(rows)).astype("int64"), "items": WIDE_ITEMS + 1}


def read(path, seed):
    if path is None:
        return generate(seed)
    if path.suffix == ".h5":
        return read_tandem(path)
    rows = np.load(path) if path.suffix == ".npy" else np.loadtxt(path, delimiter=",", skiprows=1)
    return columns_of(rows.T if rows.shape[1] == 4 else rows, seed)


def features(data, rows, case):
    """The columns that a case reads, as tensors."""
    columns = [torch.as_tensor(rows[name].astype("int64")) for name in ("user", "item")]
    if case.startswith("joint"):
        columns.append(torch.as_tensor(rows["rating"]))
    if case.startswith("context"):
        low, high, mean, variance = data["times"]
        columns.append(torch.as_tensor(np.searchsorted(np.linspace(low, high, 1000), rows["time"], side="right")))
        columns.append(torch.as_tensor(((rows["time"] - mean) / variance ** 0.5).astype("float32")))
    return columns


# ---- models, whose losses are the sum over the rows of the softmax's, and the mean of the ratings' squared errors

def table(rows, width, sparse):
    embedding = nn.Embedding(rows, width, sparse=sparse)
    nn.init.uniform_(embedding.weight, -0.05, 0.05)
    return embedding


def dense(inputs, units):
    layer = nn.Linear(inputs, units)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class TwoTowers(nn.Module):
    """Tables alone; the towers of what derives from it."""

    def __init__(self, data, width, options):
        super().__init__()
        self.columns, self.mode = options.columns, options.mode
        self.user, self.item = (table(data[name], width, options.tables == "sparse") for name in ("users", "items"))
        self.register_buffer("all_items", torch.arange(data["items"]))

    def query(self, user):
        return self.user(user)

    def candidate(self, item):
        return self.item(item)

    def retrieve(self, query, item):
        """The loss, and the rows' candidates."""
        if self.columns == "rows":
            candidate = self.candidate(item)
            own = torch.arange(len(item), device=item.device)
            return functional.cross_entropy(query @ candidate.T, own, reduction="sum"), candidate
        items, place, counts = self.distinct(item)
        candidate = self.candidate(items)
        logs = counts.log()
        loss = functional.cross_entropy(query @ candidate.T + logs, place, reduction="sum")
        return loss + logs[place].sum(), candidate[place]

    def distinct(self, item):
        """The items that are columns, each row's place among them, their counts: all items where shapes must stay."""
        if self.mode == "eager":
            return torch.unique(item, return_inverse=True, return_counts=True)
        ones = torch.ones_like(item, dtype=torch.float)
        return self.all_items, item, torch.zeros_like(self.all_items, dtype=torch.float).index_add_(0, item, ones)

    def forward(self, user, item):
        loss = self.retrieve(self.query(user), item)[0]
        return loss, torch.zeros_like(loss)


class Joint(TwoTowers):
    def __init__(self, data, options):
        super().__init__(data, 32, options)
        self.head = nn.Sequential(dense(64, 256), nn.ReLU(), dense(256, 128), nn.ReLU(), dense(128, 1))

    def rate(self, query, candidate):
        return self.head(torch.cat([query, candidate], 1)).squeeze(1)

    def forward(self, user, item, rating):
        query = self.query(user)
        loss, candidate = self.retrieve(query, item)
        return loss, functional.mse_loss(self.rate(query, candidate).float(), rating)


class Context(TwoTowers):
    def __init__(self, data, options):
        super().__init__(data, 32, options)
        sparse = options.tables == "sparse"
        self.bucket, self.word = table(1001, 32, sparse), table(data["words"], 32, sparse)
        self.query_layer, self.candidate_layer = dense(65, 32), dense(64, 32)
        tokens = torch.as_tensor(data["tokens"])
        self.register_buffer("tokens", tokens)
        self.register_buffer("weights", (tokens != 0).float()[..., None] / (tokens != 0).sum(1).clamp(1)[:, None, None])

    def query(self, user, bucket, normalized):
        return self.query_layer(torch.cat([self.user(user), self.bucket(bucket), normalized[:, None]], 1))

    def candidate(self, item):
        text = (self.word(self.tokens[item]) * self.weights[item]).sum(1)
        return self.candidate_layer(torch.cat([self.item(item), text], 1))

    def forward(self, user, item, bucket, normalized):
        loss = self.retrieve(self.query(user, bucket, normalized), item)[0]
        return loss, torch.zeros_like(loss)


def build(case, data, options):
    if case.startswith("joint"):
        return Joint(data, options)
    return Context(data, options) if case.startswith("context") else TwoTowers(data, 64, options)


# ---- steps

class Foreach:
    """torch.optim.Adagrad(foreach=True) without its count of steps, which a graph cannot hold."""

    def __init__(self, parameters):
        self.parameters = list(parameters)
        self.sums = [torch.full_like(p, ACCUMULATOR) for p in self.parameters]
        for tensor in [*self.parameters, *self.sums]:
            torch._dynamo.mark_static_address(tensor)  # else reduce-overhead has no graph of the update

    @torch.no_grad()
    def step(self):
        gradients = [p.grad for p in self.parameters]
        torch._foreach_addcmul_(self.sums, gradients, gradients)
        roots = torch._foreach_sqrt(self.sums)
        torch._foreach_add_(roots, EPSILON)
        torch._foreach_addcdiv_(self.parameters, gradients, roots, -RATE)


def adagrad(model, options):
    """The optimizers whose steps are one of the model."""
    rules = {"lr": RATE, "initial_accumulator_value": ACCUMULATOR, "eps": EPSILON}
    sparse = [m.weight for m in model.modules() if isinstance(m, nn.Embedding) and m.sparse]
    others = [p for p in model.parameters() if all(p is not s for s in sparse)]
    fast = {"fused": True} if options.device == "cpu" else {"foreach": True}
    found = [torch.optim.Adagrad(sparse, **rules)] if sparse else []
    return found + ([torch.optim.Adagrad(others, **rules, **fast)] if others else [])


class Trainer:
    """A model, and one step of it, which adds its losses to sums."""

    def __init__(self, model, options):
        self.model, self.forward = model, model
        self.sums = torch.zeros(2, device=options.device)
        self.autocast = options.precision == "bfloat16"
        self.device = options.device
        one_graph = options.device == "cuda" and options.mode != "eager"
        self.optimizers = [Foreach(model.parameters())] if one_graph else adagrad(model, options)
        self.updates = [optimizer.step for optimizer in self.optimizers]
        compiler = {"compile": "default", "compile-graph": "default"}.get(options.mode, options.mode)
        if compiler not in ("eager", "graph"):
            self.forward = torch.compile(model, mode=compiler, dynamic=False)
            if one_graph:
                self.updates = [torch.compile(self.optimizers[0].step, mode=compiler, dynamic=False)]

    def step(self, batch):
        torch.compiler.cudagraph_mark_step_begin()
        for parameter in self.model.parameters():
            parameter.grad = None
        with torch.autocast(self.device, torch.bfloat16, enabled=self.autocast):
            retrieval, rating = self.forward(*batch)
        (retrieval + rating).backward()
        for update in self.updates:
            update()
        self.sums += torch.stack([retrieval.detach(), rating.detach()])

    def capture(self, batch):
        """Puts the step into a CUDA graph; the model stays what it was."""
        state = [*self.model.parameters(), *self.optimizers[0].sums, self.sums]
        saved = [tensor.detach().clone() for tensor in state]
        inputs, stream, eager = [tensor.clone() for tensor in batch], torch.cuda.Stream(), self.step
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                eager(inputs)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            eager(inputs)
        with torch.no_grad():
            torch._foreach_copy_(state, saved)

        def replay(batch):
            torch._foreach_copy_(inputs, batch)
            graph.replay()

        self.step = replay


class Epochs:
    """The batches of epochs; measured from the order of the rows to the last step's end."""

    def __init__(self, columns, batch, again):
        rows = len(columns[0])
        self.columns, self.steps = columns, -(-rows // batch)
        self.batch = rows // self.steps
        self.fixed = self.deal() if again else None

    def deal(self):
        order = torch.randperm(len(self.columns[0]), device=self.columns[0].device)
        shuffled = [column[order] for column in self.columns]
        return [[column[i * self.batch:(i + 1) * self.batch] for column in shuffled] for i in range(self.steps)]

    def batches(self):
        return self.fixed or self.deal()


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def train_epoch(trainer, epochs):
    """Gives seconds, CPU seconds, and the losses: retrieval's of a row, ratings'."""
    trainer.sums.zero_()
    wait(trainer.device)
    begin = time.monotonic(), time.process_time()
    for batch in epochs.batches():
        trainer.step(batch)
    wait(trainer.device)
    seconds, cpu = time.monotonic() - begin[0], time.process_time() - begin[1]
    retrieval, rating = (trainer.sums / epochs.steps).tolist()
    return seconds, cpu, [retrieval / epochs.batch, rating]


# ---- measurements

@torch.no_grad()
def evaluate(model, case, data, device):
    """Top-100 accuracy of the test rows among the rows of the catalog, and RMSE."""
    if "test" not in data or case.startswith("wide"):
        return {}
    user, item, *more = (column.to(device) for column in features(data, data["test"], case))
    joint = isinstance(model, Joint)
    query, own = model.query(user, *([] if joint else more)), model.candidate(item)
    candidates = model.candidate(torch.as_tensor(data["catalog"].astype("int64"), device=device))
    above = (query @ candidates.T > (query * own).sum(1, keepdim=True) + 1e-6).sum(1)
    found = {"top_100_categorical_accuracy": (above < 100).float().mean().item()}
    if joint:
        found["root_mean_squared_error"] = functional.mse_loss(model.rate(query, own), more[0]).sqrt().item()
    return found


def room(device):
    if device == "cuda":
        return torch.cuda.mem_get_info()[0]
    kibibytes = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable"))
    return int(kibibytes.split()[1]) * 1024


def check(case, batch, options):
    """Raises what says why a case cannot be measured."""
    if options.device == "cpu" and ("graph" in options.mode or options.precision == "tf32"):
        raise ValueError("CUDA graphs and TF32 are a GPU's")
    if options.tables == "sparse" and options.mode != "eager":
        raise ValueError("torch.compile and CUDA graphs have no sparse gradients")
    if case.startswith("wide") and options.columns == "distinct" and options.mode != "eager":
        raise ValueError("the items are more than a batch's")
    # Logarithms of probabilities, the gradient at them, the gradient at the scores.
    need = 3 * 4 * batch * batch
    if need > room(options.device):
        raise ValueError(f"{need / 1e9:.0f} GB for scores, {room(options.device) / 1e9:.0f} GB are free")


def measure(case, data, options):
    torch.manual_seed(options.seed)
    torch._dynamo.reset()
    gc.collect()
    torch.set_float32_matmul_precision("high" if options.precision == "tf32" else "highest")
    if options.device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    check(case, CASES[case], options)
    columns = [column.to(options.device) for column in features(data, data, case)]
    epochs = Epochs(columns, CASES[case], not case.startswith("context"))
    trainer = Trainer(build(case, data, options).to(options.device), options)
    begin = time.monotonic()
    if "graph" in options.mode:
        trainer.capture(epochs.batches()[0])
    learned = [train_epoch(trainer, epochs) for _ in range(LEARNED)]
    start = time.monotonic() - begin
    metrics = evaluate(trainer.model, case, data, options.device)
    timed = []
    while len(timed) < 3 or sum(epoch[0] for epoch in timed) < options.seconds:
        timed.append(train_epoch(trainer, epochs))
    median = statistics.median(epoch[0] for epoch in timed)
    peak = (torch.cuda.max_memory_allocated() if options.device == "cuda"
            else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    rows = epochs.steps * epochs.batch
    return {"examples_per_s": rows / median, "rows": rows, "batch": epochs.batch, "peak": peak,
            "epochs": [epoch[0] for epoch in timed], "epochs_cpu": [epoch[1] for epoch in timed],
            "start": start - LEARNED * median, "losses": [epoch[2] for epoch in learned], "metrics": metrics}


def versions(device):
    where = torch.cuda.get_device_name() if device == "cuda" else f"{torch.get_num_threads()} threads"
    return f"PyTorch {torch.__version__}, {where}"


def report(case, data, options):
    """One measurement's line; what fails is told and does not end the others."""
    names = {"case": case, **{name: getattr(options, name) for name in ("mode", "precision", "tables", "columns")}}
    try:
        found = measure(case, data, options)
        losses = "; ".join(", ".join(f"{loss:.4f}" for loss in epoch) for epoch in found["losses"])
        told = f"{found['examples_per_s']:,.0f} examples/s, losses {losses}"
    except Exception as error:  # torch raises errors of many types
        found = {"error": f"{type(error).__name__}: {str(error)[:400]}"}
        told = found["error"]
    print(json.dumps({**names, **found, "versions": versions(options.device)}), flush=True)
    print(f"torch_peer.py: {', '.join(names.values())}: {told}", file=sys.stderr, flush=True)


def main():
    arguments = parse_arguments()
    keep_memory()
    torch.set_num_threads(arguments.threads)
    data, wide = read(arguments.data, arguments.seed), None
    for case, mode, precision, tables, columns in itertools.product(
            arguments.case or CASES, arguments.mode or ("eager", "compile"), arguments.precision or ("float32",),
            arguments.tables or ("dense",), arguments.columns or ("rows",)):
        options = argparse.Namespace(device=arguments.device, seed=arguments.seed, seconds=arguments.seconds, mode=mode,
                                     precision=precision, tables=tables, columns=columns)
        if case.startswith("wide"):
            wide = wide or generate_wide(arguments.seed)
        report(case, wide if case.startswith("wide") else data, options)


if __name__ == "__main__":
    main()
