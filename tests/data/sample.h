/* Interactions made up for the tests of the data layer, as a delimited file and as numbers. */
#ifndef TESTS_DATA_SAMPLE_H
#define TESTS_DATA_SAMPLE_H

#include "../store/shared.h"
#include "base/random.h"
#include "data/dataset.h"
#include "tandem/prepare.h"

#include <inttypes.h>

enum { SAMPLE_ROWS = 3000, SAMPLE_USERS = 150, SAMPLE_ITEMS = 40, SAMPLE_TITLE_BYTES = 48 };

/* Row i of the sample. Users are "u0".. and the squared draw makes some of them rare. */
typedef struct {
    int user, item;
    float rating, weight;
    int64_t time;
} sample_row;

static inline sample_row sample_at(int64_t i)
{
    td_random r = td_philox(1, TD_STREAM_SYNTH, (uint64_t)i, 0);
    int draw = (int)(r.word[0] % SAMPLE_USERS);
    return (sample_row){
        .user = draw * draw / SAMPLE_USERS,
        .item = (int)(r.word[1] % SAMPLE_ITEMS),
        .rating = (float)(1 + r.word[2] % 9) / 2,
        .weight = (float)(1 + r.word[2] % 3),
        .time = 880000000 + r.word[3] % 100000000,
    };
}

/* Writes folder/sample.csv on rank 0. */
static inline void sample_write(td_comm *comm, const char *folder)
{
    bool written = true;
    if (td_comm_rank(comm) == 0) {
        FILE *file = fopen(in_folder(folder, "sample.csv"), "w");
        written = file && fputs("time,who,what,stars,weight\n", file) >= 0;
        for (int64_t i = 0; i < SAMPLE_ROWS && written; i++) {
            sample_row r = sample_at(i);
            written = fprintf(file, "%" PRId64 ",u%d,\"i%d\",%.1f,%.0f\n", r.time, r.user, r.item,
                              r.rating, r.weight) > 0;
        }
        written = file && fclose(file) == 0 && written;
    }
    assert_on_all(comm, written, "the sample");
}

static inline td_prepare_options sample_options(const char *path)
{
    td_prepare_options options = td_prepare_defaults();
    options.format = "delimited";
    options.input = path;
    options.user_column = "who";
    options.item_column = "what";
    options.rating_column = "stars";
    options.timestamp_column = "time";
    options.weight_column = "5";
    return options;
}

static inline td_prepare_report sample_prepare_with(td_comm *comm, const char *folder,
                                                    const td_prepare_options *options)
{
    td_prepare_report report;
    td_status status = td_prepare(comm, options, in_folder(folder, "sample.h5"), &report);
    assert_on_all(comm, status == TD_OK, "td_prepare");
    return report;
}

/* Prepares the sample as folder/sample.h5. */
static inline td_prepare_report sample_prepare(td_comm *comm, const char *folder)
{
    char input[2 * PATH_BYTES];
    sample_write(comm, folder);
    snprintf(input, sizeof input, "%s", in_folder(folder, "sample.csv"));
    td_prepare_options options = sample_options(input);
    return sample_prepare_with(comm, folder, &options);
}

/* The title of item i of the list "i0".. of the sample's items: "Part <i / 4>, the <i>", and none
 * for the last one. */
static inline void sample_title(int i, char title[SAMPLE_TITLE_BYTES])
{
    title[0] = '\0';
    if (i < SAMPLE_ITEMS - 1)
        snprintf(title, SAMPLE_TITLE_BYTES, "Part %d, the %d", i / 4, i);
}

/* The same with titles, of which max_tokens are kept. */
static inline td_prepare_report sample_prepare_titled(td_comm *comm, const char *folder,
                                                      int64_t max_tokens)
{
    char input[2 * PATH_BYTES], items[2 * PATH_BYTES], list[64 * SAMPLE_ITEMS] = "";
    for (int i = 0; i < SAMPLE_ITEMS; i++) {
        char title[SAMPLE_TITLE_BYTES];
        sample_title(i, title);
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "i%d,\"%s\"\n", i, title);
    }
    sample_write(comm, folder);
    snprintf(input, sizeof input, "%s", in_folder(folder, "sample.csv"));
    snprintf(items, sizeof items, "%s", in_folder(folder, "items.csv"));
    put_text(comm, items, list);
    td_prepare_options options = sample_options(input);
    options.items = items;
    options.item_key = TD_KEY_TITLE;
    options.max_tokens = max_tokens;
    return sample_prepare_with(comm, folder, &options);
}

static inline td_dataset *sample_open(td_comm *comm, const char *path)
{
    td_dataset *data;
    assert_on_all(comm, td_dataset_open(comm, path, &data) == TD_OK, "td_dataset_open");
    return data;
}

#endif
