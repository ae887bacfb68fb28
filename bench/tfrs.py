"""The peer: the models of both TFRS tutorials on MovieLens, as the tutorials have them, measured.

    tfrs.py MODEL DATA_DIR [--batch N] [--epochs N] [--threads N] [--seed N] [--fast]

MODEL is context_on, context_off, joint, retrieval or rating. DATA_DIR has u.data and u.item
(MovieLens 100K), or ratings.csv and movies.csv. Prints one JSON object: seconds and CPU seconds of the epochs,
seconds of two evaluations of the test rows, metrics. --fast leaves the retrieval metrics out of training
(compute_metrics=False), as TFRS's documentation advises; the tutorials leave them in.
"""
import argparse
import csv
import json
import os
import time
from pathlib import Path

parser = argparse.ArgumentParser(prog="tfrs.py")
parser.add_argument("model", choices=["context_on", "context_off", "joint", "retrieval", "rating"])
parser.add_argument("data", type=Path)
parser.add_argument("--batch", type=int)
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
parser.add_argument("--seed", type=int, default=42)
parser.add_argument("--fast", action="store_true")
arguments = parser.parse_args()

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tensorflow_recommenders as tfrs  # noqa: E402

WIDTH = 32
layers = tf.keras.layers


def read(path, delimiter, encoding="utf-8", head=False):
    with open(path, encoding=encoding, newline="") as file:
        rows = list(csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if head else csv.QUOTE_NONE))
    return rows[head:]


def load(folder):
    """The columns of the ratings, and the titles of all movies."""
    if (folder / "u.data").exists():
        ratings, movies = read(folder / "u.data", "\t"), read(folder / "u.item", "|", "latin-1")
    else:
        ratings, movies = read(folder / "ratings.csv", ",", head=True), read(folder / "movies.csv", ",", head=True)
    title = {row[0]: row[1].encode() for row in movies}
    return {"user_id": np.array([row[0].encode() for row in ratings]),
            "movie_title": np.array([title[row[1]] for row in ratings]),
            "user_rating": np.array([row[2] for row in ratings], "float32"),
            "timestamp": np.array([row[3] for row in ratings], "int64")}, np.array([row[1].encode() for row in movies])


def embedding(vocabulary):
    return tf.keras.Sequential([layers.StringLookup(vocabulary=vocabulary, mask_token=None),
                                layers.Embedding(len(vocabulary) + 1, WIDTH)])


class UserModel(tf.keras.Model):
    def __init__(self, use_timestamps, users, times):
        super().__init__()
        self.use_timestamps, self.user = use_timestamps, embedding(users)
        if use_timestamps:
            edges = np.linspace(times.min(), times.max(), num=1000)
            self.bucket = tf.keras.Sequential([layers.Discretization(edges.tolist()),
                                               layers.Embedding(len(edges) + 1, WIDTH)])
            self.normalized = layers.Normalization(axis=None)
            self.normalized.adapt(times)

    def call(self, inputs):
        user = self.user(inputs["user_id"])
        if not self.use_timestamps:
            return user
        normalized = tf.reshape(self.normalized(inputs["timestamp"]), (-1, 1))
        return tf.concat([user, self.bucket(inputs["timestamp"]), normalized], axis=1)


class MovieModel(tf.keras.Model):
    def __init__(self, movies, titles):
        super().__init__()
        self.title = embedding(titles)
        vectorizer = layers.TextVectorization(max_tokens=10_000)
        vectorizer.adapt(movies)
        self.text = tf.keras.Sequential([vectorizer, layers.Embedding(10_000, WIDTH, mask_zero=True),
                                         layers.GlobalAveragePooling1D()])

    def call(self, inputs):
        return tf.concat([self.title(inputs), self.text(inputs)], axis=1)


def retrieval_task(movies, candidate):
    return tfrs.tasks.Retrieval(metrics=tfrs.metrics.FactorizedTopK(candidates=movies.batch(128).map(candidate)))


