#include "base/type.h"

static const struct {
    const char *name;
    size_t size;
    char letter;
} types[TD_TYPES] = {
    [TD_UINT8] = {"uint8", 1, 'u'},     [TD_INT32] = {"int32", 4, 'i'},
    [TD_INT64] = {"int64", 8, 'i'},     [TD_FLOAT32] = {"float32", 4, 'f'},
    [TD_FLOAT64] = {"float64", 8, 'f'},
};

size_t td_type_size(td_type type)
{
    return types[type].size;
}

const char *td_type_name(td_type type)
{
    return types[type].name;
}

char td_type_letter(td_type type)
{
    return types[type].letter;
}

bool td_type_is_real(td_type type)
{
    return types[type].letter == 'f';
}
