/* The command line: what the user asked for.
 * Must never know: sockets, mailtls connections. */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_RECIPIENTS 100
#define MAX_TLSA 20

struct options {
    const char *service_name;
    int32_t service;
    const char *host; /* what is connected to; without srv_domain the certificate must be for it */
    const char *port;
    const char *connect; /* the address to connect to, when it is not HOST's own */
    const char *srv_domain; /* the mail domain whose SRV records have HOST; NULL: typed by the user */
    bool srv_proven;        /* by DNSSEC */
    const char *tlsa[MAX_TLSA]; /* the TLSA records of HOST and PORT */
    size_t tlsa_count;
    const char *policy; /* NULL: mailtls's own */
    bool has_pin;
    uint8_t pin[32]; /* the SHA-256 of the one certificate that will do whatever is wrong with it */
    const char *ca_file; /* NULL: the system's trust anchors */
    const char *user;
    char *password; /* this and the token: inside argv or the environment, wiped in place after use */
    char *token;
    const char *client_cert, *client_key; /* both or none */
    bool tls13_client_cert;
    const char *mechanism;    /* NULL: the best for what there is */
    int32_t mechanism_floor;  /* a mailtls_mechanism_floor */
    const char *authorize_as; /* NULL: the one who authenticates */
    const char *send_file;
    const char *from;
    const char *to[MAX_RECIPIENTS];
    size_t to_count;
    unsigned timeout; /* seconds, for the whole run */
    bool json;
};

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_WRONG };

/* Reads the command line. OPTIONS_WRONG: `reason` holds one line that says what is wrong;
 * `json` is set even then, so that the failure can be reported in the form asked for.
 * The strings point into argv and the environment. */
enum options_result options_read(int argc, char **argv, struct options *options, char *reason,
                                 size_t reason_size);

/* Whether there is something to log in with. */
bool options_log_in(const struct options *options);

/* Whether this mechanism shows a bearer token, not a password. */
bool options_by_token(const char *mechanism);

/* Wipes the password and the token where they stand. */
void options_wipe_secrets(struct options *options);

/* Prints the usage on stdout. */
void options_print_usage(void);

#endif
