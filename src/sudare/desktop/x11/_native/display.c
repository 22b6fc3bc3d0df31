/* The life of a display: connection, questions and answers, events. */
#define _GNU_SOURCE
#include "internal.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xcb/xcbext.h>

int sx_fd(const sx_display *d) { return xcb_get_file_descriptor(d->c); }

void sx_get_size(const sx_display *d, int32_t *width, int32_t *height) {
  *width = d->width;
  *height = d->height;
}

/* Whether the kernel takes what we write at once: xcb waits otherwise, and a hung X server would hang us. */
int sx_writable(const sx_display *d) {
  struct pollfd line = {.fd = sx_fd(d), .events = POLLOUT};
  return !d->closed && poll(&line, 1, 0) == 1 && (line.revents & POLLOUT);
}

void sx_flush(sx_display *d) {
  if (sx_writable(d)) xcb_flush(d->c);
}

void sx_question_add(sx_display *d, enum sx_kind kind, unsigned sequence) {
  const unsigned next = (d->tail + 1) % SX_QUESTIONS;
  if (next == d->head) {  /* never with what we ask at a time; an answer nobody waits for is freed by xcb */
    xcb_discard_reply(d->c, sequence);
    d->closed = 1;
    return;
  }
  d->questions[d->tail] = (sx_question){kind, sequence};
  d->tail = next;
}

static void answered(sx_display *d, enum sx_kind kind, void *reply) {
  switch (kind) {
    case SX_ASKED_REGION: sx_region_came(d, reply); break;
    case SX_ASKED_IMAGE: sx_image_came(d, reply); break;
    case SX_ASKED_CURSOR: sx_cursor_came(d, reply); break;
    case SX_ASKED_KEYMAP: sx_keymap_came(d, reply); break;
    case SX_ASKED_FOCUS: sx_focus_came(d, reply); break;
    case SX_ASKED_PROTOCOLS: sx_protocols_came(d, reply); break;
    case SX_ASKED_PARENT: sx_parent_came(d, reply); break;
    case SX_ASKED_SCREEN: sx_screen_came(d, reply); break;
    case SX_ASKED_RANGE: sx_range_came(d, reply); break;
    case SX_ASKED_OUTPUT: sx_output_came(d, reply); break;
    case SX_ASKED_MODE: sx_mode_came(d, reply); break;
    case SX_ASKED_CONFIG: sx_config_came(d); break;
    case SX_ASKED_SYNC: break;
  }
}

static void happened(sx_display *d, const xcb_generic_event_t *event) {
  const uint8_t type = event->response_type & 0x7F;
  if (type == d->damage_event) {
    sx_damaged(d, (const xcb_damage_notify_event_t *)event);
  } else if (type == d->cursor_event) {
    sx_cursor_changed(d);
  } else if (type == XCB_CONFIGURE_NOTIFY) {
    const xcb_configure_notify_event_t *e = (const xcb_configure_notify_event_t *)event;
    if (e->window == d->root) sx_resized(d, e->width, e->height);
  } else if (type == XCB_MAPPING_NOTIFY) {
    sx_mapping_changed(d, (const xcb_mapping_notify_event_t *)event);
  } else if (type == XCB_CLIENT_MESSAGE) {
    sx_message_came(d, (const xcb_client_message_event_t *)event);
  } /* 0 are errors of requests without an answer: a window that went meanwhile */
}

static int one_answer(sx_display *d) {
  if (d->head == d->tail) return 0;
  const sx_question question = d->questions[d->head];
  void *reply = NULL;
  xcb_generic_error_t *error = NULL;
  if (!xcb_poll_for_reply(d->c, question.sequence, &reply, &error)) return 0;
  d->head = (d->head + 1) % SX_QUESTIONS;
  answered(d, question.kind, reply);
  free(reply);
  free(error);
  return 1;
}

/* Answers and events as they are there; xcb reads the line only when no event is left. */
static int take_in(sx_display *d) {
  xcb_generic_event_t *event;
  int any = 0;
  while ((event = xcb_poll_for_event(d->c))) {
    happened(d, event);
    free(event);
    any = 1;
  }
  while (one_answer(d)) any = 1;
  return any;
}

/* Until there is nothing: the line will not be readable again for what xcb has read already. */
int sx_advance(sx_display *d) {
  while (!d->closed && take_in(d)) {
    sx_fetch_on(d);
    sx_flush(d);
  }
  if (xcb_connection_has_error(d->c)) d->closed = 1;
  const int news = d->news | (d->closed ? SX_CLOSED : 0);
  d->news = 0;
  return news;
}

