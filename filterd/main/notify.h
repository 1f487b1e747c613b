/* Telling a service manager how we are: sd_notify(3)'s protocol, which is one datagram, without its library. */
#ifndef FILTERD_MAIN_NOTIFY_H
#define FILTERD_MAIN_NOTIFY_H

/* Sends state ("READY=1", …) to $NOTIFY_SOCKET.  Without one, or when it fails, nothing happens: a
 * service manager that does not listen is no reason to stop filtering. */
void notify_send(const char *state);
/* "RELOADING=1" with the time stamp that systemd asks for. */
void notify_reloading(void);

#endif
