/* The types of values in memory and in files, in one table. All functions are Local. */
#ifndef TD_BASE_TYPE_H
#define TD_BASE_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef enum { TD_UINT8, TD_INT32, TD_INT64, TD_FLOAT32, TD_FLOAT64 } td_type;

enum { TD_TYPES = TD_FLOAT64 + 1 };

/* Returns the bytes of one value. */
size_t td_type_size(td_type type);

/* Returns "uint8", "int32", "int64", "float32" or "float64"; and numpy's letter of its kind. */
const char *td_type_name(td_type type);
char td_type_letter(td_type type);

/* Tells whether values are floating-point numbers. */
bool td_type_is_real(td_type type);

/* Copies one element of 1, 4 or 8 bytes, or of any other size. */
static inline void td_copy_element(size_t size, void *to, const void *from)
{
    switch (size) { /* a copy of a known size is an instruction, not a call */
    case 1:
        memcpy(to, from, 1);
        break;
    case 4:
        memcpy(to, from, 4);
        break;
    case 8:
        memcpy(to, from, 8);
        break;
    default:
        memcpy(to, from, size);
    }
}

#endif
