/* smtp_data.c: the message behind DATA (see smtp_data.h). */
#include "smtp_data.h"

#define PIECE 4096

void smtp_data_begin(struct smtp_data *data, uint64_t max_size)
{
    *data = (struct smtp_data){.state = DATA_LINE_START, .max_size = max_size};
}

enum verdict { VERDICT_KEEP, VERDICT_DROP, VERDICT_END, VERDICT_BARE };

/* What one octet is in the state that holds, and the state that follows. */
static enum verdict look(struct smtp_data *data, char c)
{
    switch (data->state) {
    case DATA_LINE_START:
        if (c == '.') {
            data->state = DATA_DOT;
            return VERDICT_DROP;
        }
        break;
    case DATA_DOT:
        if (c == '\r') {
            data->state = DATA_DOT_CR;
            return VERDICT_DROP;
        }
        break;
    case DATA_DOT_CR:
        return c == '\n' ? VERDICT_END : VERDICT_BARE;
    case DATA_CR:
        data->state = DATA_LINE_START;
        return c == '\n' ? VERDICT_KEEP : VERDICT_BARE;
    case DATA_IN_LINE:
        break;
    }
    if (c == '\n') {
        return VERDICT_BARE;
    }
    data->state = c == '\r' ? DATA_CR : DATA_IN_LINE;
    data->nul = data->nul || c == '\0';
    return VERDICT_KEEP;
}

static void store(struct smtp_data *data, struct delivery *delivery, const char *bytes, size_t len)
{
    data->size += len;
    if (data->size > data->max_size || data->nul) {
        delivery_abort(delivery);
    } else if (!data->failed && !delivery_write(delivery, bytes, len)) {
        data->failed = true;
    }
}

enum smtp_data_result smtp_data_take(struct smtp_data *data, struct delivery *delivery,
                                     const char *bytes, size_t len, size_t *taken)
{
    char piece[PIECE];
    size_t used = 0;
    enum verdict verdict = VERDICT_DROP;
    size_t i = 0;
    while (i < len && verdict != VERDICT_END && verdict != VERDICT_BARE) {
        verdict = look(data, bytes[i]);
        if (verdict == VERDICT_KEEP) {
            piece[used++] = bytes[i];
        }
        i++;
        if (used == sizeof piece) {
            store(data, delivery, piece, used);
            used = 0;
        }
    }
    if (used > 0) {
        store(data, delivery, piece, used);
    }
    *taken = i;
    if (verdict == VERDICT_END) {
        return SMTP_DATA_END;
    }
    if (verdict == VERDICT_BARE) {
        return SMTP_DATA_BARE;
    }
    return data->size / 2 > data->max_size ? SMTP_DATA_ENDLESS : SMTP_DATA_MORE;
}
