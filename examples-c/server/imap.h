/* imap.h: what the parts of the IMAP session share: its state, how a command answers, and
 * the tokens of its grammar. Only imap*.c need it. */
#ifndef IMAP_H
#define IMAP_H

#include "delivery.h"
#include "reader.h"
#include "session.h"
#include "text.h"

/* A command with its literals (RFC 7162 section 4 recommends 8192 octets without them). */
#define IMAP_COMMAND_MAX 16384
#define IMAP_ITEMS_MAX 32
#define IMAP_STRING_MAX 1024

/* One message as this session numbers it. */
struct view_entry {
    struct message *message;
    uint64_t told; /* the flags the client knows of */
    bool recent;
};

/* What a command may tell of beside its own answer (RFC 9051 section 7.5.1: no EXPUNGE
 * while numbers are in use). */
enum imap_update { UPDATE_NOTHING, UPDATE_NO_EXPUNGE, UPDATE_ALL };

enum fetch_kind {
    FETCH_FLAGS, FETCH_UID, FETCH_INTERNALDATE, FETCH_SIZE, FETCH_ENVELOPE, FETCH_BODY,
    FETCH_BODYSTRUCTURE, FETCH_SECTION,
};

enum fetch_range { RANGE_ALL, RANGE_HEADER, RANGE_TEXT, RANGE_FIELDS, RANGE_FIELDS_NOT, RANGE_NONE };

struct fetch_item {
    enum fetch_kind kind;
    enum fetch_range range;
    const char *label;   /* "RFC822" and the like; NULL: BODY[section] */
    struct text section; /* as the client wrote it, without field names */
    struct text names;   /* "(...)" of HEADER.FIELDS */
    bool peek;
    bool partial;
    uint64_t offset, count;
};

struct fetch {
    struct fetch_item items[IMAP_ITEMS_MAX];
    size_t count;
    bool in_message; /* a response has been begun */
    size_t next;     /* item */
    bool tell_flags;
    bool missing;    /* some message could not be read */
    struct reader reader;
    struct buffer header;
    uint64_t left;   /* octets of a literal still to be sent */
};

struct append {
    bool active;
    uint64_t left;       /* octets of the message still to come */
    const char *refusal; /* the answer is settled: the octets are only passed over */
    uint64_t flags;
    int64_t date;
    struct delivery delivery;
};

struct imap {
    size_t scanned; /* octets of `in` that are known lines and literals of the next command */
    char *command;  /* the one that is being worked on */
    char tag[64];
    bool uid;       /* it began with UID */
    bool idling;
    bool (*job)(struct session *s); /* its long work; false when done */
    enum imap_update update;
    int update_phase;
    size_t update_cursor;
    bool update_grown;
    char done[256]; /* its tagged answer, without the tag; empty while not settled */
    unsigned errors;

    bool selected;
    bool read_only;
    struct view_entry *view;
    size_t count;
    size_t capacity;
    uint32_t last_uid; /* messages above it are not in the view yet */

    struct text set;  /* arguments of the command; they point into `command` */
    struct text keys;
    size_t cursor;    /* of the job */
    uint64_t flags;
    int store_mode;
    bool silent;
    struct fetch fetch;
    struct append append;
};

/* imap.c: the tagged answer of the present command. BAD ones count as errors. */
void imap_done(struct session *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void imap_bad(struct session *s, const char *why);
void imap_job(struct session *s, bool (*job)(struct session *s));

/* imap_parse.c: tokens at the front of *rest. */
bool imap_take(struct text *rest, const char *word); /* exactly this, case ignored */
bool imap_take_atom(struct text *rest, struct text *atom);
bool imap_take_astring(struct text *rest, char out[IMAP_STRING_MAX], size_t *len);
bool imap_take_pattern(struct text *rest, char out[IMAP_STRING_MAX], size_t *len);
bool imap_take_set(struct text *rest, struct text *set);
bool imap_take_flag(struct text *rest, uint64_t *flag);
bool imap_take_flags(struct text *rest, uint64_t *flags); /* "(...)" */
bool imap_take_date_time(struct text *rest, int64_t *date);
bool imap_take_day(struct text *rest, int64_t *days); /* 1-Feb-2026, quoted or not */
bool imap_take_inbox(struct text *rest, bool *is_inbox);
bool imap_set_has(struct text set, uint64_t number, uint64_t largest);
bool imap_literal_at_end(struct text line, uint64_t *size, bool *waits);

/* imap_write.c: pieces of answers. */
void imap_write_string(struct buffer *out, struct text t);
void imap_write_astring(struct buffer *out, struct text t); /* as an atom when it is one */
void imap_write_flags(struct buffer *out, uint64_t flags, bool recent);
void imap_write_date_time(struct buffer *out, int64_t date);

/* imap_view.c: the numbered messages. */
bool imap_view_grow(struct session *s); /* true while there is more to take in */
bool imap_update_step(struct session *s); /* tells of changes; true while there are more */
void imap_view_close(struct imap *imap);
size_t imap_recent_count(const struct imap *imap);
bool imap_in_set(const struct imap *imap, size_t index);

/* imap_structure.c: ENVELOPE and BODYSTRUCTURE out of a header. */
void imap_write_envelope(struct buffer *out, struct text header);
void imap_write_structure(struct buffer *out, struct text header, uint64_t octets, uint64_t lines, bool extended);

/* imap_address.c: the addresses of a field, or of another when it is not there. */
void imap_write_addresses(struct buffer *out, struct text header, const char *field, const char *otherwise);

/* The commands: imap_mailbox.c, imap_fetch.c, imap_items.c, imap_store.c, imap_search.c. */
void imap_select(struct session *s, struct text args);
void imap_examine(struct session *s, struct text args);
void imap_list(struct session *s, struct text args);
void imap_lsub(struct session *s, struct text args);
void imap_status(struct session *s, struct text args);
void imap_subscribe(struct session *s, struct text args);
void imap_fetch(struct session *s, struct text args);
void imap_store(struct session *s, struct text args);
void imap_copy(struct session *s, struct text args);
void imap_expunge(struct session *s, struct text args);
void imap_close(struct session *s, struct text args);
void imap_unselect(struct session *s, struct text args);
void imap_search(struct session *s, struct text args);
bool imap_take_items(struct text *rest, struct fetch *fetch);

/* imap_append.c: to be asked at every literal of a command whether it is the message of an
 * APPEND; `waits` says that the client waits for an invitation. */
bool imap_append_begin(struct session *s, struct text command, uint64_t size, bool waits);
enum step imap_append_step(struct session *s);

#endif
