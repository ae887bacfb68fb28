/* Where results go, and how they are written: a record a line. */
#ifndef TANDEM_OUTPUT_H
#define TANDEM_OUTPUT_H

#ifdef __cplusplus
extern "C" {
#endif

/* The first line of tsv and csv names the columns. In tsv a tab, a line end and a backslash within
 * a name are written \t, \n, \r and \\; in csv names are quoted where RFC 4180 wants it, and a line
 * end in them is a blank. jsonl is an object a line. Numbers have nine digits, which give a float's
 * bits back. */
typedef enum { TD_OUTPUT_TSV, TD_OUTPUT_CSV, TD_OUTPUT_JSONL } td_output_format;

/* Text is not copied; it must last as long as the call that takes it. */
typedef struct {
    const char *path; /* a file, which appears whole or not at all and replaces only one that begins
                         alike; NULL: standard output */
    td_output_format format;
} td_output;

#ifdef __cplusplus
}
#endif

#endif
