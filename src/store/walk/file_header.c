/* The messages of an object's header, as "HDF5 File Format Specification Version 3.0", IV.A.2 has
 * them, as far as tandem's files use them. What is not known to be right is wrong. */
#include "store/walk/file_structure.h"

#include "base/memory.h"

#include <string.h>

enum {
    EMPTY = 0x00,
    SPACE = 0x01,
    LINK_INFO = 0x02,
    TYPE = 0x03,
    FILL_VALUE = 0x05,
    LINK = 0x06,
    EXTERNAL_FILES = 0x07,
    LAYOUT = 0x08,
    GROUP_INFO = 0x0a,
    FILTERS = 0x0b,
    ATTRIBUTE = 0x0c,
    CONTINUATION = 0x10,
    ATTRIBUTE_INFO = 0x15,
    KINDS = 0x18
};

enum { SHARED_FLAG = 2, MESSAGE_HEADER = 4, RANK_MAX = 2 };

static const unsigned group_parts = 1U << LINK_INFO | 1U << GROUP_INFO,
                      dataset_parts = 1U << SPACE | 1U << TYPE | 1U << FILL_VALUE | 1U << LAYOUT;

static const char damaged[] = "is damaged, or written by another program or another version of it",
                  with_heap[] = "keeps its names in a heap, as the first tandems did, and other "
                                "programs do; make the file again with this one",
                  not_here[] = "is not stored in one piece in this file (cut short, chunked, or "
                               "elsewhere)",
                  no_array[] = "is no array of one or two dimensions",
                  no_type[] = "has an element type that tandem does not use (it uses little-endian "
                              "uint8, int32, int64, float32, float64)",
                  no_link[] = "has a soft or external link, which tandem does not follow";

uint64_t td_bytes_take(td_bytes *bytes, size_t n)
{
    uint64_t value = 0;
    if (bytes->left < n) {
        bytes->cut = true;
        bytes->left = 0;
        return 0;
    }
    memcpy(&value, bytes->at, n);
    bytes->at += n;
    bytes->left -= n;
    return value;
}

/* Takes n bytes as they are; none where there are fewer. */
static td_bytes take_part(td_bytes *bytes, size_t n)
{
    td_bytes part = {bytes->at, n, false};
    if (bytes->left < n) {
        bytes->cut = part.cut = true;
        bytes->left = part.left = 0;
        return part;
    }
    bytes->at += n;
    bytes->left -= n;
    return part;
}

static bool is_done(const td_bytes *bytes)
{
    return !bytes->cut && bytes->left == 0;
}

static bool read_space(td_bytes body, unsigned *rank, uint64_t *elements)
{
    const uint64_t version = td_bytes_take(&body, 1), dimensions = td_bytes_take(&body, 1);
    const uint64_t has_limits = td_bytes_take(&body, 1), kind = td_bytes_take(&body, 1);
    uint64_t sizes[RANK_MAX] = {0};
    bool right =
        version == 2 && dimensions <= RANK_MAX && has_limits <= 1 && kind == (dimensions > 0);
    *elements = 1;
    *rank = (unsigned)dimensions;
    for (size_t i = 0; right && i < dimensions; i++) {
        sizes[i] = td_bytes_take(&body, 8);
        right = !__builtin_mul_overflow(*elements, sizes[i], elements);
    }
    for (size_t i = 0; right && has_limits && i < dimensions; i++)
        right = td_bytes_take(&body, 8) == sizes[i];
    return right && is_done(&body);
}

