/* Generated data as text, in the layout of the newer MovieLens sets: needs no ranks and no files,
 * only a stream to write to.
 *
 * All functions are Local. The options have passed td_synth_check. Returns false if the stream
 * refused bytes; errno tells why.
 */
#ifndef TD_SYNTH_CSV_H
#define TD_SYNTH_CSV_H

#include "synth/items.h"
#include "tandem/synth.h"

#include <stdbool.h>
#include <stdio.h>

/* Writes "movieId,title,genres", then an item a line, in the order of ids. */
bool td_synth_write_movies(const td_synth_items *items, FILE *stream);

/* Writes "userId,movieId,rating,timestamp", then a rating a line: users in the order of ids, each
 * one's rows in the order of time. */
bool td_synth_write_ratings(const td_synth_options *options, const td_synth_items *items,
                            FILE *stream);

#endif
