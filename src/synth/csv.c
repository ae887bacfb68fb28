/* CSV. Lines are put together by hand: printf would take most of the time. Those of movies are made
 * by all threads, a piece each, and written in order. */
#include "synth/csv.h"

#include "base/memory.h"
#include "synth/title.h"
#include "synth/users.h"

#include <string.h>

enum {
    LINE_BYTES = 64, /* three numbers of at most 20 digits would fit; ours are shorter */
    MOVIE_BYTES = 32 + TD_SYNTH_TITLE_BYTES + TD_SYNTH_GENRES_BYTES,
    AHEAD = 16,        /* lines before a place is needed, it is fetched */
    PIECES = 64,       /* made together */
    PIECE_LINES = 1024 /* of a piece */
};

/* Writes the line of a movie; returns its end. */
static char *append_movie(const td_synth_items *items, int64_t id, char *to)
{
    const int64_t place = items->place_of[id - 1];
    char title[TD_SYNTH_TITLE_BYTES];
    td_synth_title(items, place, title);
    const char *quote = strchr(title, ',') ? "\"" : "";
    to = stpcpy(td_synth_append_number(to, id), ",");
    to = stpcpy(stpcpy(stpcpy(stpcpy(to, quote), title), quote), ",");
    return stpcpy(td_synth_genres(items, place, to), "\n");
}

/* Writes the lines of the piece that begins at id first; returns how many bytes they are. */
static size_t make_piece(const td_synth_items *items, int64_t first, char *text)
{
    const int64_t end = first + PIECE_LINES;
    char *to = text;
    for (int64_t id = first; id < end && id <= items->count; id++) {
        if (id + AHEAD <= items->count) /* places are in random order */
            __builtin_prefetch(items->at + items->place_of[id + AHEAD - 1]);
        to = append_movie(items, id, to);
    }
    return (size_t)(to - text);
}

bool td_synth_write_movies(const td_synth_items *items, FILE *stream)
{
    const size_t room = (size_t)PIECE_LINES * MOVIE_BYTES;
    char *text = TD_NEW(char, PIECES *room);
    size_t bytes[PIECES];
    fputs("movieId,title,genres\n", stream);
    for (int64_t first = 1; first <= items->count; first += PIECES * PIECE_LINES) {
#pragma omp parallel for schedule(dynamic)
        for (int p = 0; p < PIECES; p++)
            bytes[p] = make_piece(items, first + (int64_t)p * PIECE_LINES, text + (size_t)p * room);
        for (int p = 0; p < PIECES && !ferror(stream); p++)
            fwrite(text + (size_t)p * room, 1, bytes[p], stream);
        if (ferror(stream))
            break;
    }
    td_free(text);
    return !ferror(stream);
}

static bool write_row(int64_t user, td_synth_row row, FILE *stream)
{
    char line[LINE_BYTES];
    char *to = stpcpy(td_synth_append_number(line, user + 1), ",");
    to = stpcpy(td_synth_append_number(to, row.item), ",0.0,");
    to[-4] = (char)('0' + row.rating);
    to = stpcpy(td_synth_append_number(to, row.timestamp), "\n");
    const size_t size = (size_t)(to - line);
    return fwrite(line, 1, size, stream) == size;
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
