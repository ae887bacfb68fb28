/* xz through liblzma, which checks each stream by what it carries (CRC or SHA-256). */
#include "text/unpacker.h"

#include "base/log.h"
#include "base/memory.h"

#include <lzma.h>

/* xz -9 needs 65 MiB; a file that asks for gigabytes is hostile or a mistake. */
static const uint64_t most_memory = UINT64_C(1) << 30;

static void *start(void)
{
    lzma_stream *stream = TD_NEW(lzma_stream, 1); /* zeros are LZMA_STREAM_INIT */
    if (lzma_stream_decoder(stream, most_memory, 0) != LZMA_OK)
        td_abort("out of memory to unpack xz: liblzma %s cannot start", lzma_version_string());
    return stream;
}

static void stop(void *state)
{
    lzma_end(state);
    td_free(state);
}

static const char *reason_of(lzma_ret code)
{
    switch (code) {
    case LZMA_MEMLIMIT_ERROR:
        return "unpacking the xz file would take more than 1 GiB: pack it with a smaller "
               "dictionary (xz -9 or less)";
    case LZMA_OPTIONS_ERROR:
        return "the xz file is packed in a way that this liblzma does not know";
    default:
        return "the xz file is damaged: its data do not fit its checks";
    }
}

static td_status unpack(void *state, td_packed *packed, bool *ended)
{
    lzma_stream *stream = state;
    stream->next_in = packed->in;
    stream->avail_in = packed->in_left;
    stream->next_out = packed->out;
    stream->avail_out = packed->out_left;
    lzma_ret code = lzma_code(stream, LZMA_RUN);
    packed->in = stream->next_in;
    packed->in_left = stream->avail_in;
    packed->out = stream->next_out;
    packed->out_left = stream->avail_out;
    *ended = code == LZMA_STREAM_END;
    if (code == LZMA_MEM_ERROR)
        td_abort("out of memory to unpack xz");
    if (code == LZMA_OK || code == LZMA_STREAM_END || code == LZMA_BUF_ERROR)
        return TD_OK;
    return td_fail(TD_ERR_INPUT, "%s", reason_of(code));
}

const td_unpacker td_unpacker_xz = {"xz", "\xfd\x37zXZ\0", 6, start, stop, unpack};
