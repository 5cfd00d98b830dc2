/* der.c: just enough DER to find a name (see der.h). Every length is checked, though mailtls has
 * parsed and verified the certificate before. */
#include "der.h"

#include <string.h>

#define SEQUENCE 0x30
#define SET 0x31
#define OBJECT_IDENTIFIER 0x06
#define VERSION 0xa0 /* [0], explicit */
#define UTF8_STRING 0x0c
#define PRINTABLE_STRING 0x13
#define TELETEX_STRING 0x14
#define IA5_STRING 0x16

/* A piece of DER that has not been read yet, or the contents of an element. */
struct der {
    const uint8_t *bytes;
    size_t len;
};

/* Takes the next element from *rest: its tag and its contents. */
static bool take(struct der *rest, uint8_t *tag, struct der *contents)
{
    size_t at = 2, len;
    if (rest->len < 2) {
        return false;
    }
    *tag = rest->bytes[0];
    len = rest->bytes[1];
    if (len >= 0x80) {
        size_t octets = len - 0x80;
        if (octets == 0 || octets > 3 || rest->len < at + octets) {
            return false;
        }
        for (len = 0; octets > 0; octets--) {
            len = len << 8 | rest->bytes[at++];
        }
    }
    if (len > rest->len - at) {
        return false;
    }
    *contents = (struct der){.bytes = rest->bytes + at, .len = len};
    rest->bytes += at + len;
    rest->len -= at + len;
    return true;
}

static bool take_tagged(struct der *rest, uint8_t wanted, struct der *contents)
{
    uint8_t tag;
    return take(rest, &tag, contents) && tag == wanted;
}

/* Certificate and TBSCertificate (RFC 5280 section 4.1), as far as the subject. */
static bool find_subject(struct der rest, struct der *subject)
{
    struct der certificate, tbs, skipped;
    uint8_t tag;
    if (!take_tagged(&rest, SEQUENCE, &certificate) || !take_tagged(&certificate, SEQUENCE, &tbs)) {
        return false;
    }
    if (tbs.len > 0 && tbs.bytes[0] == VERSION && !take(&tbs, &tag, &skipped)) {
        return false;
    }
    /* serialNumber, signature, issuer, validity */
    for (int i = 0; i < 4; i++) {
        if (!take(&tbs, &tag, &skipped)) {
            return false;
        }
    }
    return take_tagged(&tbs, SEQUENCE, subject);
}

/* AttributeTypeAndValue. Strings of two or four octets a character are passed over. */
static bool is_common_name(struct der attribute, struct text *value)
{
    static const uint8_t id_at_common_name[] = {0x55, 0x04, 0x03};
    struct der type, contents;
    uint8_t tag;
    if (!take_tagged(&attribute, OBJECT_IDENTIFIER, &type) || type.len != sizeof id_at_common_name ||
        memcmp(type.bytes, id_at_common_name, type.len) != 0 || !take(&attribute, &tag, &contents) ||
        (tag != UTF8_STRING && tag != PRINTABLE_STRING && tag != TELETEX_STRING && tag != IA5_STRING)) {
        return false;
    }
    *value = text_of((const char *)contents.bytes, contents.len);
    return true;
}

bool der_common_name(const uint8_t *certificate, size_t len, struct text *name)
{
    struct der subject, set, attribute;
    size_t found = 0;
    if (!find_subject((struct der){.bytes = certificate, .len = len}, &subject)) {
        return false;
    }
    while (take_tagged(&subject, SET, &set)) {
        while (take_tagged(&set, SEQUENCE, &attribute)) {
            found += is_common_name(attribute, name);
        }
    }
    return found == 1;
}
