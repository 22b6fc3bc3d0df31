/*
 * Whether the program in front has handled its input so far: _NET_WM_PING (EWMH), the message a window manager sends.
 * A toolkit answers it in the order of its events, so what was typed before it has been read with the keys as they
 * meant then. The window with the focus may be inside the one that takes such messages: its parents are looked at.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH = 8 };

static xcb_atom_t atom(sx_display *d, const char *name) {
  xcb_intern_atom_reply_t *reply =
      xcb_intern_atom_reply(d->c, xcb_intern_atom(d->c, 0, (uint16_t)strlen(name), name), NULL);
  const xcb_atom_t found = reply ? reply->atom : XCB_NONE;
  free(reply);
  return found;
}

int sx_question_start(sx_display *d) {
  d->protocols = atom(d, "WM_PROTOCOLS");
  d->ping = atom(d, "_NET_WM_PING");
  return d->protocols && d->ping;
}

void sx_ask(sx_display *d) {
  if (d->asking || !sx_writable(d)) return;
  /* The answer is sent to whoever listens to the root's substructure: a window manager, and from now on we. */
  const uint32_t mask = XCB_EVENT_MASK_STRUCTURE_NOTIFY | XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY;
  xcb_change_window_attributes(d->c, d->root, XCB_CW_EVENT_MASK, &mask);
  d->asking = 1;
  d->depth = 0;
  d->token++;
  sx_question_add(d, SX_ASKED_FOCUS, xcb_get_input_focus(d->c).sequence);
  xcb_flush(d->c);
}

static void look_at(sx_display *d, xcb_window_t window) {
  d->asking = 0;  /* a window that cannot say: the caller goes by the clock */
  if (window <= 1 || window == d->root || d->depth++ >= DEPTH) return;
  d->asking = 1;
  d->asked = window;
  sx_question_add(d, SX_ASKED_PROTOCOLS,
                  xcb_get_property(d->c, 0, window, d->protocols, XCB_ATOM_ATOM, 0, 64).sequence);
}

void sx_focus_came(sx_display *d, const xcb_get_input_focus_reply_t *reply) { look_at(d, reply ? reply->focus : 0); }

void sx_protocols_came(sx_display *d, xcb_get_property_reply_t *reply) {
  const uint32_t known = reply && reply->format == 32 && reply->value_len <= reply->length ? reply->value_len : 0;
  const xcb_atom_t *atoms = known ? xcb_get_property_value(reply) : NULL;
  for (uint32_t i = 0; i < known; i++) {
    if (atoms[i] != d->ping) continue;
    xcb_client_message_event_t event = {.response_type = XCB_CLIENT_MESSAGE, .format = 32, .window = d->asked,
                                        .type = d->protocols};
    event.data.data32[0] = d->ping;
    event.data.data32[1] = d->token;
    event.data.data32[2] = d->asked;
    xcb_send_event(d->c, 0, d->asked, XCB_EVENT_MASK_NO_EVENT, (const char *)&event);
    d->asking = 0;
    return;
  }
  sx_question_add(d, SX_ASKED_PARENT, xcb_query_tree(d->c, d->asked).sequence);
}

void sx_parent_came(sx_display *d, const xcb_query_tree_reply_t *reply) { look_at(d, reply ? reply->parent : 0); }

void sx_message_came(sx_display *d, const xcb_client_message_event_t *event) {
  const int answer = event->window == d->root && event->type == d->protocols && event->format == 32 &&
                     event->data.data32[0] == d->ping && event->data.data32[1] == d->token;
  if (answer) d->news |= SX_ANSWERED;
}
