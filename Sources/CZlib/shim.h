// What Web needs of zlib: gzip. `deflateInit2` is a macro, which Swift does not see.
#pragma once
#include <zlib.h>

static inline int prikke_gzip_begin(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