class ContextModel(tfrs.Model):
    """"Taking advantage of context features"."""

    def __init__(self, use_timestamps, movies, titles, users, times):
        super().__init__()
        self.query = tf.keras.Sequential([UserModel(use_timestamps, users, times), layers.Dense(WIDTH)])
        self.candidate = tf.keras.Sequential([MovieModel(movies, titles), layers.Dense(WIDTH)])
        self.task = retrieval_task(movies, self.candidate)

    def compute_loss(self, features, training=False):
        query = self.query({name: features[name] for name in ("user_id", "timestamp")})
        return self.task(query, self.candidate(features["movie_title"]),
                         compute_metrics=not (training and arguments.fast))


class MultiTaskModel(tfrs.Model):
    """"Multi-task recommenders"."""

    def __init__(self, rating_weight, retrieval_weight, movies, titles, users):
        super().__init__()
        self.movie, self.user = embedding(titles), embedding(users)
        self.head = tf.keras.Sequential([layers.Dense(256, activation="relu"), layers.Dense(128, activation="relu"),
                                         layers.Dense(1)])
        self.rating_task = tfrs.tasks.Ranking(loss=tf.keras.losses.MeanSquaredError(),
                                              metrics=[tf.keras.metrics.RootMeanSquaredError()])
        self.retrieval_task = retrieval_task(movies, self.movie)
        self.rating_weight, self.retrieval_weight = rating_weight, retrieval_weight

    def compute_loss(self, features, training=False):
        user, movie = self.user(features["user_id"]), self.movie(features["movie_title"])
        ratings = self.head(tf.concat([user, movie], axis=1))
        rating_loss = self.rating_task(labels=features["user_rating"], predictions=ratings)
        retrieval_loss = self.retrieval_task(user, movie, compute_metrics=not (training and arguments.fast))
        return self.rating_weight * rating_loss + self.retrieval_weight * retrieval_loss


def split(frame):
    """80 % training rows, 20 % test rows."""
    order = np.random.default_rng(arguments.seed).permutation(len(frame["user_id"]))
    train = int(0.8 * len(order))
    return [tf.data.Dataset.from_tensor_slices({name: column[rows] for name, column in frame.items()})
            for rows in (order[:train], order[train:])]


class Clock(tf.keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seconds, self.cpu, self.begin = [], [], (0, 0)

    def on_epoch_begin(self, *_):
        self.begin = time.monotonic(), time.process_time()

    def on_epoch_end(self, *_):
        self.seconds.append(time.monotonic() - self.begin[0])
        self.cpu.append(time.process_time() - self.begin[1])


def timed(work):
    begin = time.monotonic()
    result = work()
    return result, time.monotonic() - begin


def build(frame, movie_list):
    movies = tf.data.Dataset.from_tensor_slices(movie_list)
    titles, users = np.unique(movie_list), np.unique(frame["user_id"])
    if arguments.model.startswith("context"):
        return ContextModel(arguments.model == "context_on", movies, titles, users, frame["timestamp"])
    weights = {"joint": (1, 1), "retrieval": (0, 1), "rating": (1, 0)}[arguments.model]
    return MultiTaskModel(*weights, movies, titles, users)


def main():
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    tf.random.set_seed(arguments.seed)
    frame, movie_list = load(arguments.data)
    train, test = split(frame)
    multi_task = not arguments.model.startswith("context")
    batches = train.shuffle(100_000).batch(arguments.batch or (8192 if multi_task else 2048))
    batches = batches.cache() if multi_task else batches
    model, clock = build(frame, movie_list), Clock()
    model.compile(optimizer=tf.keras.optimizers.Adagrad(0.1))
    model.fit(batches, epochs=arguments.epochs, verbose=0, callbacks=[clock])
    rows = test.batch(4096)
    metrics, first = timed(lambda: model.evaluate(rows, return_dict=True, verbose=0))
    again = timed(lambda: model.evaluate(rows, return_dict=True, verbose=0))[1]
    print(json.dumps({"rows": len(train), "epochs": clock.seconds, "epochs_cpu": clock.cpu,
                      "evaluate": first, "evaluate_again": again,
                      "versions": f"TensorFlow {tf.__version__}, TFRS {tfrs.__version__}",
                      "metrics": {name: float(value) for name, value in metrics.items()}}))


main()
