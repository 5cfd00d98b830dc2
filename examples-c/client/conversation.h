/* What a client says after hand-off: log-out in three protocols, and submission of a message
 * (RFC 5321, RFC 6409).
 * Must never know: TLS, sockets, passwords. */
#ifndef CLIENT_CONVERSATION_H
#define CLIENT_CONVERSATION_H

#include "message.h"
#include "options.h"
#include "report.h"
#include "session.h"

/* Submits the message; what is refused goes into the report. True when the server has taken it. */
bool conversation_submit(struct session *session, const struct options *options,
                         const struct message *message, struct report *report);

/* Says LOGOUT or QUIT and waits for the server's answer. False when there is no proper one. */
bool conversation_log_out(struct session *session, int32_t service, struct report *report);

#endif
