/* One row a key, in the order of tandem/config_keys.h. */
#include "base/config_advice.h"

#include <ctype.h>
#include <string.h>

const td_key_advice td_config_advice[] = {
    {"model.width",
     "32 for some thousand items, 64 for ten thousands; a larger one needs more rows, memory and "
     "time, and gains little where users have few rows",
     "64", "dim dimension factors embedding embedding_size embedding_dim hidden_size latent d"},
    {"model.normalize",
     "both with a temperature for implicit feedback, so that popular items do not win by long "
     "vectors; training where they should win some, as in papers on softmax losses; none as in the "
     "tutorials",
     "both", "cosine norm unit similarity l2"},
    {"model.untrained_rows",
     "mean, unless you compare with the reference, whose new users and items answer by their "
     "random "
     "start",
     "initial", "cold_start unknown oov"},
    {"query.features",
     "the user's id, and whatever is known when you ask: fields of the user, the time, a history; "
     "new users can only be told apart by what is not the id",
     "[user, timestamp, age, past]", "inputs user_features context"},
    {"query.timestamp_edges", "fewer where the data are short or few, so that a bucket has rows",
     "200", "discretization buckets"},
    {"query.combine",
     "sum for histories and fields of the id's width without a tower on them; concat with a tower",
     "sum", "concatenate add"},
    {"query.tower",
     "a layer or two where the features are more than an id; none for ids alone, which learn as "
     "well without",
     "[128, 64]", "mlp layers hidden dense deep"},
    {"query.dropout",
     "0.1 to 0.5 with towers that learn their rows by heart: the loss falls, validation gets worse",
     "0.2", "net_dropout hidden_dropout tower_dropout"},
    {"query.output_dropout",
     "0.1 for ids and histories without a tower, as SimpleX has it; with model.normalize l2 the "
     "cosine is of what is left",
     "0.1", "net_dropout embedding_dropout regularization"},
    {"candidate.features",
     "the item's id, and fields of the catalogue: without them a new item is unknown",
     "[item, genres, title_text]", "inputs item_features"},
    {"candidate.combine", "as query.combine", "sum", "concatenate add"},
    {"candidate.tower", "as query.tower; both towers end in the same width", "[128, 64]",
     "mlp layers hidden dense deep"},
    {"candidate.new_item_boost",
     "0.05 to 0.3 with normalize: both, where new items come too late into lists: chosen on "
     "validation rows of prepare --split items",
     "0.1", "cold_start exploration new items"},
    {"candidate.dropout", "as query.dropout", "0.2", "net_dropout hidden_dropout tower_dropout"},
    {"candidate.output_dropout", "as query.output_dropout; try the query's alone first", "0.1",
     "net_dropout embedding_dropout regularization"},
    {"retrieval.weight",
     "0 trains heads alone; beside heads, look at each task's gradient_share in log.jsonl, and "
     "raise what is drowned",
     "0.5", "loss_weight multi-task"},
    {"retrieval.loss",
     "softmax: nothing that was tried here was better (docs/quality.md). The others are for "
     "comparing with papers: bsl, by the temperature and normalization of softmax, is as good; "
     "ccl, with model.normalize both and a temperature of 1, was far below in all that was tried; "
     "bpr without normalization",
     "bpr", "objective bpr simplex cosine contrastive infonce ssm"},
    {"retrieval.negative_weight",
     "of bsl 0.8 to 1.2; of ccl some hundred where there are many negatives, since it is of their "
     "mean",
     "100", "t2 tau2 simplex negative"},
    {"retrieval.margin", "0.3 to 0.9 for cosines: higher where items are alike", "0.8", "simplex"},
    {"retrieval.temperature",
     "0, or 0.1 to 0.2, with model.normalize both: higher where items are a thousand or two, lower "
     "where they are ten thousands, or rows are millions; 1 without",
     "0", "tau softmax scale"},
    {"retrieval.learn_temperature",
     "hardly ever below some ten million rows: it is learned from training rows, of which an ever "
     "lower temperature makes more, so that it ends too low and overfits (docs/quality.md); choose "
     "retrieval.temperature by validation rows instead, or set least_temperature",
     "true", "logit_scale clip learnable trainable tau"},
    {"retrieval.least_temperature",
     "0.1 to 0.15 for some ten or hundred thousand rows, so that what is learned does not overfit",
     "0.1", "logit_scale clamp tau min"},
    {"retrieval.item_bias",
     "with model.normalize both and optimizer.weight_decay about 3, as the recipe implicit has it; "
     "without the decay the best epoch comes early, and the embeddings overfit from there "
     "(docs/quality.md)",
     "true", "popularity intercept offset"},
    {"retrieval.log_q",
     "all wherever lists should be good by themselves: without it popular items, which are "
     "negatives as often, are held down, and a ranking by popularity may win; negatives to try "
     "beside it",
     "all", "correction sampling bias popularity candidate_sampling_probability"},
    {"retrieval.log_q_strength", "below 1 where lists have too many popular items", "0.75",
     "correction sampling bias popularity"},
    {"retrieval.remove_accidental_hits",
     "true where few items have most of the rows, so that a batch has a row's own item often",
     "true", "duplicates false negatives"},
    {"retrieval.mask_own",
     "true for what people take once, where users have many rows of a batch's items: what they had "
     "is then no negative",
     "true", "false negatives history seen positives mask"},
    {"retrieval.negatives",
     "group where the batch is much larger than some thousand rows and its products take the time; "
     "uniform to compare with papers that draw negatives from all items",
     "group", "in-batch sampling sampler negative_sampling"},
    {"retrieval.group_rows",
     "with retrieval.negatives group: more are better negatives, and cost more", "4096",
     "in-batch sampling"},
    {"retrieval.uniform_negatives",
     "some thousand where a batch has few of the items, and those that are rare should be held "
     "down, "
     "too; each costs as much as an item of the batch",
     "1024", "negative sampling random num_negatives mixed"},
    {"retrieval.num_hard_negatives",
     "some hundred of a large batch, late in training; too few make training unstable", "256",
     "hard mining top"},
    {"retrieval.reduction",
     "mean where the batch size changes and the learning rate shall stay; sum as in the reference",
     "mean", "average loss"},
    {"rating.enabled", "true where the data have ratings to predict", "true",
     "regression head ranking explicit score"},
    {"rating.weight", "as retrieval.weight", "0.5", "loss_weight multi-task"},
    {"rating.hidden", "smaller, or [] for a linear head, where ratings are few", "[64]",
     "mlp layers head"},
    {"rating.dropout", "as query.dropout, where the head overfits", "0.2", "head_dropout"},
    {"optimizer.kind",
     "adagrad with a rate about 0.1 is robust; adam about 0.001 for deep towers; sgd to compare",
     "adam", "algorithm solver"},
    {"optimizer.learning_rate",
     "raise it where the loss falls slowly from the start, lower it where it jumps or rises; with "
     "retrieval.reduction sum it goes with the batch size",
     "0.05", "lr rate step_size eta alpha"},
    {"optimizer.schedule",
     "cosine with adam, wherever the number of epochs is known beforehand; constant with adagrad, "
     "whose steps shrink by themselves, and where you stop by a validation metric",
     "cosine", "lr_schedule scheduler decay annealing learning_rate_schedule"},
    {"optimizer.warmup_steps",
     "some hundred with adam and towers where the loss jumps in the first steps; an epoch at most",
     "200", "warm_up warmup_ratio ramp"},
    {"optimizer.decay_steps",
     "where the decay shall end before or after the epochs do; 0 for exactly then", "5000",
     "T_max total_steps decay"},
    {"optimizer.end_factor", "0.01 to 0.1 where the last epochs shall still learn", "0.05",
     "eta_min alpha min_lr final_learning_rate"},
    {"optimizer.earlier_rates", "never by hand, but to train in one go what a --resume changed",
     "0.1 constant 0 0 0 to 120", "lr history"},
    {"optimizer.initial_accumulator", "higher for smaller first steps", "0.01",
     "adagrad initial_accumulator_value"},
    {"optimizer.epsilon", "hardly ever", "1e-8", "eps"},
    {"optimizer.beta_1", "hardly ever", "0.8", "momentum adam betas"},
    {"optimizer.beta_2", "lower it, 0.99, where the loss spikes late in training", "0.99",
     "adam betas"},
    {"optimizer.lazy", "true with adam and large tables, whose every row would move in every step",
     "true", "sparse lazyadam"},
    {"optimizer.l2",
     "1e-5 to 1e-2, where validation rows get worse while the loss falls: what factorizations of "
     "ratings and BPR use; with retrieval.reduction sum in proportion to the batch",
     "0.0001", "regularization reg weight_decay l2_reg lambda"},
    {"optimizer.weight_decay",
     "0.001 to 0.1 with adam, in the place of l2, for tables of moderate size, whose every row it "
     "reads in every step; about 3 with model.normalize both and retrieval.item_bias, where "
     "lengths "
     "of vectors are no part of scores",
     "0.01", "regularization adamw decoupled"},
    {"optimizer.clip_norm",
     "where single steps spoil a run: a few times the global_norm of usual steps in log.jsonl, "
     "which "
     "is there once this is set (1e12 clips nothing)",
     "10", "clipnorm global_clipnorm gradient_clip_val max_grad_norm clipping"},
    {"train.batch_size",
     "in-batch negatives are as many, so some thousand for retrieval; smaller where the rows are "
     "below a hundred thousand, so that an epoch has some dozen steps",
     "2048", "batch bs minibatch"},
    {"train.epochs",
     "until the validation metric falls again; raise it with --resume, and look at the best "
     "checkpoint",
     "20", "iterations passes epoch num_epochs n_epochs max_epochs"},
    {"train.steps", "to train exactly as long as another run did (tandem refit sets it)", "5000",
     "max_steps iterations"},
    {"train.patience",
     "3 to 10 with a generous train.epochs and eval.every_epochs 1: training ends by itself once "
     "it overfits, and the best checkpoint is kept",
     "5", "early early_stopping early_stop stopping stopping_step"},
    {"train.half_life",
     "where tomorrow is asked and fashions change: about as many days as they last, by "
     "validation rows of prepare --split time; 0 where rows are held out at random",
     "30", "recency decay time_decay recent newest weighting forget"},
    {"train.rows", "set by tandem refit; by hand only for a model that nobody chooses by",
     "train+validation", "refit full"},
    {"train.seed",
     "another one for another run of the same settings: look at several before you "
     "believe a small difference",
     "1", "random_state reproducibility"},
    {"train.reshuffle", "true for more than a few epochs, so that the negatives change", "true",
     "shuffle order"},
    {"train.shards",
     "more than the ranks you will ever train on, where that is above batch_size / 128; it shapes "
     "the answer, so set it once",
     "256", "partition parallel ranks"},
    {"train.item_ranges", "hardly ever; as train.shards", "256", "partition parallel ranks"},
    {"train.watchdog_seconds",
     "on clusters, some minutes: a node that hangs then ends the job, which can be requeued", "600",
     "timeout hang"},
    {"placement.user_table",
     "owned saves memory with many ranks; replicated where a step's exchange takes the time",
     "owned", "shard model parallel memory"},
    {"placement.item_table", "as placement.user_table", "owned", "shard model parallel memory"},
    {"math.kernels", "openblas as a cross-check of our own kernels", "openblas", "blas backend"},
    {"math.precision",
     "bfloat16 on AMD's CPUs with AVX512-BF16 and Intel's with AMX: 1.4 to 1.8 times the speed, "
     "3 times with wide models and large batches on AMX; metrics the same within seeds",
     "bfloat16", "bf16 mixed precision half amp fp16 dtype"},
    {"checkpoint.every_steps", "where an epoch takes hours, and time is no measure", "1000",
     "save save_freq save_steps"},
    {"checkpoint.every_epochs", "higher where an epoch takes seconds", "5", "save save_freq"},
    {"checkpoint.every_seconds", "about the work that you can bear to lose", "1800",
     "save save_freq interval"},
    {"checkpoint.max_overhead", "higher where the disk is slow and nodes fail often", "0.1",
     "save overhead"},
    {"checkpoint.keep", "0 to look at every epoch afterwards; the best one is kept besides", "0",
     "save_top_k max_to_keep disk"},
    {"checkpoint.keep_best",
     "the metric that you will report, such as ndcg_at_k; rmse where predictions are the purpose",
     "ndcg_at_k", "monitor best early stopping valid_metric"},
    {"checkpoint.required", "false where the disk may be full for a while and training must go on",
     "false", "disk full"},
    {"eval.metrics", "what you report; recall_at_k and ndcg_at_k to compare with papers",
     "[recall_at_k, ndcg_at_k]", "metric recall ndcg map mrr auc hit"},
    {"eval.systems",
     "more of them for a fair comparison: rp3beta and ease are hard to beat on implicit data",
     "[popularity, rp3beta, ease]", "baseline compare itemknn slim"},
    {"eval.ks", "the length of the list that your users see, and those of the papers", "[10, 20]",
     "k topk cutoff"},
    {"eval.candidates",
     "unique for your own data; trained where items without rows cannot be shown; alive for "
     "catalogues that change; cold to see how new items are told apart; rows is the reference's",
     "unique", "catalogue items pool"},
    {"eval.rows", "cold to see what new items get, trained what it costs the others", "cold",
     "cold start new items warm"},
    {"eval.exclude_seen",
     "train where nobody is recommended what they had, as in most papers; none where people take "
     "things again",
     "train", "filter seen already purchased mask"},
    {"eval.repeats", "keep where people take things again", "keep",
     "duplicates repeated consumption"},
    {"eval.ties", "expected, unless you compare with a system that counts otherwise", "optimistic",
     "equal scores"},
    {"eval.clip", "true where labels have a range, such as stars from 1 to 5", "true",
     "clamp range rmse"},
    {"eval.by", "to see whether new users, or rare items, are served worse", "activity",
     "groups slices segments fairness"},
    {"eval.sample", "for a quick look at large data; not for numbers that you publish", "20000",
     "subset sampled"},
    {"eval.every_epochs", "1 to see the validation metrics while it trains, and to keep the best",
     "1", "validate validation_freq eval_step monitor"},
    {"baseline.neighbors", "chosen on validation rows, from configs/baselines", "200",
     "k topk knn"},
    {"baseline.shrink", "higher where items have few users", "50", "shrinkage"},
    {"baseline.alpha", "chosen on validation rows, from configs/baselines", "1.2", "rp3beta"},
    {"baseline.beta", "higher for less popular items", "0.4", "rp3beta"},
    {"baseline.normalize", "chosen on validation rows, from configs/baselines", "true", ""},
    {"baseline.fields", "those that tell what an item is, not which one", "genres, year",
     "content features cold start"},
    {"baseline.days", "where fashions change: weeks, not years", "7", "window recent"},
    {"baseline.l2", "higher for many rows: 100 to 1,000 on MovieLens", "200",
     "lambda regularization ease"},
    {"baseline.ease_items", "higher where memory allows: 8 bytes times its square, three times",
     "40000", "ease memory"},
    {"baseline.damping", "higher where users have few rows", "25", "regularization shrinkage"},
    {"features.field", "where the feature's name is not the field's: two features of one field",
     "occupation", "column"},
    {"features.encoder", "history for what a user had; else it follows from the field", "history",
     "embedding type"},
    {"features.width", "smaller than model.width for fields of few values, with a tower above", "8",
     "dim dimension embedding_size"},
    {"features.table", "to share one table: a history by the candidates' item_table", "item_table",
     "embedding share weights"},
    {"features.pool", "sqrt where lists differ much in length; mean where they should not count",
     "sqrt", "combiner pooling"},
    {"features.buckets", "some ten for an age or a price, 24 for a day", "10",
     "bins discretization"},
    {"features.transform", "quantile for what has long tails (prices), hour and weekday for times",
     "quantile", "normalization scaling log binning hour weekday"},
    {"features.within",
     "where a number means something only among its kind: a price in its category", "category",
     "group normalization"},
    {"features.flag", "where being unknown says something itself", "true", "missing indicator nan"},
    {"features.zone", "where the users' clocks are not UTC's", "'+02:00'", "timezone tz"},
    {"features.serve",
     "positions, devices, campaigns: what was seen then and is unknown when asked", "0",
     "position bias"},
    {"features.dropout",
     "0.2 to 0.5 on ids where new users or items must be answered by their fields; on the history, "
     "too, where most users are new",
     "0.5", "cold_start dropoutnet regularization"},
    {"features.embedding_dropout",
     "0.1 to 0.3 where one feature is learned by heart, such as a field of many values", "0.2",
     "emb_dropout regularization"},
    {"features.which", "before where the data have times: all lets the future leak", "before",
     "history sequence leak"},
    {"features.own", "keep to compare with LightGCN and SimpleX; drop else", "keep",
     "history leak self"},
    {"features.last", "20 to 100; more costs in proportion", "20",
     "history length max_seq_len window"},
    {"features.days", "where old rows say nothing of today", "90", "history window recency"},
    {"features.where", "the events that show interest", "\"event = purchase\"", "filter condition"},
    {"tasks.label", "a field of numbers, or a condition for yes and no", "rating >= 4", "target y"},
    {"tasks.kind", "classification for conditions and 0 or 1, regression for numbers",
     "classification", "task type head"},
    {"tasks.loss", "huber where some labels are far off", "huber", "objective mse bce"},
    {"tasks.delta", "about the error that is still ordinary", "2", "huber"},
    {"tasks.weight", "by each task's gradient_share in log.jsonl: raise what is drowned", "0.5",
     "loss_weight multi-task"},
    {"tasks.hidden", "smaller, or [] for a linear head, where labels are few", "[64]",
     "mlp layers head"},
    {"tasks.dropout", "as query.dropout, where the head overfits", "0.2", "head_dropout"},
    {"tasks.input", "both where the match of user and item counts, as for ratings", "both",
     "interaction concat"},
    {"tasks.bias", "all three for ratings", "[user, item, global]", "intercept offset mean"},
    {"tasks.where", "the rows that the task is about", "\"event = purchase\"", "filter condition"},
    {"tasks.negatives", "returned, disliked, or shown without a click", "\"event = return\"",
     "negative feedback dislike"},
    {"tasks.weight_field", "where rows count differently: by kind of event, by age", "weight",
     "sample_weight confidence"},
    {"tasks.features", "what is known of the row alone: a price then, a position", "[timestamp]",
     "context inputs"},
};
const size_t td_config_advice_count = sizeof td_config_advice / sizeof *td_config_advice;

