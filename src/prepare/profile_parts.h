/* What the guesses of a profile share: its columns' kinds (profile_guess.c), dates
 * (profile_dates.c), roles (profile_roles.c) and fields' names (profile_names.c). All functions are
 * Local. */
#ifndef TD_PREPARE_PROFILE_PARTS_H
#define TD_PREPARE_PROFILE_PARTS_H

#include "prepare/profile.h"
#include "text/column_words.h"

td_column_word td_profile_word(const td_column_profile *column);

/* Returns a distinct cell, from 1, and whether it stands for none. */
td_str td_profile_cell(const td_column_profile *column, int32_t number);
bool td_profile_is_mark(const td_column_profile *column, int32_t number);

/* Reads a cell as a time, by the column's unit and format. */
bool td_profile_read_time(const td_column_profile *column, td_str cell, double *value);

/* Whether all cells that stand for something are read; finds the lowest and the highest, or else
 * the first that is not (unread). */
bool td_profile_reads(td_column_profile *column,
                      bool (*read)(const td_column_profile *, td_str, double *));

/* Whether the cells are dates in one form that is known (text/date_forms.h), and in one alone:
 * 03/04/2026 may be of March or of April. Keeps two of several. */
bool td_profile_find_format(td_column_profile *column);

/* Whether a column that is none of times is called so and has dates' signs, or most of its cells
 * look like dates. */
bool td_profile_looks_like_times(const td_column_profile *column);

/* Gives the roles that options say, before the kinds are guessed. TD_ERR_INPUT, TD_ERR_USAGE. */
td_status td_profile_give_told(const td_prepare_options *options, td_profile *profile);

/* Guesses the other roles, and which columns tell of users or items. */
void td_profile_guess_roles(const td_source *source, td_profile *profile);

/* Names the fields. */
void td_profile_name_fields(const td_profile *others, td_profile *profile);

#endif
