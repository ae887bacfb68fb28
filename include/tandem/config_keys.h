/* Every configuration key, once: type, key, default, range, meaning. X-macros; include through
 * tandem/config.h. `tandem help config` prints this table, `--set` and YAML files set what it
 * names, and td_config has one field per line of it (the key with '_' for '.').
 *
 * A row is KIND(field, key, default, range..., use, text). The kinds, their ranges and fields:
 *
 *   BOOL    no range     bool
 *   INT     low, high    int64_t, low <= value <= high
 *   REAL    low, high    double, finite, low <= value <= high
 *   CHOICE  "a|b|c"      int, a place in the choices
 *   INTS    low, high    td_int_list, each element in the range
 *   NAMES   "a|b|c"      td_int_list of different places in the choices
 *
 * use: SHAPES the answer (stored in checkpoints; must agree when a run goes on), or FREE.
 */

#define TD_CONFIG_KEYS(BOOL, INT, REAL, CHOICE, INTS, NAMES)                                       \
    INT(model_width, "model.width", 32, 1, 4096, SHAPES, "width of every embedding table")         \
    NAMES(query_features, "query.features", "[user]", "user", SHAPES,                              \
          "features of the query tower, concatenated in this order")                               \
    INTS(query_tower, "query.tower", "[]", 1, 65536, SHAPES,                                       \
         "units of the query tower's dense layers: ReLU between, the last one linear; "            \
         "empty: the concatenated features are the embedding")                                     \
    NAMES(candidate_features, "candidate.features", "[item]", "item", SHAPES,                      \
          "features of the candidate tower, concatenated in this order")                           \
    INTS(candidate_tower, "candidate.tower", "[]", 1, 65536, SHAPES,                               \
         "units of the candidate tower's dense layers, as query.tower")                            \
    REAL(retrieval_temperature, "retrieval.temperature", 1, 1e-6, 1e6, SHAPES,                     \
         "scores are divided by this before the softmax")                                          \
    REAL(optimizer_learning_rate, "optimizer.learning_rate", 0.1, 0, 1e6, SHAPES,                  \
         "Adagrad's learning rate")                                                                \
    REAL(optimizer_initial_accumulator, "optimizer.initial_accumulator", 0.1, 0, 1e6, SHAPES,      \
         "where Adagrad's sums of squared gradients start")                                        \
    REAL(optimizer_epsilon, "optimizer.epsilon", 1e-7, 1e-30, 1, SHAPES,                           \
         "added to Adagrad's sum under the square root")                                           \
    INT(train_batch_size, "train.batch_size", 8192, 1, 16777216, SHAPES,                           \
        "rows of one step over all ranks, at most; an epoch has ceil(rows / batch_size) steps")    \
    INT(train_epochs, "train.epochs", 3, 1, 1000000, FREE, "passes over the training rows")        \
    INT(train_seed, "train.seed", 42, 0, 9007199254740991, SHAPES,                                 \
        "seed of the initial parameters and of the order of rows")                                 \
    BOOL(train_reshuffle, "train.reshuffle", false, SHAPES,                                        \
         "a new order of rows each epoch; off: the same batches every epoch")                      \
    INT(train_shards, "train.shards", 0, 0, 1048576, SHAPES,                                       \
        "contiguous groups of users, the units that ranks share; 0: batch_size / 128, rounded")    \
    INT(train_item_ranges, "train.item_ranges", 0, 0, 1048576, SHAPES,                             \
        "contiguous groups of items that ranks share; 0: as many as shards")                       \
    CHOICE(math_kernels, "math.kernels", "fixed", "fixed|openblas", SHAPES,                        \
           "dense layers by our kernels (same bits everywhere) or by OpenBLAS (same bits on any "  \
           "layout of one CPU type)")                                                              \
    INT(checkpoint_every_steps, "checkpoint.every_steps", 0, 0, 1000000000, FREE,                  \
        "a checkpoint after every so many steps, besides the one at each epoch's end; 0: none")    \
    INTS(eval_ks, "eval.ks", "[1, 5, 10, 50, 100]", 1, 1000000000, FREE,                           \
         "the k of top-k accuracy")                                                                \
    CHOICE(eval_candidates, "eval.candidates", "rows", "rows|unique", FREE,                        \
           "rank among all rows of the item list, as the reference does, or among distinct items") \
    BOOL(eval_exclude_seen, "eval.exclude_seen", false, FREE,                                      \
         "leave a user's training items out of the candidates; off, as in the reference")          \
    INT(eval_every_epochs, "eval.every_epochs", 0, 0, 1000000, FREE,                               \
        "evaluate the test rows after every so many epochs of training; 0: never")
