"""What scripts/quality measures: data, protocol, recipe, baselines, published figures, ablations.

A baseline has the settings that are tried for it on the validation rows of the first seed; where one stands there
alone, bench/baselines chose it from configs/baselines on validation rows (docs/metrics.md)."""
import lzma
import random
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RANKED = {"recall_at_20": "R@20", "ndcg_at_20": "N@20", "top_100_categorical_accuracy": "top-100"}
COLD_METRICS = {"recall_at_20": "R@20", "ndcg_at_20": "N@20"}
RMSE = {"root_mean_squared_error": "RMSE"}
USER_ROWS = ["--split", "user_rows", "--test-fraction", 0.2, "--validation-fraction", 0.1]
BY_ROWS = ("of each user's rows a fifth, at random, for testing and a tenth for validation, by the seed that is "
           "training's, too; all ratings are taken as what was taken")


@dataclass
class Set:
    name: str
    title: str
    protocol: str
    recipe: str                # of configs/recipes
    prepare: object            # (tandem, source folder, seed, work folder) -> data file
    metrics: dict              # by name in --json, as tables call them; the first but one decides the ablation
    sets: tuple = ()           # over the recipe
    baselines: dict = field(default_factory=dict)
    published: tuple = ()      # rows of (system, values.., source)
    ablation: tuple = ()       # (words, settings over the recipe)
    asks: tuple = (("", ()),)  # (words, settings): what is asked of every system, each a table
    beside: str = ""           # another of configs/recipes, for what the recipe's purpose costs
    beside_sets: tuple = ()    # over that
    seeds: int = 5
    less_is_better: bool = False

    def decides(self):
        return list(self.metrics)[1 if len(self.metrics) > 1 else 0]


def of_movielens(form, name):
    def prepare(tandem, source, seed, folder):
        data = folder / f"seed-{seed}.h5"
        tandem.alone("prepare", "--format", form, unpacked(source / name, folder), *USER_ROWS, "--seed", seed,
                     "--out", data)
        return data
    return prepare


def unpacked(source, folder):
    """The folder of a data set, whose files may be packed with xz."""
    packed = list(source.glob("*.xz"))
    if not packed:
        return source
    to = folder / source.name
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(source, to)
    for file in packed:
        (to / file.stem).write_bytes(lzma.decompress(file.read_bytes()))
        (to / file.name).unlink()
    return to


def hold_out(lines, user_of, share):
    """Lines in two: of each user's a share, at random and rounded down, is held out."""
    chance, by_user = random.Random(42), {}
    for line in lines:
        by_user.setdefault(user_of(line), []).append(line)
    kept, held = [], []
    for some in by_user.values():
        chosen = set(chance.sample(range(len(some)), int(share * len(some))))
        for place, line in enumerate(some):
            (held if place in chosen else kept).append(line)
    return kept, held


