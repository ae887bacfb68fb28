/* Command lines through glibc's argp, in the way of every subcommand.
 *
 * A subcommand is parsed before the ranks start, by every process for itself. Only the first
 * process of the job is heard: --help, --version and wrong usage print once under mpirun or srun.
 */
#ifndef TANDEM_ARGUMENTS_H
#define TANDEM_ARGUMENTS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* Local. True in the one process of the job that is heard before the ranks start. */
bool is_first_process(void);

/* Local. Ends the program as wrong usage (status 2) with one message from the first process. */
_Noreturn void fail_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Local. Parses a subcommand's arguments, argv[0] its name, into input. Does not return for --help
 * and --version (exit status 0) nor for wrong usage (status 2). */
void parse_arguments(const struct argp *argp, int argc, char **argv, void *input);

/* Local. Each returns text as a number from low to high, or ends the parse as wrong usage, naming
 * the option ("--threads"). The notation is that of configurations (base/number.h). */
int64_t argument_int(struct argp_state *state, const char *option, const char *text, int64_t low,
                     int64_t high);
double argument_real(struct argp_state *state, const char *option, const char *text, double low,
                     double high);

#endif
