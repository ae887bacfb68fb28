/* tandem --version: what a report of a fault or of a measurement should have. */
#ifndef TANDEM_JOBS_VERSION_H
#define TANDEM_JOBS_VERSION_H

#include <stdbool.h>

/* Prints the program's version; verbose: also its commit, the libraries that it works with here,
 * the CPU, and how it was compiled. */
void print_version(bool verbose);

#endif
