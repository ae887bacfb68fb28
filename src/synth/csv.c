/* CSV. A rating's line is put together by hand: printf would take most of the time. */
#include "synth/csv.h"

#include "synth/title.h"
#include "synth/users.h"

#include <string.h>

enum { LINE_BYTES = 64 }; /* three numbers of at most 20 digits would fit; ours are shorter */

bool td_synth_write_movies(const td_synth_items *items, FILE *stream)
{
    char title[TD_SYNTH_TITLE_BYTES], genres[TD_SYNTH_GENRES_BYTES];
    fputs("movieId,title,genres\n", stream);
    for (int64_t id = 1; id <= items->count && !ferror(stream); id++) {
        int64_t place = items->place_of[id - 1];
        td_synth_title(items, place, title);
        td_synth_genres(items, place, genres);
        const char *quote = strchr(title, ',') ? "\"" : "";
        fprintf(stream, "%lld,%s%s%s,%s\n", (long long)id, quote, title, quote, genres);
    }
    return !ferror(stream);
}

/* Puts number before end and returns where it begins. */
static char *put_number(char *end, int64_t number)
{
    do
        *--end = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    return end;
}

static bool write_row(int64_t user, td_synth_row row, FILE *stream)
{
    char line[LINE_BYTES];
    char *const end = line + LINE_BYTES;
    char *start = end;
    *--start = '\n';
    start = put_number(start, row.timestamp);
    start -= 5;
    memcpy(start, ",0.0,", 5);
    start[1] = (char)('0' + row.rating);
    start = put_number(start, row.item);
    *--start = ',';
    start = put_number(start, user + 1);
    size_t size = (size_t)(end - start);
    return fwrite(start, 1, size, stream) == size;
}

bool td_synth_write_ratings(const td_synth_options *options, const td_synth_items *items,
                            FILE *stream)
{
    td_synth_users users = td_synth_users_create(options, items);
    bool written = fputs("userId,movieId,rating,timestamp\n", stream) >= 0;
    for (int64_t user = 0; user < options->users && written; user++) {
        int64_t count = td_synth_users_make(&users, user);
        for (int64_t i = 0; i < count && written; i++)
            written = write_row(user, users.rows[i], stream);
    }
    td_synth_users_free(&users);
    return written;
}
