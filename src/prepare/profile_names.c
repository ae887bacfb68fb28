/* Fields' names, of the letters that they may have. */
#include "base/utf8.h"
#include "prepare/profile_parts.h"
#include "text/decimal.h"
#include "text/latin_letters.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = TD_FIELD_NAME_MAX - 8 };

static bool is_taken(const td_profile *p, size_t columns, const char *field)
{
    for (size_t c = 0; c < columns; c++)
        if (strcmp(p->columns[c].field, field) == 0)
            return true;
    return false;
}

/* Adds a character, or what stands for it where a field's name may not have it. */
static size_t add(char *base, size_t length, uint32_t code)
{
    const char ascii[] = {(char)code, '\0'};
    const char *letters = code < 0x80 ? ascii : td_latin_letter(code);
    for (letters = letters ? letters : "_"; *letters && length + 1 < ROOM; letters++) {
        const bool fits = isalnum((unsigned char)*letters) || *letters == '_' || *letters == '-';
        if (length > 0 || isalpha((unsigned char)*letters))
            base[length++] = fits ? *letters : '_';
    }
    return length;
}

/* Makes a field's name of a column's: of one that is a number, or in another script, of its role or
 * table. */
static void name_field(const td_profile *others, td_profile *p, size_t c)
{
    td_column_profile *column = &p->columns[c];
    const char *name = column->column;
    char base[ROOM] = "";
    size_t length = 0, number, character;
    for (const char *at = name; *at; at += character > 0 ? character : 1) {
        uint32_t code = 0;
        character = td_utf8_decode(at, strlen(at), &code);
        length = add(base, length, character > 0 ? code : '_');
    }
    if (td_decimal_whole(name, strlen(name), INT32_MAX, &(int64_t){0}) || length == 0)
        snprintf(base, sizeof base, "%s",
                 column->role != TD_ROLE_NONE ? td_role_name(column->role) : "column");
    snprintf(column->field, sizeof column->field, "%s", base);
    for (number = 2; is_taken(p, c, column->field) ||
                     (others && is_taken(others, others->form.count, column->field));
         number++)
        snprintf(column->field, sizeof column->field, "%s%zu", base, number);
}

void td_profile_name_fields(const td_profile *others, td_profile *p)
{
    for (size_t c = 0; c < p->form.count; c++)
        name_field(others, p, c);
}
