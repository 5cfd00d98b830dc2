/* pair.h: configurations, and a server's and a client's connection joined in memory, each with
 * a small host behind it. It knows nothing of sockets. */
#ifndef PAIR_H
#define PAIR_H

#include <mailtls.h>
#include <stdbool.h>

#define SERVER_NAME "mail.example"
#define USER "tim"
#define PASSWORD "tanstaaftanstaaf"

/* The path of a file that make-certificates wrote: in the directory that the environment
 * variable MAILTLS_CERTIFICATES names. Valid until the next call. */
const char *certificate_file(const char *name);

/* A builder with STEM.pem and STEM.key, and one that trusts a file; what builds them frees them.
 * All end the program when something cannot be made. */
mailtls_server_config_builder *server_builder(const char *stem);
mailtls_server_config *server_built(mailtls_server_config_builder *builder);
mailtls_client_config_builder *client_builder(const char *ca);
mailtls_client_config *client_built(mailtls_client_config_builder *builder);

/* A configuration with STEM.pem and STEM.key. Ends the program when it cannot be made. */
mailtls_server_config *server_config(const char *stem);

/* A configuration that trusts a file. Ends the program when it cannot be made. */
mailtls_client_config *client_config(const char *ca, int32_t hand_off);

/* The same, to which a STARTTLS service without STARTTLS is no error. */
mailtls_client_config *opportunistic_client_config(const char *ca);

enum { EVENTS_MAX = 32 };

/* One end of the pair. */
struct end {
    mailtls_connection *connection;
    int32_t events[EVENTS_MAX]; /* in their order */
    size_t event_count;
    int32_t error; /* the first error of handle_input, or 0 */
};

struct pair;

/* What a test does about an event of one end. */
typedef void (*react)(struct pair *pair, struct end *end, int32_t event);

struct pair {
    struct end server;
    struct end client;
    const char *mechanism; /* what the client authenticates with; NULL for the best */
    const char *password;  /* the client's */
    bool authenticates;    /* whether the client authenticates by itself, once */
    react react;           /* in place of all that; NULL for that */
    void *context;         /* the test's */
    uint64_t now;
};

/* Connects a client to a server; pair_run carries the bytes. */
void pair_open(struct pair *pair, const mailtls_server_config *server,
               const mailtls_client_config *client, int32_t service);

/* The same for an account, whose certificate the client may show. */
void pair_open_for_account(struct pair *pair, const mailtls_server_config *server,
                           const mailtls_client_config *client, int32_t service,
                           const char *account);

/* Carries bytes and handles events until neither end has anything more to say. */
void pair_run(struct pair *pair);

/* Frees both connections. */
void pair_close(struct pair *pair);

/* How often an end has had an event. */
unsigned heard(const struct end *end, int32_t event);

#endif