const td_key_advice *td_advice_find(const char *key)
{
    for (size_t i = 0; i < td_config_advice_count; i++)
        if (strcmp(td_config_advice[i].key, key) == 0)
            return &td_config_advice[i];
    return NULL;
}

/* Skips what parts words. */
static size_t skip_signs(const char *text, size_t at, size_t length)
{
    while (at < length && strchr("_- ", text[at]))
        at++;
    return at;
}

bool td_advice_same_word(const char *a, size_t length, const char *b)
{
    const size_t other = strlen(b);
    size_t i = skip_signs(a, 0, length), j = skip_signs(b, 0, other);
    while (i < length && j < other &&
           tolower((unsigned char)a[i]) == tolower((unsigned char)b[j])) {
        i = skip_signs(a, i + 1, length);
        j = skip_signs(b, j + 1, other);
    }
    return i == length && j == other && length > 0;
}

bool td_advice_has_word(const td_key_advice *advice, const char *word)
{
    for (const char *words = advice->words; *words; words += strspn(words, " ")) {
        const size_t length = strcspn(words, " ");
        if (td_advice_same_word(words, length, word))
            return true;
        words += length;
    }
    return false;
}

const td_key_advice *td_advice_called(const char *name)
{
    const char *last = strrchr(name, '.');
    const size_t section = last ? (size_t)(last - name) + 1 : 0;
    for (int is_any = section == 0; is_any < 2; is_any++)
        for (size_t i = 0; i < td_config_advice_count; i++) {
            const td_key_advice *advice = &td_config_advice[i];
            const bool is_of = is_any || strncmp(advice->key, name, section) == 0;
            if (is_of && td_advice_has_word(advice, name + section))
                return advice;
        }
    return NULL;
}
