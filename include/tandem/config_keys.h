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
 *   NAMES   "a|b|c"      td_name_list of different names; for keys ".features" those, and what
 *                        the section `features` declares
 *   TEXT    no range     const char *, any text
 *
 * Sections with free names come after them: an entry of one is a struct with the keys of its table.
 * A row is SECTION(field, type, name, keys, text).
 *
 * use: SHAPES the answer (stored in checkpoints; must agree when a run goes on), or FREE.
 */

#define TD_CONFIG_KEYS(BOOL, INT, REAL, CHOICE, INTS, NAMES, TEXT)                                 \
    INT(model_width, "model.width", 32, 1, 4096, SHAPES, "width of every embedding table")         \
    CHOICE(model_normalize, "model.normalize", "none", "none|both|training|query|candidate",       \
           SHAPES,                                                                                 \
           "which outputs of towers are scaled to length 1: those of both, so that scores are "    \
           "cosines (a retrieval.temperature of 0.05 to 0.2 goes well with it); of both, but in "  \
           "training alone, so that cosines train, and products rank, where long vectors count; "  \
           "or of one tower (l2 is an older name of both)")                                        \
    CHOICE(model_untrained_rows, "model.untrained_rows", "mean", "mean|initial", SHAPES,           \
           "what answers for a row of a table that no training row named: the mean of the rows "   \
           "that training moved (where id dropout trained the unknown row, that one), or its "     \
           "random start, as in the reference. Training itself and checkpoints have the start")    \
    NAMES(query_features, "query.features", "[user]", "user|timestamp_buckets|timestamp", SHAPES,  \
          "features of the query tower, concatenated in this order: these, and those of the "      \
          "section "                                                                               \
          "features")                                                                              \
    INT(query_timestamp_edges, "query.timestamp_edges", 1000, 2, 1000000, SHAPES,                  \
        "edges between the buckets of the feature timestamp_buckets, evenly spaced from the "      \
        "first to the last time")                                                                  \
    CHOICE(                                                                                        \
        query_combine, "query.combine", "concat", "concat|sum", SHAPES,                            \
        "the query tower's features stand side by side, or are added, as LightGCN adds an id's "   \
        "embedding and its neighbors' (they then have one width)")                                 \
    INTS(query_tower, "query.tower", "[]", 1, 65536, SHAPES,                                       \
         "units of the query tower's dense layers: ReLU between, the last one linear; "            \
         "empty: the concatenated features are the embedding")                                     \
    REAL(query_dropout, "query.dropout", 0, 0, 0.99, SHAPES,                                       \
         "in training, the share of units of each ReLU layer of query.tower that is 0, another "   \
         "one in every row and step; the others are scaled up")                                    \
    REAL(query_output_dropout, "query.output_dropout", 0, 0, 0.99, SHAPES,                         \
         "the same of the query tower's output, before it is normalized")                          \
    NAMES(candidate_features, "candidate.features", "[item]", "item|title_text", SHAPES,           \
          "features of the candidate tower, likewise")                                             \
    CHOICE(candidate_combine, "candidate.combine", "concat", "concat|sum", SHAPES,                 \
           "the candidate tower's features, likewise")                                             \
    INTS(candidate_tower, "candidate.tower", "[]", 1, 65536, SHAPES,                               \
         "units of the candidate tower's dense layers, as query.tower")                            \
    REAL(candidate_new_item_boost, "candidate.new_item_boost", 0, -1e6, 1e6, FREE,                 \
         "added to the scores of items without training rows wherever items are ranked, but not "  \
         "in exports: higher lists more of them, which other items pay for")                       \
    REAL(candidate_dropout, "candidate.dropout", 0, 0, 0.99, SHAPES,                               \
         "as query.dropout, of candidate.tower, another one for every item and step")              \
    REAL(candidate_output_dropout, "candidate.output_dropout", 0, 0, 0.99, SHAPES,                 \
         "as query.output_dropout, of the candidate tower's output")                               \
    REAL(retrieval_weight, "retrieval.weight", 1, 0, 1e6, SHAPES,                                  \
         "weight of the retrieval loss; 0: it is not computed in training")                        \
    CHOICE(                                                                                        \
        retrieval_loss, "retrieval.loss", "softmax", "softmax|bsl|ccl|bpr", SHAPES,                \
        "what a row's own item and its negatives are trained by: softmax, the cross-entropy; "     \
        "bsl, the same with the negatives alone in its sum, whose logarithm has a weight; ccl, "   \
        "one less the score, and the mean of what negatives have above a margin; bpr, the mean "   \
        "of ln(1 + exp(negative - own))")                                                          \
    REAL(retrieval_negative_weight, "retrieval.negative_weight", 1, 0, 1e6, SHAPES,                \
         "of the losses bsl and ccl: what the negatives' part is multiplied by")                   \
    REAL(retrieval_margin, "retrieval.margin", 0.5, -1e6, 1e6, SHAPES,                             \
         "of the loss ccl: scores of negatives below it do not matter")                            \
    REAL(retrieval_temperature, "retrieval.temperature", 1, 0, 1e6, SHAPES,                        \
         "scores are divided by this before the softmax; where it is learned, its start; 0, with " \
         "model.normalize both: by the data, 1.35 / items^(1/4)")                                  \
    BOOL(retrieval_learn_temperature, "retrieval.learn_temperature", false, SHAPES,                \
         "the temperature is a parameter: the logarithm of what scores are multiplied by, as in "  \
         "CLIP; of the losses softmax and bpr")                                                    \
    REAL(retrieval_least_temperature, "retrieval.least_temperature", 0.01, 1e-6, 1e6, SHAPES,      \
         "of learn_temperature: it goes no lower")                                                 \
    BOOL(retrieval_item_bias, "retrieval.item_bias", false, SHAPES,                                \
         "every item has a learned number, from 0 on, that is added to its products with "         \
         "queries, before the temperature; in use, too: embeddings are longer by a coordinate, "   \
         "which is 1 of queries")                                                                  \
    CHOICE(retrieval_log_q, "retrieval.log_q", "none", "none|all|negatives", SHAPES,               \
           "subtract from an item's scores the logarithm of how often it is met as a negative, "   \
           "which is by its share of the training rows: from all scores, as in the reference, or " \
           "from those of negatives, as a row's own item is there for sure (true is all, false "   \
           "none)")                                                                                \
    REAL(retrieval_log_q_strength, "retrieval.log_q_strength", 1, 0, 1, SHAPES,                    \
         "of retrieval.log_q: so much of the logarithm is subtracted")                             \
    BOOL(retrieval_remove_accidental_hits, "retrieval.remove_accidental_hits", false, SHAPES,      \
         "other rows of a row's own item are no negatives for it")                                 \
    BOOL(retrieval_mask_own, "retrieval.mask_own", false, SHAPES,                                  \
         "the items of a user's training rows are no negatives for any of the user's rows")        \
    CHOICE(                                                                                        \
        retrieval_negatives, "retrieval.negatives", "batch", "batch|group|uniform", SHAPES,        \
        "a row's negatives are the other rows of its batch, or those of its group: a fixed set "   \
        "of shards with about retrieval.group_rows rows of a batch, so that a row costs the "      \
        "same however large the batch is; uniform: none but those of uniform_negatives")           \
    INT(retrieval_group_rows, "retrieval.group_rows", 8192, 1, 16777216, SHAPES,                   \
        "rows of a group, about: a batch is cut into round(batch_size / group_rows) groups of "    \
        "whole shards")                                                                            \
    INT(retrieval_uniform_negatives, "retrieval.uniform_negatives", 0, 0, 16777216, SHAPES,        \
        "so many items, drawn from all in every step, are negatives of each of its rows besides "  \
        "(with retrieval.negatives uniform, alone); retrieval.log_q then corrects for both")       \
    INT(retrieval_num_hard_negatives, "retrieval.num_hard_negatives", 0, 0, 16777216, SHAPES,      \
        "keep only so many negatives of a row, those of the highest scores; 0: all")               \
    CHOICE(retrieval_reduction, "retrieval.reduction", "sum", "sum|mean", SHAPES,                  \
           "the loss is the sum over the rows of a batch, as in the reference, or their mean")     \
    BOOL(rating_enabled, "rating.enabled", false, SHAPES,                                          \
         "the model has a rating head on the two embeddings")                                      \
    REAL(rating_weight, "rating.weight", 1, 0, 1e6, SHAPES,                                        \
         "weight of the mean squared error of ratings; 0: the head is not trained")                \
    INTS(rating_hidden, "rating.hidden", "[256, 128]", 1, 65536, SHAPES,                           \
         "units of the rating head's ReLU layers, before the linear one of 1")                     \
    REAL(rating_dropout, "rating.dropout", 0, 0, 0.99, SHAPES,                                     \
         "in training, the share of units of each layer of rating.hidden that is 0")               \
    CHOICE(optimizer_kind, "optimizer.kind", "adagrad", "adagrad|sgd|adam", SHAPES,                \
           "how gradients become updates, as Keras defines them")                                  \
    REAL(                                                                                          \
        optimizer_learning_rate, "optimizer.learning_rate", 0.1, 0, 1e6, SHAPES,                   \
        "the step size (Keras's own default is 0.001); after a warm-up, and before a decay; this " \
        "and the keys of its schedule may change at --resume")                                     \
    CHOICE(                                                                                        \
        optimizer_schedule, "optimizer.schedule", "constant",                                      \
        "constant|linear|cosine|exponential", SHAPES,                                              \
        "how the learning rate falls, step by step, from the end of the warm-up over "             \
        "decay_steps to end_factor times itself: along a line, half a wave of the cosine, or by "  \
        "the same factor in every step; it stays there")                                           \
    INT(optimizer_warmup_steps, "optimizer.warmup_steps", 0, 0, 1000000000000, SHAPES,             \
        "steps at the run's start in which the learning rate rises along a line: step t of w "     \
        "has t / w of it")                                                                         \
    INT(optimizer_decay_steps, "optimizer.decay_steps", 0, 0, 1000000000000, SHAPES,               \
        "steps after the warm-up until a schedule is at its end; 0: those that train.epochs and "  \
        "train.steps leave when the run begins, which it then keeps, whatever these become at "    \
        "--resume")                                                                                \
    REAL(optimizer_end_factor, "optimizer.end_factor", 0, 0, 1, SHAPES,                            \
         "the share of the learning rate that a schedule ends with; above 0 with exponential")     \
    TEXT(                                                                                          \
        optimizer_earlier_rates, "optimizer.earlier_rates", "", SHAPES,                            \
        "rates of steps before a --resume changed them; train writes it (\"0.1 constant 0 0 0 to " \
        "120\": learning_rate, schedule, warmup_steps, decay_steps, end_factor, the last step; "   \
        "several apart by commas)")                                                                \
    REAL(optimizer_initial_accumulator, "optimizer.initial_accumulator", 0.1, 0, 1e6, SHAPES,      \
         "where Adagrad's sums of squared gradients start")                                        \
    REAL(optimizer_epsilon, "optimizer.epsilon", 1e-7, 1e-30, 1, SHAPES,                           \
         "added under Adagrad's square root, or to Adam's")                                        \
    REAL(optimizer_beta_1, "optimizer.beta_1", 0.9, 0, 0.999999, SHAPES,                           \
         "decay of Adam's mean of gradients")                                                      \
    REAL(optimizer_beta_2, "optimizer.beta_2", 0.999, 0, 0.999999999, SHAPES,                      \
         "decay of Adam's mean of squared gradients")                                              \
    BOOL(optimizer_lazy, "optimizer.lazy", false, SHAPES,                                          \
         "Adam moves the touched rows of tables only; off: every row in every step, as Keras")     \
    REAL(optimizer_l2, "optimizer.l2", 0, 0, 1e6, SHAPES,                                          \
         "L2 on the rows of tables that a step touches, and on kernels of layers, not their "      \
         "biases: this times the values is added to their gradients")                              \
    REAL(optimizer_weight_decay, "optimizer.weight_decay", 0, 0, 1e6, SHAPES,                      \
         "decoupled from the gradient: every step takes this share, times the learning rate, off " \
         "kernels of layers and all rows of tables that training has moved; not with lazy Adam, "  \
         "which leaves rows alone that a step does not touch")                                     \
    REAL(                                                                                          \
        optimizer_clip_norm, "optimizer.clip_norm", 0, 0, 1e12, SHAPES,                            \
        "a step's gradient, of all layers and tables together, is scaled down to this norm where " \
        "it is longer; 0: it is taken as it is")                                                   \
    INT(train_batch_size, "train.batch_size", 8192, 1, 16777216, SHAPES,                           \
        "rows of one step over all ranks, at most; an epoch has ceil(rows / batch_size) steps")    \
    INT(train_epochs, "train.epochs", 3, 1, 1000000, FREE, "passes over the training rows")        \
    INT(train_steps, "train.steps", 0, 0, 1000000000000, FREE,                                     \
        "end after so many steps, also within an epoch, if train.epochs does not end before; 0: "  \
        "by epochs alone")                                                                         \
    INT(train_patience, "train.patience", 0, 0, 1000000, FREE,                                     \
        "end after so many evaluations (eval.every_epochs) in a row that found no better value "   \
        "on the validation rows, by checkpoint.keep_best; 0: never")                               \
    REAL(train_half_life, "train.half_life", 0, 0, 1e6, SHAPES,                                    \
         "days by which a training row must be older than the newest to count half as much in "    \
         "every task, then a quarter, and so on; all together count as before; 0: age is nothing") \
    CHOICE(train_rows, "train.rows", "train", "train|train+validation", SHAPES,                    \
           "the rows that training, and all that is learned from training rows besides, takes; "   \
           "with train+validation there is no validation row left to choose by (tandem refit)")    \
    INT(train_seed, "train.seed", 42, 0, 9007199254740991, SHAPES,                                 \
        "seed of the initial parameters and of the order of rows")                                 \
    BOOL(train_reshuffle, "train.reshuffle", false, SHAPES,                                        \
         "a new order of rows each epoch; off: the same batches every epoch")                      \
    INT(train_shards, "train.shards", 0, 0, 1048576, SHAPES,                                       \
        "contiguous groups of users, the units that ranks share; 0: batch_size / 128, rounded")    \
    INT(train_item_ranges, "train.item_ranges", 0, 0, 1048576, SHAPES,                             \
        "contiguous groups of items that ranks share; 0: as many as shards")                       \
    REAL(                                                                                          \
        train_watchdog_seconds, "train.watchdog_seconds", 0, 0, 1e9, FREE,                         \
        "end the job, naming the late rank, when a rank makes no progress for so long: neither a " \
        "step nor a collective begun or ended; 0: never")                                          \
    CHOICE(placement_user_table, "placement.user_table", "auto", "replicated|owned|auto", FREE,    \
           "where the rows of user_table are; owned: with the rank of the user's shard alone; "    \
           "replicated: on every rank; auto: owned where there are several ranks")                 \
    CHOICE(placement_item_table, "placement.item_table", "auto", "replicated|owned|auto", FREE,    \
           "the same of item_table; owned: with the rank of the item's range alone")               \
    CHOICE(math_kernels, "math.kernels", "fixed", "fixed|openblas", SHAPES,                        \
           "dense layers by our kernels (same bits everywhere) or by OpenBLAS (same bits on any "  \
           "layout of one CPU type)")                                                              \
    CHOICE(math_precision, "math.precision", "float32", "float32|bfloat16", SHAPES,                \
           "what training multiplies: numbers as they are, or rounded to bfloat16, with sums in "  \
           "float32; evaluation and use are float32")                                              \
    INT(checkpoint_every_steps, "checkpoint.every_steps", 0, 0, 1000000000, FREE,                  \
        "a checkpoint after every so many steps; 0: none")                                         \
    INT(checkpoint_every_epochs, "checkpoint.every_epochs", 1, 0, 1000000, FREE,                   \
        "a checkpoint after every so many epochs; 0: none but the one at the run's end")           \
    REAL(checkpoint_every_seconds, "checkpoint.every_seconds", 600, 0, 1e9, FREE,                  \
         "a checkpoint once so many seconds have passed since the last one; 0: none")              \
    REAL(checkpoint_max_overhead, "checkpoint.max_overhead", 0.05, 1e-6, 1, FREE,                  \
         "the largest share of the time that checkpoints by time may take: where the last one "    \
         "took long, the next comes later; 1: no limit")                                           \
    INT(checkpoint_keep, "checkpoint.keep", 5, 0, 1000000000, FREE,                                \
        "keep so many checkpoints, the newest; 0: all")                                            \
    CHOICE(                                                                                        \
        checkpoint_keep_best, "checkpoint.keep_best", "auto",                                      \
        "none|accuracy|rmse|loss|auto|mean_absolute_error|recall_at_k|ndcg_at_k|"                  \
        "recall_min_at_k|hit_rate_at_k|mrr_at_k|map_min_at_k|auc|log_loss|row_auc",                \
        FREE,                                                                                      \
        "what the best checkpoint is best by, which is kept besides: a metric at the largest "     \
        "k, of validation rows, or test rows where there are none; or the lowest training "        \
        "loss. "                                                                                   \
        "auto: of the first task that is trained, the accuracy (else the first of eval.metrics "   \
        "that is of lists), the RMSE, or of classes the log loss")                                 \
    BOOL(checkpoint_required, "checkpoint.required", true, FREE,                                   \
         "a checkpoint that cannot be written ends training; false: training goes on, and tries "  \
         "again when the next one is due")                                                         \
    NAMES(eval_metrics, "eval.metrics",                                                            \
          "[top_k_categorical_accuracy, root_mean_squared_error, mean_absolute_error]",            \
          "top_k_categorical_accuracy|root_mean_squared_error|mean_absolute_error|recall_at_k|"    \
          "ndcg_at_k|recall_min_at_k|precision_at_k|hit_rate_at_k|mrr_at_k|map_min_at_k|auc|"      \
          "row_ndcg_at_k|row_mrr_at_k|log_loss|row_auc|coverage_at_k|gini_at_k|popularity_at_k",   \
          FREE,                                                                                    \
          "what is measured (docs/metrics.md); those of predictions only with a head: errors of "  \
          "numbers, log_loss and row_auc of classes")                                              \
    NAMES(eval_systems, "eval.systems", "[popularity]",                                            \
          "popularity|recent_popularity|item_neighbors|rp3beta|ease|biases|base_rate|"             \
          "category_popularity|content_neighbors",                                                 \
          FREE, "what is measured beside the model (docs/metrics.md)")                             \
    INTS(eval_ks, "eval.ks", "[1, 5, 10, 50, 100]", 1, 1000000000, FREE,                           \
         "the k of metrics that have one")                                                         \
    CHOICE(                                                                                        \
        eval_candidates, "eval.candidates", "rows", "rows|unique|trained|alive|cold", FREE,        \
        "rank among all rows of the item list, as the reference does, among distinct items, "      \
        "among those that have training rows, among the distinct items that are alive at the "     \
        "row's time, or among cold ones, which have no training row; a row's item that is none "   \
        "of them is a miss")                                                                       \
    CHOICE(eval_rows, "eval.rows", "all", "all|cold|trained", FREE,                                \
           "which rows of the split are asked: all, or those whose item has no training row, or "  \
           "has one")                                                                              \
    TEXT(eval_exclude_seen, "eval.exclude_seen", "none", FREE,                                     \
         "what of a user's items is no candidate: none, as in the reference; train: those of "     \
         "training rows; train+validation; or a condition: those of training rows that satisfy "   \
         "it (event = purchase)")                                                                  \
    CHOICE(eval_repeats, "eval.repeats", "drop", "drop|keep", FREE,                                \
           "rows whose user and item are in the training rows, too: not asked, or asked like all " \
           "others, as in the reference; then they are misses where exclude_seen leaves them out") \
    CHOICE(eval_ties, "eval.ties", "expected", "expected|optimistic|pessimistic", FREE,            \
           "candidates that score the same as a row's item: the mean over all their orders, or "   \
           "all behind it, as in the reference, or all before it")                                 \
    BOOL(eval_clip, "eval.clip", false, FREE,                                                      \
         "predictions beyond the labels of the data are taken for the least, or the greatest, "    \
         "label")                                                                                  \
    TEXT(                                                                                          \
        eval_by, "eval.by", "none", FREE,                                                          \
        "what `tandem evaluate` measures by groups, too: activity, four groups of users by their " \
        "training rows; popularity, of rows by those of their item; or a field of users "          \
        "(users.age), of items or of rows: a category, or four groups of a number")                \
    INT(eval_sample, "eval.sample", 0, 0, 1000000000000, FREE,                                     \
        "evaluate so many rows of the split, chosen by train.seed, the same ones on every "        \
        "layout; "                                                                                 \
        "0: all")                                                                                  \
    INT(eval_every_epochs, "eval.every_epochs", 0, 0, 1000000, FREE,                               \
        "evaluate the validation rows, or the test rows where there are none, after every so "     \
        "many epochs of training; 0: never")                                                       \
    INT(baseline_neighbors, "baseline.neighbors", 100, 1, 1000000, FREE,                           \
        "of item_neighbors, rp3beta and content_neighbors: so many neighbors of an item count")    \
    REAL(baseline_shrink, "baseline.shrink", 0, 0, 1e6, FREE,                                      \
         "of item_neighbors: added to what a cosine is divided by")                                \
    REAL(baseline_alpha, "baseline.alpha", 1, 0, 4, FREE,                                          \
         "of rp3beta: the power of the chances of a step")                                         \
    REAL(baseline_beta, "baseline.beta", 0.6, 0, 4, FREE,                                          \
         "of rp3beta: the power of an item's users that its weight is divided by")                 \
    BOOL(baseline_normalize, "baseline.normalize", false, FREE,                                    \
         "of item_neighbors, rp3beta and content_neighbors: an item's weights are divided by "     \
         "their sum")                                                                              \
    TEXT(baseline_fields, "baseline.fields", "all", FREE,                                          \
         "of content_neighbors and category_popularity: the fields of items that they read, with " \
         "commas between (genres, title); all: all but weights of categories and times of "        \
         "being alive")                                                                            \
    REAL(baseline_days, "baseline.days", 30, 0, 1e5, FREE,                                         \
         "of recent_popularity: training rows of so many days before the newest count")            \
    REAL(baseline_l2, "baseline.l2", 500, 1e-6, 1e9, FREE,                                         \
         "of ease: what is added to the diagonal of the items' matrix")                            \
    INT(baseline_ease_items, "baseline.ease_items", 20000, 1, 100000, FREE,                        \
        "of ease: more items with training rows are refused, for their matrix's memory and time")  \
    REAL(baseline_damping, "baseline.damping", 10, 0, 1e9, FREE,                                   \
         "of biases: so many rows of the mean count beside those of a user or item")