def write(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def from_files(tandem, folder, kept, held, test, *form):
    data = folder / "data.h5"
    tandem.alone("prepare", write(folder / "train.txt", kept), *form, "--split", "files", "--test-input", test,
                 "--validation-input", write(folder / "validation.txt", held), "--out", data)
    return data


def pairs_of(path):
    """LightGCN's lists, a user and its items a line, as pairs."""
    return [f"{user} {item}" for user, *items in map(str.split, path.read_text().splitlines()) for item in items]


def gowalla(tandem, source, _seed, folder):
    kept, held = hold_out(pairs_of(source / "gowalla/train.txt"), lambda pair: pair.split()[0], 0.1)
    test = write(folder / "test.txt", pairs_of(source / "gowalla/test.txt"))
    return from_files(tandem, folder, kept, held, test, "--format", "lists")


def u1(tandem, source, _seed, folder):
    kept, held = hold_out((source / "ml-100k/u1.base").read_text().splitlines(), lambda line: line.split("\t")[0], 0.1)
    return from_files(tandem, folder, kept, held, source / "ml-100k/u1.test", "--format", "tsv", "--no-header",
                      "--rating-column", 3, "--timestamp-column", 4)


def in_time(tandem, source, _seed, folder):
    data = folder / "data.h5"
    tandem.alone("prepare", "--format", "movielens-1m", unpacked(source / "ml-1m-reconstructed", folder), "--split",
                 "time", "--test-fraction", 0.1, "--validation-fraction", 0.1, "--out", data)
    return data


COLD_SCHEMA = """interactions:
  file: ratings.dat
  separator: '::'
  header: no
  fields:
    user: {column: 1, kind: category, role: user}
    item: {column: 2, kind: category, role: item}
    rating: {column: 3, kind: number, role: label}
    timestamp: {column: 4, kind: time, role: time}
items:
  file: films.dat
  separator: '::'
  quote: none
  header: no
  key: 1
  fields:
    title: {column: 2, kind: text, role: title}
    year: {column: 3, kind: number}
    genres: {column: 4, kind: categories, separator: '|'}
"""


COLD_SPLIT = ["--split", "items", "--test-fraction", 0.1, "--validation-fraction", 0.1, "--warm-fraction", 0.1,
              "--max-tokens", 300]
COLD_WORDS = ("a tenth of the films, at random, with all their rows for testing, a tenth for validation; of each "
              "user's rows of the other films a tenth for testing and a tenth for validation; the seed is training's, "
              "too. A film is known by genres, year and the 300 most frequent words of titles, by the model and by "
              "`content_neighbors`. All ratings are taken as what was taken")


def cold_items_100k(tandem, source, seed, folder):
    data = folder / f"seed-{seed}.h5"
    tandem.alone("prepare", "--schema", ROOT / "configs/schemas/movielens-100k.yaml", source / "ml-100k", *COLD_SPLIT,
                 "--seed", seed, "--out", data)
    return data


def cold_items(tandem, source, seed, folder):
    """The year, which ends a film's title, becomes a field of its own."""
    data, films = folder / f"seed-{seed}.h5", unpacked(source / "ml-1m-reconstructed", folder)
    lines = []
    for line in (films / "movies.dat").read_text("latin1").splitlines():
        number, title, genres = line.split("::")
        name, year = re.fullmatch(r"(.*?)\s*\((\d{4})\)\s*", title).groups()
        lines.append(f"{number}::{name}::{year}::{genres}")
    write(films / "films.dat", lines)
    (folder / "schema.yaml").write_text(COLD_SCHEMA)
    tandem.alone("prepare", "--schema", folder / "schema.yaml", films, *COLD_SPLIT, "--seed", seed, "--out", data)
    return data


NO_HISTORY = ("without the history", ["query.features=[user]"])
ABLATION = (
    NO_HISTORY,
    ("with the user's id", ["query.features=[user, past]"]),
    ("without the item's users", ["candidate.features=[item]"]),
    ("with the id, without the item's users", ["query.features=[user, past]", "candidate.features=[item]"]),
    ("`features.past.pool: mean`", ["features.past.pool=mean"]),
    ("`features.past.last: 0`, all of it", ["features.past.last=0"]),
    ("`retrieval.log_q: none`", ["retrieval.log_q=none"]),
    ("`retrieval.mask_own: false`", ["retrieval.mask_own=false"]),
    ("`optimizer.schedule: constant`", ["optimizer.schedule=constant"]),
    ("`model.normalize: none`, temperature 1", ["model.normalize=none", "retrieval.temperature=1"]),
    ("`retrieval.temperature: 0.1`", ["retrieval.temperature=0.1"]),
    ("`retrieval.temperature: 0.2`", ["retrieval.temperature=0.2"]),
    ("`optimizer.learning_rate: 0.001`", ["optimizer.learning_rate=0.001"]),
    ("`model.width: 32`", ["model.width=32"]),
    ("`train.batch_size: 4096`", ["train.batch_size=4096"]),
    ("`retrieval.item_bias: true`", ["retrieval.item_bias=true"]),
    ("`retrieval.learn_temperature: true`", ["retrieval.learn_temperature=true"]),
    ("`retrieval.loss: bsl`", ["retrieval.loss=bsl"]),
    ("`retrieval.loss: ccl`, temperature 1, margin 0.5, weight 100",
     ["retrieval.loss=ccl", "retrieval.temperature=1", "retrieval.margin=0.5", "retrieval.negative_weight=100",
      "retrieval.log_q=none"]),
    ("`retrieval.loss: bpr`, `model.normalize: none`, temperature 1",
     ["retrieval.loss=bpr", "model.normalize=none", "retrieval.temperature=1"]),
)
COLD_ASKS = (("rows of new films, ranked among new films", ("eval.rows=cold", "eval.candidates=cold")),
             ("rows of new films, ranked among all", ("eval.rows=cold", "eval.candidates=unique")),
             ("rows of the other films, ranked among all", ("eval.rows=trained", "eval.candidates=unique")))
CONTENT = [[f"baseline.neighbors={n}", f"baseline.normalize={z}"]
           for n in (20, 50, 100, 200) for z in ("true", "false")]
COLD_BASELINES = {"popularity": [[]], "category_popularity": [["baseline.fields=genres"]], "content_neighbors": CONTENT}


def cold_sets(year, *more):
    """Over the recipe: what is known of films, and by what the epoch is chosen."""
    return ("features.genres.pool=mean", f"features.{year}.transform=even", f"features.{year}.buckets=20",
            f"candidate.features=[item, title_text, genres, {year}]", *COLD_ASKS[0][1], "eval.systems=[]",
            "eval.metrics=[recall_at_k, ndcg_at_k]", "checkpoint.keep_best=ndcg_at_k", "eval.ks=[20]", *more)


# As the recipe's comments say for more than half a million rows.
LARGE = ("train.batch_size=2048", "train.epochs=6")
# And where what comes later is asked, of users who are new or come back.
LATER = ("features.past.dropout=0.5", "features.past.last=0", "train.half_life=7", "retrieval.temperature=0.7",
         "optimizer.learning_rate=0.006")
EASE = {"ease": [["baseline.l2=200"], ["baseline.l2=500"], ["baseline.l2=1000"]]}
RP3 = [["baseline.neighbors=800", "baseline.alpha=0.7", "baseline.beta=0.6", "baseline.normalize=true"],
       ["baseline.neighbors=200", "baseline.alpha=0.7", "baseline.beta=0.3", "baseline.normalize=true"]]
ITEM_NEIGHBORS = [["baseline.neighbors=400", "baseline.shrink=10", "baseline.normalize=true"],
                  ["baseline.neighbors=50", "baseline.shrink=100", "baseline.normalize=true"]]

SETS = {s.name: s for s in (
    Set("latest-small", "MovieLens latest-small", BY_ROWS, "implicit", of_movielens("movielens-csv", "ml-latest-small"),
        RANKED, baselines={"popularity": [[]], "item_neighbors": ITEM_NEIGHBORS, "rp3beta": RP3, **EASE},
        ablation=ABLATION),
    Set("movielens-100k", "MovieLens 100K", BY_ROWS, "implicit", of_movielens("movielens-100k", "ml-100k"), RANKED,
        baselines={"popularity": [[]], "item_neighbors": ITEM_NEIGHBORS[:1], "rp3beta": RP3[:1],
                   "ease": [["baseline.l2=500"]]},
        ablation=ABLATION),
    Set("movielens-1m", "MovieLens 1M, reconstructed", BY_ROWS, "implicit",
        of_movielens("movielens-1m", "ml-1m-reconstructed"), RANKED, sets=(*LARGE, "model.width=128"),
        baselines={"popularity": [[]], "item_neighbors": ITEM_NEIGHBORS[:1], "rp3beta": RP3[:1],
                   "ease": [["baseline.l2=500"]]}),
    Set("movielens-1m-time", "MovieLens 1M, reconstructed, cut in time",
        "the newest tenth of all ratings for testing, the tenth before for validation; users without training rows "
        "are asked, too", "events", in_time, RANKED, sets=LATER,
        baselines={"popularity": [[]], "recent_popularity": [[f"baseline.days={d}"] for d in (7, 30, 90)],
                   "item_neighbors": ITEM_NEIGHBORS[:1], "rp3beta": RP3[:1], "ease": [["baseline.l2=500"]]}),
    Set("gowalla", "Gowalla", "LightGCN's files; a tenth of each user's training items for validation; training items "
        "left out of lists", "implicit", gowalla, RANKED,
        sets=LARGE,
        baselines={"popularity": [[]], "item_neighbors": ITEM_NEIGHBORS[1:], "rp3beta": RP3[1:]},
        published=(("MF-BPR", ".1627", ".1378", ""), ("MF-SL, softmax", ".1759", ".1395", ""),
                   ("EASE", ".1765", ".1467", ""), ("RP3beta", ".1829", ".1520", ""),
                   ("LightGCN", ".1830", ".1554", "He et al. 2020"),
                   ("MF-CCL", ".1837", ".1493", "of SimpleX's paper: chosen on test rows"),
                   ("UltraGCN", ".1862", ".1580", "Mao et al. 2021: chosen on test rows"),
                   ("SimpleX", ".1872", ".1557", "Mao et al. 2021: chosen on test rows"),
                   ("in-batch softmax with one hop", ".1874", ".1571", ""),
                   ("MF-BSL", ".1882", ".1584", "Wu et al. 2024: chosen on test rows"))),
    Set("gowalla-ids", "Gowalla, without histories", "the same files, of which users and items are their ids alone",
        "implicit", gowalla, RANKED,
        sets=(*LARGE[:1], "train.epochs=12", "query.features=[user]", "candidate.features=[item]"),
        baselines={"popularity": [[]], "rp3beta": RP3[1:]}),
    Set("cold-items", "MovieLens 1M, reconstructed, new films", COLD_WORDS, "cold-start", cold_items, COLD_METRICS,
        sets=cold_sets("year", "train.batch_size=2048", "train.epochs=4"), baselines=COLD_BASELINES, asks=COLD_ASKS,
        beside="implicit", beside_sets=(*LARGE, *COLD_ASKS[2][1])),
    Set("cold-items-100k", "MovieLens 100K, new films", COLD_WORDS, "cold-start", cold_items_100k, COLD_METRICS,
        sets=cold_sets("released"), baselines=COLD_BASELINES, asks=COLD_ASKS, beside="implicit",
        beside_sets=COLD_ASKS[2][1],
        ablation=(("`features.item.dropout: 0.9`", ["features.item.dropout=0.9"]),
                  ("without the item's id", ["candidate.features=[title_text, genres, released]"]),
                  ("without words", ["candidate.features=[item, genres, released]"]),
                  ("towers of a layer", ["query.tower=[64]", "candidate.tower=[64]", "query.combine=concat",
                                         "candidate.combine=concat"]),
                  ("`candidate.new_item_boost: 0`", ["candidate.new_item_boost=0"]))),
    Set("u1-rmse", "MovieLens 100K, u1", "u1.base and u1.test, as GroupLens split them; a tenth of each user's rows of "
        "u1.base for validation", "ratings", u1, RMSE, less_is_better=True,
        baselines={"biases": [[f"baseline.damping={d}"] for d in (0, 1, 2, 5, 10, 25)]},
        published=(("MF by ALS", ".924", "measured by others on these rows"), ("SVD++", ".912", "likewise"),
                   ("GC-MC", ".910", "van den Berg et al. 2017; a rerun .908"),
                   ("GLocal-K", ".889", "Han et al. 2021")),
        ablation=(("without the history", ["query.features=[user]"]),
                  ("without who rated the item", ["candidate.features=[item]"]),
                  ("without either", ["query.features=[user]", "candidate.features=[item]"]),
                  ("`features.past.pool: mean`", ["features.past.pool=mean"]),
                  ("without the products, `input: concat`", ["tasks.rating.input=concat"]),
                  ("`input: product`, `hidden: []`", ["tasks.rating.input=product", "rating.hidden=[]"]),
                  ("`rating.hidden: [64, 32]`", ["rating.hidden=[64, 32]"]),
                  ("`model.width: 16`", ["model.width=16"]),
                  ("`optimizer.l2: 0`", ["optimizer.l2=0"]),
                  ("lists learned, too, weight 0.0005", ["retrieval.weight=0.0005", "retrieval.log_q=all"]))),
)}


