/* Prints the data of the default size without ranks and files: what synth_bytes.sh builds with
 * every compiler there is. */
#include "synth/csv.h"

#include <stdio.h>

int main(void)
{
    const td_synth_options options = {.users = 943, .items = 1682, .ratings = 100000, .seed = 1};
    td_synth_items items = td_synth_items_create(options.items, options.seed);
    bool written = td_synth_write_movies(&items, stdout) &&
                   td_synth_write_ratings(&options, &items, stdout) && fflush(stdout) == 0;
    td_synth_items_free(&items);
    return written ? 0 : 1;
}