#define TD_FEATURE_KEYS(BOOL, INT, REAL, CHOICE, INTS, NAMES, TEXT)                                \
    TEXT(field, "field", "", SHAPES,                                                               \
         "the field of the data that it reads; empty: that of its name; of a history: the items, " \
         "or a field of theirs; in the candidate tower the users, or a field of theirs")           \
    CHOICE(encoder, "encoder", "auto", "auto|embed|number|history", SHAPES,                        \
           "embed: rows of a table, by the field's ids; number: the field's number; "              \
           "history: rows of a table by the items that the user has in training rows, or by the "  \
           "users that the item has, pooled; auto: as the field is")                               \
    INT(width, "width", 0, 0, 4096, SHAPES, "width of an embedding; 0: model.width")               \
    TEXT(table, "table", "", SHAPES,                                                               \
         "the table of embeddings; features may share one; empty: one of its own, NAME_table")     \
    CHOICE(                                                                                        \
        pool, "pool", "mean", "mean|sum|sqrt", SHAPES,                                             \
        "how the embeddings of a list of ids become one; sqrt: their sum over the square root of " \
        "their number; of an empty list they are zeros")                                           \
    INT(buckets, "buckets", 0, 0, 1000000, SHAPES,                                                 \
        "of numbers and times: so many ids, as transform says; 0: none")                           \
    TEXT(                                                                                          \
        transform, "transform", "", SHAPES,                                                        \
        "what is made of numbers, times and vectors; normalized: the distance from the mean in "   \
        "standard "                                                                                \
        "deviations; raw: the number itself; log: ln(1 + x), normalized; even: buckets with "      \
        "evenly "                                                                                  \
        "spaced edges from the lowest to the highest value; quantile: buckets of equally many "    \
        "training values, equal ones in the lower of two; hour, weekday: ids of what clocks say; " \
        "age: of items, the time from their first training row to the last of all, normalized; "   \
        "empty: even with buckets, else normalized")                                               \
    TEXT(within, "within", "", SHAPES,                                                             \
         "normalize a number with mean and deviation of its category alone, by this field")        \
    BOOL(flag, "flag", false, SHAPES,                                                              \
         "of a field with missing numbers, one more input: 1 where it is missing, else 0")         \
    TEXT(zone, "zone", "", SHAPES,                                                                 \
         "hours and weekdays are those of a clock so far from UTC: +02:00")                        \
    TEXT(serve, "serve", "", SHAPES,                                                               \
         "a field of rows that counts in training alone, such as a position: in use, every row "   \
         "has "                                                                                    \
         "this value; empty: its own")                                                             \
    REAL(dropout, "dropout", 0, 0, 1, SHAPES,                                                      \
         "of a feature of users or items, or a history: in training, the share of a step's rows, " \
         "or of its items, whose id is taken for unknown, and whose history for empty, so that "   \
         "the tower learns what to say of those that are new; another draw in every step")         \
    REAL(embedding_dropout, "embedding_dropout", 0, 0, 0.99, SHAPES,                               \
         "in training, the share of elements of its embedding (of a list or history, once it is "  \
         "pooled) that is 0, another one in every row, or for every item, and step")               \
    CHOICE(                                                                                        \
        which, "which", "auto", "auto|before|all", SHAPES,                                         \
        "of a history: the user's training rows before the query's time (one of the same time is " \
        "not before it), or all; auto: before, where the data have times; of an item, all")        \
    CHOICE(                                                                                        \
        own, "own", "auto", "auto|drop|keep", SHAPES,                                              \
        "of a history: drop leaves out the rows with the query's own item, before the last are "   \
        "taken; auto: drop; an item's history keeps all")                                          \
    INT(last, "last", 50, 0, 1000000000, SHAPES,                                                   \
        "of a history: at most so many rows, the newest; 0: all")                                  \
    REAL(days, "days", 0, 0, 1000000, SHAPES,                                                      \
         "of a history before a row: none that is so many days older; 0: of any age")              \
    TEXT(where, "where", "", SHAPES, "of a history: a condition on the rows that count; empty: all")

