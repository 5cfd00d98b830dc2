/* finder.c: looking for a string in a stream (see finder.h). */
#include "finder.h"

#include "text.h"

void finder_init(struct finder *f, const char *needle, size_t len)
{
    *f = (struct finder){.len = len};
    for (size_t i = 0; i < len; i++) {
        f->needle[i] = ascii_upper(needle[i]);
    }
    for (size_t i = 1, k = 0; i < len; i++) {
        while (k > 0 && f->needle[k] != f->needle[i]) {
            k = f->fall_back[k - 1];
        }
        k += f->needle[k] == f->needle[i] ? 1 : 0;
        f->fall_back[i] = (uint16_t)k;
    }
}

void finder_feed(struct finder *f, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && f->matched < f->len; i++) {
        char c = ascii_upper(bytes[i]);
        while (f->matched > 0 && f->needle[f->matched] != c) {
            f->matched = f->fall_back[f->matched - 1];
        }
        f->matched += f->needle[f->matched] == c ? 1 : 0;
    }
}
