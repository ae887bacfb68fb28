/* Numbers as text: one strict notation for configurations and command lines, in every locale.
 *
 * An integer is -?(0|[1-9][0-9]*); a real number is JSON's: an integer, then optionally a point
 * with digits and an exponent. So `08`, `1_000`, `0x10`, `+1`, `.5`, `nan` and blanks are no
 * numbers, and 1e3 is a real number but no integer. All functions are Local.
 */
#ifndef TD_BASE_NUMBER_H
#define TD_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

enum { TD_NUMBER_SIZE = 32 }; /* bytes that any number takes as text */

/* Reads all of text; false, with value as it was, if that is no integer of 64 bits. */
bool td_number_read_int(const char *text, int64_t *value);

/* Reads all of text; false, with value as it was, if that is no number, or one that is infinite
 * or 0 only because a double cannot hold it. -0 is read as 0. */
bool td_number_read_real(const char *text, double *value);

/* Writes value with as few digits as td_number_read_real needs to give it back. */
void td_number_write_real(double value, char text[TD_NUMBER_SIZE]);

/* The same for people: without an exponent from 1e-4 to below 1e15, where the other may have one
 * ("30" for 3e+01). */
void td_number_write_plain(double value, char text[TD_NUMBER_SIZE]);

#endif