#define TD_TASK_KEYS(BOOL, INT, REAL, CHOICE, INTS, NAMES, TEXT)                                   \
    TEXT(label, "label", "", SHAPES,                                                               \
         "what the head learns to predict: a field of rows that is a number, or a condition "      \
         "(rating >= 4 or users.age < 30), which is 1 where it holds, 0 where its opposite does; " \
         "rows without a label do not train the task")                                             \
    CHOICE(                                                                                        \
        kind, "kind", "auto", "auto|retrieval|regression|classification", SHAPES,                  \
        "regression and classification are heads, whose loss is mse or bce unless it is named; "   \
        "auto: retrieval for the task of that name, else regression")                              \
    TEXT(loss, "loss", "", SHAPES,                                                                 \
         "of a prediction and a label: mse, the squared error; huber; bce, the binary "            \
         "cross-entropy; empty: that of the kind")                                                 \
    REAL(delta, "delta", 1, 1e-6, 1e6, SHAPES,                                                     \
         "of the loss huber: an error beyond it counts linearly, one below it as a square")        \
    REAL(weight, "weight", 1, 0, 1e6, SHAPES,                                                      \
         "weight of the mean loss; 0: the task is not trained")                                    \
    INTS(hidden, "hidden", "[256, 128]", 1, 65536, SHAPES,                                         \
         "units of the head's ReLU layers, before the linear one of 1")                            \
    REAL(dropout, "dropout", 0, 0, 0.99, SHAPES,                                                   \
         "in training, the share of units of each layer of hidden that is 0")                      \
    CHOICE(input, "input", "concat", "concat|product|both", SHAPES,                                \
           "what the head reads of the two embeddings: one after the other, their products "       \
           "element by element, or both")                                                          \
    NAMES(bias, "bias", "[]", "user|item|global", SHAPES,                                          \
          "what is added to the head's output: a number of each user, one of each item, which "    \
          "start at 0; global: the output's own bias starts at the mean of the labels that train " \
          "the task (with bce at its log-odds)")                                                   \
    TEXT(where, "where", "", SHAPES,                                                               \
         "a condition on the rows that train the task, on fields of rows, of their users and of "  \
         "their items; empty: all")                                                                \
    TEXT(negatives, "negatives", "", SHAPES,                                                       \
         "of retrieval: a condition on rows that are never its positives, and whose items are "    \
         "negatives, besides the batch's, for the other rows of their user in the step; empty: "   \
         "none")                                                                                   \
    TEXT(weight_field, "weight_field", "", SHAPES,                                                 \
         "the number of rows that their loss is weighted by, above 0 (rows without one do not "    \
         "train the task); empty: the field with the role weight; none: all weigh the same")       \
    NAMES(features, "features", "[]", "timestamp_buckets|timestamp", SHAPES,                       \
          "what the head reads besides the embeddings: features of fields of rows, in this order")

#define TD_CONFIG_SECTIONS(SECTION)                                                                \
    SECTION(features, td_feature_config, "features", TD_FEATURE_KEYS,                              \
            "what towers read, declared by a name: a field of the data through an encoder")        \
    SECTION(tasks, td_task_config, "tasks", TD_TASK_KEYS,                                          \
            "tasks by their names: heads with a label, and what retrieval and rating, which are "  \
            "there already, have besides their own keys: where, negatives, weight_field, and of "  \
            "rating "                                                                              \
            "loss, input, bias and features")
