#!/usr/bin/env python3
"""math.precision: bfloat16: the same bits on any layout and by any instruction set, and across --resume; what is
evaluated is float32; it is no change for a run that is there.

    bfloat16.py TANDEM LAUNCHER...
"""
from layouts import EVERYTHING, NEGATIVES, PLAIN, TOWERS, Layouts, checksum, make_shop
from program import Test

BFLOAT16 = {"math": {"precision": "bfloat16"}}
HEAD = {"rating": {"enabled": True, "hidden": [33, 8]}}
# Two whole tiles of columns and more, odd widths.
ODD = {**PLAIN, **HEAD, "model": {"width": 19}}
LAYOUTS = [(1, 2), (2, 1), (3, 1), (2, 2)]


def retrieval(more):
    return {**NEGATIVES, "retrieval": {**NEGATIVES["retrieval"], **more}}


def everywhere(test, name, data, sections):
    """A run in float32 and one in bfloat16 are two; that has one answer everywhere."""
    plain = Layouts(test, f"{name}-float32", data, sections)
    rounded = Layouts(test, name, data, {**sections, **BFLOAT16})
    test.expect(checksum(test, plain.run) != checksum(test, rounded.run), f"{name}: bfloat16 was not used")
    sets = list(test.instruction_sets())
    for place in range(max(len(LAYOUTS), len(sets))):  # every layout and every set
        (ranks, threads), isa = LAYOUTS[place % len(LAYOUTS)], sets[place % len(sets)]
        rounded.compare(f"{ranks}x{threads}-{isa}", ranks, threads, "--isa", isa)
    rounded.resume()
    return plain, rounded


def refuse_a_change(test, plain, rounded):
    for here, other in ((plain, "bfloat16"), (rounded, "float32")):
        test.refuses(f"{other} at --resume",
                     ["train", here.config, "--data", here.data, "--run", here.run, "--resume",
                      "--set", f"math.precision={other}"],
                     "cannot go on with this configuration", "math.precision", "float32", "bfloat16")
    test.refuses("openblas", ["train", rounded.config, "--data", rounded.data, "--run", test.folder / "blas",
                              "--set", "math.kernels=openblas"],
                 "math.precision: bfloat16 is for our kernels alone", "set math.kernels: fixed")


def evaluate_in_float32(test, data):
    """Where nothing is learned both runs have one model, of which the same is said; but for the training loss."""
    said = {}
    for precision in ("float32", "bfloat16"):
        config = test.config("still.yaml", **{**ODD, "math": {"precision": precision},
                                              "optimizer": {"learning_rate": 0}})
        run = test.folder / f"still-{precision}"
        test.must("train", config, "--data", data, "--run", run)
        out = test.must("evaluate", "--run", run).out.splitlines()
        said[precision] = [line for line in out if run.name not in line and not line.endswith(" s)")]
        test.expect(len(said[precision]) > 3, f"evaluate says little: {out}")
    test.expect(said["float32"] == said["bfloat16"], f"evaluations differ: {said}")


def main():
    with Test() as test:
        data = test.make_data("data", users=1100, items=1300, ratings=4000)
        plain, rounded = everywhere(test, "odd", data, ODD)
        refuse_a_change(test, plain, rounded)
        evaluate_in_float32(test, data)
        few = test.make_data("few", users=90, items=300, ratings=4000)
        everywhere(test, "hard", few, {**TOWERS, "retrieval": {"num_hard_negatives": 20}})
        everywhere(test, "bpr", few, retrieval({"loss": "bpr", "uniform_negatives": 40}))
        everywhere(test, "everything", make_shop(test), EVERYTHING)


if __name__ == "__main__":
    main()
