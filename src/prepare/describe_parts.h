/* The texts of --describe (describe.c): what is printed of a table (describe_report.c), and the
 * schema that it may be (describe_schema.c). All functions are Local. */
#ifndef TD_PREPARE_DESCRIBE_PARTS_H
#define TD_PREPARE_DESCRIBE_PARTS_H

#include "prepare/profile.h"

#include <stdint.h>
#include <stdio.h>

typedef struct {
    FILE *report, *schema;
} td_describe_texts;

/* Tells of a table, whose columns are guessed, and warns of what looks wrong. What the schema lacks
 * stands in it as a comment before the table. */
void td_describe_report(const td_describe_texts *texts, const td_profile *profile);

/* Writes a table, and those of users and items that interactions tell of. */
void td_describe_schema(FILE *to, const td_source *source, const td_profile *profile);

/* Returns how many rows repeat the user and item of another. */
int64_t td_describe_repeats(const td_profile *profile);

#endif