int sx_extension(sx_display *d, xcb_extension_t *extension, uint8_t *first_event) {
  const xcb_query_extension_reply_t *found = xcb_get_extension_data(d->c, extension);
  if (!found || !found->present) return 0;
  if (first_event) *first_event = found->first_event;
  return 1;
}

static int root_is_ours(const sx_display *d) {
  const xcb_setup_t *setup = xcb_get_setup(d->c);
  if (setup->image_byte_order != XCB_IMAGE_ORDER_LSB_FIRST || d->screen->root_depth != 24) return 0;
  int wide = 0;
  for (xcb_format_iterator_t f = xcb_setup_pixmap_formats_iterator(setup); f.rem; xcb_format_next(&f))
    if (f.data->depth == 24) wide = f.data->bits_per_pixel == 32;
  for (xcb_depth_iterator_t i = xcb_screen_allowed_depths_iterator(d->screen); wide && i.rem; xcb_depth_next(&i))
    for (xcb_visualtype_iterator_t v = xcb_depth_visuals_iterator(i.data); v.rem; xcb_visualtype_next(&v))
      if (v.data->visual_id == d->screen->root_visual)
        return v.data->red_mask == 0xFF0000 && v.data->green_mask == 0xFF00 && v.data->blue_mask == 0xFF;
  return 0;
}

static int start(sx_display *d, const sx_config *config) {
  d->screen = xcb_setup_roots_iterator(xcb_get_setup(d->c)).data;
  if (!d->screen || !root_is_ours(d) || !sx_extension(d, &xcb_test_id, NULL)) return SX_LACKS;
  d->root = d->screen->root;
  d->cursor_rgba = calloc((size_t)SX_MAX_CURSOR * SX_MAX_CURSOR, 4);
  if (!d->cursor_rgba) return SX_NO_MEMORY;
  const uint32_t mask = XCB_EVENT_MASK_STRUCTURE_NOTIFY;
  xcb_change_window_attributes(d->c, d->root, XCB_CW_EVENT_MASK, &mask);
  if (!sx_keyboard_start(d, config->layout) || !sx_question_start(d)) return SX_LACKS;
  if (!sx_cursor_start(d) || !sx_picture_start(d)) return SX_LACKS;
  xcb_test_grab_control(d->c, 1);  /* a menu that grabs the server must not lock the person out */
  return SX_OK;
}

int sx_open(const sx_config *config, sx_display **out) {
  sx_display *d = calloc(1, sizeof *d);
  if (!d) {
    close(config->line);
    return SX_NO_MEMORY;
  }
  char name[] = "MIT-MAGIC-COOKIE-1";
  xcb_auth_info_t proof = {sizeof name - 1, name, config->cookie_length, (char *)(uintptr_t)config->cookie};
  d->c = xcb_connect_to_fd(config->line, config->cookie_length > 0 ? &proof : NULL);
  d->max_side = config->max_side;
  d->max_pixels = config->max_pixels;
  d->deltas = config->deltas;
  int ending = xcb_connection_has_error(d->c) ? SX_REFUSED : start(d, config);
  if (ending == SX_OK && xcb_connection_has_error(d->c)) ending = SX_LACKS;
  if (ending == SX_OK) {
    xcb_flush(d->c);
    *out = d;
    return SX_OK;
  }
  d->closed = 1;
  sx_close(d);
  return ending;
}

/*
 * A server that writes to a client who hung up forgets what that client still said: a key would stay down for ever.
 * So wait until it has heard everything.
 */
static void take_leave(sx_display *d) {
  struct pollfd line = {.fd = sx_fd(d), .events = POLLIN};
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long until = now.tv_sec * 1000L + now.tv_nsec / 1000000L + SX_LEAVE_MS;
  if (!sx_writable(d)) return;
  const unsigned last = xcb_get_input_focus(d->c).sequence;
  xcb_flush(d->c);
  for (;;) {
    void *reply = NULL;
    xcb_generic_error_t *error = NULL;
    free(xcb_poll_for_event(d->c));
    const int heard = xcb_poll_for_reply(d->c, last, &reply, &error);
    free(reply);
    free(error);
    clock_gettime(CLOCK_MONOTONIC, &now);
    const long left = until - (now.tv_sec * 1000L + now.tv_nsec / 1000000L);
    if (heard || left <= 0 || xcb_connection_has_error(d->c)) return;
    if (poll(&line, 1, (int)left) <= 0) return;
  }
}

void sx_close(sx_display *d) {
  if (!d) return;
  if (!d->closed) {
    sx_keyboard_end(d);
    take_leave(d);
  }
  sx_picture_end(d);
  xcb_disconnect(d->c);
  free(d->cursor_rgba);
  free(d);
}
