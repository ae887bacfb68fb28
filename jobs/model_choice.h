/* Which trained model a subcommand uses, and how it uses this machine: options that all
 * subcommands with a trained model share. */
#ifndef TANDEM_MODEL_CHOICE_H
#define TANDEM_MODEL_CHOICE_H

#include "execution.h"
#include "tandem/trained_model.h"

#include <argp.h>

typedef struct {
    td_trained_options options; /* but for threads and isa */
    execution execution;
} model_choice;

/* --run (without which the usage is wrong), --checkpoint, --data, --threads and --isa, as an argp
 * child: used as execution_argp is. */
extern const struct argp model_choice_argp;

/* Local. Returns the choice as the library takes it. */
td_trained_options model_choice_options(const model_choice *choice);

#endif
