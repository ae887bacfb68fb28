/* gzip through zlib, which checks each stream's length and CRC. */
#include "text/unpacker.h"

#include "base/log.h"
#include "base/memory.h"

#include <limits.h>
#define ZLIB_CONST
#include <zlib.h>

enum { GZIP_ONLY = 16 + MAX_WBITS }; /* no bare zlib streams */

static void *start(void)
{
    z_stream *stream = TD_NEW(z_stream, 1);
    if (inflateInit2(stream, GZIP_ONLY) != Z_OK)
        td_abort("out of memory to unpack gzip: zlib %s cannot start: %s", zlibVersion(),
                 stream->msg ? stream->msg : "");
    return stream;
}

static void stop(void *state)
{
    inflateEnd(state);
    td_free(state);
}

static uInt at_most_int(size_t n)
{
    return n < INT_MAX ? (uInt)n : INT_MAX;
}

static td_status unpack(void *state, td_packed *packed, bool *ended)
{
    z_stream *stream = state;
    uInt in = at_most_int(packed->in_left), out = at_most_int(packed->out_left);
    stream->next_in = packed->in;
    stream->avail_in = in;
    stream->next_out = packed->out;
    stream->avail_out = out;
    int code = inflate(stream, Z_NO_FLUSH);
    packed->in += in - stream->avail_in;
    packed->in_left -= in - stream->avail_in;
    packed->out += out - stream->avail_out;
    packed->out_left -= out - stream->avail_out;
    *ended = code == Z_STREAM_END;
    if (code == Z_MEM_ERROR)
        td_abort("out of memory to unpack gzip");
    if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR)
        return TD_OK;
    return td_fail(TD_ERR_INPUT, "the gzip file is damaged: %s",
                   stream->msg ? stream->msg : "a stream asks for a dictionary");
}

const td_unpacker td_unpacker_gzip = {"gzip", "\x1f\x8b", 2, start, stop, unpack};