/* One of the five types, as HDF5 writes them. */
static bool read_number_type(td_bytes body, uint64_t *bytes)
{
    static const struct {
        size_t length;
        unsigned char code[20];
    } types[] = {{12, {0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0}},
                 {12, {0x10, 8, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0}},
                 {12, {0x10, 8, 0, 0, 8, 0, 0, 0, 0, 0, 64, 0}},
                 {20, {0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 0x7f, 0, 0, 0}},
                 {20, {0x11, 0x20, 63, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 0xff, 3, 0, 0}}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (body.left == types[i].length && memcmp(body.at, types[i].code, body.left) == 0) {
            *bytes = types[i].code[4];
            return true;
        }
    return false;
}

/* A text of fixed length. */
static bool read_text_type(td_bytes body, uint64_t *bytes)
{
    const uint64_t kind = td_bytes_take(&body, 1), how = td_bytes_take(&body, 3);
    *bytes = td_bytes_take(&body, 4);
    return kind == 0x13 && (how & 0xf) <= 2 && how >> 4 <= 1 && *bytes > 0 && is_done(&body);
}

static bool read_attribute(td_bytes body)
{
    uint64_t elements, element_bytes, bytes;
    unsigned rank;
    const uint64_t version = td_bytes_take(&body, 1), flags = td_bytes_take(&body, 1);
    const size_t name_bytes = td_bytes_take(&body, 2), type_bytes = td_bytes_take(&body, 2);
    const size_t space_bytes = td_bytes_take(&body, 2);
    const uint64_t charset = td_bytes_take(&body, 1);
    const td_bytes name = take_part(&body, name_bytes), type = take_part(&body, type_bytes);
    const td_bytes space = take_part(&body, space_bytes);
    return version == 3 && flags == 0 && charset <= 1 && !body.cut && name.left > 0 &&
           memchr(name.at, '\0', name.left) == name.at + name.left - 1 &&
           (read_number_type(type, &element_bytes) || read_text_type(type, &element_bytes)) &&
           read_space(space, &rank, &elements) &&
           !__builtin_mul_overflow(elements, element_bytes, &bytes) && bytes == body.left;
}

static void add_member(td_header *header, td_bytes name, uint64_t address)
{
    const size_t n = header->member_count;
    char *text = TD_NEW(char, name.left + 1);
    memcpy(text, name.at, name.left);
    header->members = td_grow(header->members, n, sizeof *header->members);
    header->members[n] = (td_member){text, address};
    header->member_count++;
}

/* Names are not those of paths, where a '/' or a single dot means something else. */
static bool is_name(td_bytes name)
{
    return name.left > 0 && !memchr(name.at, '/', name.left) && !memchr(name.at, '\0', name.left) &&
           !(name.left == 1 && *name.at == '.');
}

static const char *read_link(td_header *header, td_bytes body)
{
    enum { SIZE_BITS = 3, ORDER = 4, KIND = 8, CHARSET = 16 };
    const uint64_t version = td_bytes_take(&body, 1), flags = td_bytes_take(&body, 1);
    if (version != 1 || flags >= 2 * CHARSET || flags & ORDER || body.cut)
        return damaged;
    if (flags & KIND && td_bytes_take(&body, 1) != 0)
        return no_link;
    if (flags & CHARSET && td_bytes_take(&body, 1) > 1)
        return damaged;
    const size_t length = td_bytes_take(&body, (size_t)1 << (flags & SIZE_BITS));
    const td_bytes name = take_part(&body, length);
    const uint64_t address = td_bytes_take(&body, 8);
    if (!is_done(&body) || !is_name(name))
        return damaged;
    add_member(header, name, address);
    return NULL;
}

static bool read_continuation(td_header *header, td_bytes body)
{
    const size_t n = header->chunk_count;
    header->chunks = td_grow(header->chunks, n, sizeof *header->chunks);
    header->chunks[n].start = td_bytes_take(&body, 8);
    header->chunks[n].length = td_bytes_take(&body, 8);
    header->chunk_count++;
    return is_done(&body);
}

static bool read_layout(td_header *header, td_bytes body)
{
    const uint64_t version = td_bytes_take(&body, 1), kind = td_bytes_take(&body, 1);
    header->values.start = td_bytes_take(&body, 8);
    header->values.length = td_bytes_take(&body, 8);
    return version == 3 && kind == 1 && is_done(&body);
}

/* Links and attributes inside the header alone: neither heap nor tree, no order of creation. */
static bool has_no_heap(td_bytes body)
{
    const uint64_t version = td_bytes_take(&body, 1), flags = td_bytes_take(&body, 1);
    const uint64_t heap = td_bytes_take(&body, 8), tree = td_bytes_take(&body, 8);
    return version == 0 && flags == 0 && heap == UINT64_MAX && tree == UINT64_MAX && is_done(&body);
}

static bool read_group_info(td_bytes body)
{
    const uint64_t version = td_bytes_take(&body, 1), flags = td_bytes_take(&body, 1);
    take_part(&body, (flags & 1) * 4 + (flags >> 1) * 4);
    return version == 0 && flags <= 3 && is_done(&body);
}

/* No value that rows have before they are written. */
static bool read_fill_value(td_bytes body)
{
    enum { HAS_VALUE = 0x20 };
    const uint64_t version = td_bytes_take(&body, 1), flags = td_bytes_take(&body, 1);
    return version == 3 && flags < HAS_VALUE && is_done(&body);
}

static const char *read_message(td_header *header, uint64_t kind, td_bytes body)
{
    switch (kind) {
    case EMPTY:
        return NULL;
    case SPACE:
        return read_space(body, &header->rank, &header->elements) ? NULL : no_array;
    case TYPE:
        return read_number_type(body, &header->element_bytes) ? NULL : no_type;
    case LAYOUT:
        return read_layout(header, body) ? NULL : not_here;
    case FILTERS:
    case EXTERNAL_FILES:
        return not_here;
    case LINK:
        return read_link(header, body);
    case FILL_VALUE:
        return read_fill_value(body) ? NULL : damaged;
    case LINK_INFO:
    case ATTRIBUTE_INFO:
        return has_no_heap(body) ? NULL : with_heap;
    case GROUP_INFO:
        return read_group_info(body) ? NULL : damaged;
    case ATTRIBUTE:
        return read_attribute(body) ? NULL : damaged;
    case CONTINUATION:
        return read_continuation(header, body) ? NULL : damaged;
    default:
        return damaged;
    }
}

/* Counts a message that may come only once. */
static bool is_too_many(td_header *header, uint64_t kind)
{
    const unsigned bit = 1U << kind;
    const unsigned once = group_parts | dataset_parts | 1U << ATTRIBUTE_INFO;
    const bool again = header->seen & once & bit;
    header->seen |= bit;
    return again;
}

const char *td_header_add(td_header *header, td_bytes messages)
{
    while (messages.left >= MESSAGE_HEADER) { /* fewer bytes are a gap */
        const uint64_t kind = td_bytes_take(&messages, 1);
        const size_t size = td_bytes_take(&messages, 2);
        const uint64_t flags = td_bytes_take(&messages, 1);
        const td_bytes body = take_part(&messages, size);
        if (messages.cut || kind >= KINDS || flags & SHARED_FLAG || is_too_many(header, kind))
            return damaged;
        const char *wrong = read_message(header, kind, body);
        if (wrong)
            return wrong;
    }
    return NULL;
}

void td_header_free(td_header *header)
{
    for (size_t i = 0; i < header->member_count; i++)
        td_free(header->members[i].name);
    td_free(header->members);
    td_free(header->chunks);
}

const char *td_header_judge(const td_header *header)
{
    uint64_t bytes;
    const unsigned parts = header->seen & (group_parts | dataset_parts | 1U << LINK);
    if ((parts & ~(1U << LINK)) == group_parts)
        return NULL;
    if (parts != dataset_parts)
        return damaged;
    if (header->rank == 0)
        return no_array;
    if (__builtin_mul_overflow(header->elements, header->element_bytes, &bytes) ||
        bytes != header->values.length)
        return not_here;
    return NULL;
}
