/* prepare_folders: a folder a line on standard input, each with in/schema.yaml, in/ and room for
 * out/data.h5, and as many bad lines as its number says to leave out. Says of each whether it was
 * refused: in one process, where a sanitizer sees all and thousands take a minute. */
#include "tandem/comm.h"
#include "tandem/prepare.h"

#include <stdio.h>

enum { LONGEST = 1024 };

int main(void)
{
    char folder[LONGEST], schema[LONGEST + 32], input[LONGEST + 32], out[LONGEST + 32];
    long long bad;
    td_comm *comm = td_comm_start();
    while (scanf("%1023s %lld", folder, &bad) == 2) {
        td_prepare_options options = td_prepare_defaults();
        td_prepare_report report;
        snprintf(schema, sizeof schema, "%s/in/schema.yaml", folder);
        snprintf(input, sizeof input, "%s/in", folder);
        snprintf(out, sizeof out, "%s/out/data.h5", folder);
        options.schema = schema;
        options.input = input;
        options.skip_bad = bad;
        printf("%s begun\n", folder);
        fflush(stdout);
        const td_status status = td_prepare(comm, &options, out, &report);
        printf("%s %s\n", folder, status == TD_OK ? "accepted" : td_message());
        fflush(stdout);
    }
    td_comm_stop(comm);
    return 0;
}
