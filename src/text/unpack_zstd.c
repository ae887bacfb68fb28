/* zstd through libzstd, which checks each frame by the checksum that it carries, if it does. */
#include "text/unpacker.h"

#include "base/log.h"

#include <zstd.h>

static void *start(void)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    if (!stream)
        td_abort("out of memory to unpack zstd");
    return stream;
}

static void stop(void *state)
{
    ZSTD_freeDStream(state);
}

static td_status unpack(void *state, td_packed *packed, bool *ended)
{
    ZSTD_inBuffer in = {packed->in, packed->in_left, 0};
    ZSTD_outBuffer out = {packed->out, packed->out_left, 0};
    const size_t code = ZSTD_decompressStream(state, &out, &in);
    packed->in += in.pos;
    packed->in_left -= in.pos;
    packed->out += out.pos;
    packed->out_left -= out.pos;
    *ended = code == 0;
    if (ZSTD_isError(code))
        return td_fail(TD_ERR_INPUT, "the zstd file is damaged: %s", ZSTD_getErrorName(code));
    return TD_OK;
}

const td_unpacker td_unpacker_zstd = {"zstd", "\x28\xb5\x2f\xfd", 4, start, stop, unpack};
