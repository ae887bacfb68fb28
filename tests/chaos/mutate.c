/* mutate SOURCE TARGET NUMBER: one damaged copy of a file, for tests of the whole program. */
#include "mutations.h"

#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments)
{
    if (count != 4)
        return 2;
    mutation_source *source = mutation_source_load(arguments[1]);
    int written = source && mutation_write(source, MUTATION_DAMAGE,
                                           strtoull(arguments[3], NULL, 10), arguments[2]);
    mutation_source_free(source);
    if (!written)
        perror(arguments[2]);
    return !written;
}
