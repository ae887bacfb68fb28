/* What tandem evaluate found, as tables and as JSON. All functions are Local. */
#ifndef TANDEM_EVALUATION_TABLE_H
#define TANDEM_EVALUATION_TABLE_H

#include "tandem/evaluate.h"

void print_evaluation(const td_evaluate_options *asked, const td_evaluate_report *report);
void print_evaluation_json(const td_evaluate_options *asked, const td_evaluate_report *report);

/* The name of the split that was asked for. */
const char *evaluated_split(const td_evaluate_options *asked);

/* Tells whether value i is of something that is measured by group, and that any group has. */
bool is_grouped(const td_evaluate_report *report, size_t i);

#endif
