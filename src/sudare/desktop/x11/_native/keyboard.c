/*
 * Keyboard and pointer: what the keys mean, and pressing them (XTEST).
 *
 * The server repeats a held key by itself, and a key-up that is late on the line would come after many repeats. The
 * browser repeats anyway, so here the server's repetition is off.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <xcb/xcbext.h>

enum { XKB_USE_EXTENSION = 0, XKB_GET_KBD_BY_NAME = 23, XKB_CORE_KEYBOARD = 0x100, XKB_ALL_COMPONENTS = 0xFF };
typedef struct { uint8_t type, device; uint16_t sequence; uint32_t length; uint8_t min, max, loaded, rest[21]; } xkb_reply;

static xcb_extension_t xkb = {"XKEYBOARD", 0};

static xkb_reply *xkb_ask(sx_display *d, uint8_t opcode, uint8_t *request, size_t length) {
  xcb_protocol_request_t how = {.count = 1, .ext = &xkb, .opcode = opcode, .isvoid = 0};
  struct iovec parts[3] = {{0}, {0}, {.iov_base = request, .iov_len = length}};  /* xcb wants two spare ones before */
  return xcb_wait_for_reply(d->c, xcb_send_request(d->c, XCB_REQUEST_CHECKED, parts + 2, &how), NULL);
}

static uint8_t *put_name(uint8_t *at, const char *first, const char *middle, const char *last) {
  uint8_t *length = at++;
  const char *pieces[] = {first, middle, last};
  for (size_t i = 0; i < 3; i++) {
    memcpy(at, pieces[i], strlen(pieces[i]));
    at += strlen(pieces[i]);
  }
  *length = (uint8_t)(at - length - 1);
  return at;
}

/* XkbGetKbdByName, as setxkbmap asks for it. A server that cannot keeps the keyboard it has. */
static void load_layout(sx_display *d, const char *layout) {
  uint8_t request[256] = {0};
  if (strlen(layout) > 32 || !sx_extension(d, &xkb, NULL)) return;
  const uint16_t use[] = {1, 0};
  memcpy(request + 4, use, sizeof use);
  free(xkb_ask(d, XKB_USE_EXTENSION, request, 8));
  memset(request, 0, sizeof request);
  const uint16_t head[] = {XKB_CORE_KEYBOARD, XKB_ALL_COMPONENTS, 0};
  memcpy(request + 4, head, sizeof head);
  request[10] = 1;  /* load */
  uint8_t *at = put_name(request + 12, "", "", "");
  at = put_name(at, "evdev+aliases(qwerty)", "", "");
  at = put_name(at, "complete", "", "");
  at = put_name(at, "complete", "", "");
  at = put_name(at, "pc+", layout, "+inet(evdev)");
  at = put_name(at, "pc(pc105)", "", "");
  free(xkb_ask(d, XKB_GET_KBD_BY_NAME, request, (size_t)(at - request + 3) & ~(size_t)3));
}

static xcb_get_keyboard_mapping_cookie_t ask_keymap(sx_display *d) {
  return xcb_get_keyboard_mapping(d->c, (xcb_keycode_t)d->first_code, (uint8_t)d->codes);
}

static void take_keymap(sx_display *d, xcb_get_keyboard_mapping_reply_t *reply) {
  const xcb_keysym_t *syms = xcb_get_keyboard_mapping_keysyms(reply);
  const int each = reply->keysyms_per_keycode, there = xcb_get_keyboard_mapping_keysyms_length(reply);
  memset(d->keysyms, 0, sizeof d->keysyms);
  for (int i = 0; i < d->codes; i++)
    for (int level = 0; level < each && level < SX_KEYSYMS && i * each + level < there; level++)
      d->keysyms[d->first_code + i][level] = syms[i * each + level];
}

int sx_keyboard_start(sx_display *d, const char *layout) {
  const xcb_setup_t *setup = xcb_get_setup(d->c);
  d->first_code = setup->min_keycode;
  d->codes = setup->max_keycode - setup->min_keycode + 1;
  load_layout(d, layout);
  xcb_get_keyboard_mapping_reply_t *reply = xcb_get_keyboard_mapping_reply(d->c, ask_keymap(d), NULL);
  if (!reply) return 0;
  take_keymap(d, reply);
  free(reply);
  const uint32_t off = XCB_AUTO_REPEAT_MODE_OFF;
  xcb_change_keyboard_control(d->c, XCB_KB_AUTO_REPEAT_MODE, &off);
  return 1;
}

void sx_keyboard_end(sx_display *d) {
  const uint32_t on = XCB_AUTO_REPEAT_MODE_DEFAULT;
  if (sx_writable(d)) xcb_change_keyboard_control(d->c, XCB_KB_AUTO_REPEAT_MODE, &on);
}

/* A single key is our own doing (sx_bind); anything else is somebody loading another keyboard. */
void sx_mapping_changed(sx_display *d, const xcb_mapping_notify_event_t *event) {
  if (event->request != XCB_MAPPING_KEYBOARD || event->count == 1 || d->keymap_asked) return;
  d->keymap_asked = 1;
  sx_question_add(d, SX_ASKED_KEYMAP, ask_keymap(d).sequence);
}

void sx_keymap_came(sx_display *d, xcb_get_keyboard_mapping_reply_t *reply) {
  d->keymap_asked = 0;
  if (!reply) return;
  take_keymap(d, reply);
  d->news |= SX_KEYMAP;
}

void sx_keysyms(const sx_display *d, uint32_t *out) { memcpy(out, d->keysyms, sizeof d->keysyms); }

/* The same in both columns: neither Shift nor the case of letters makes another character of it. */
void sx_bind(sx_display *d, int keycode, uint32_t keysym) {
  if (keycode < d->first_code || keycode >= d->first_code + d->codes || !sx_writable(d)) return;
  const xcb_keysym_t syms[] = {keysym, keysym};
  xcb_change_keyboard_mapping(d->c, 1, (xcb_keycode_t)keycode, 2, syms);
}

int sx_fake(sx_display *d, int type, int detail, int x, int y) {
  if (!sx_writable(d)) return -1;
  xcb_test_fake_input(d->c, (uint8_t)type, (uint8_t)detail, XCB_CURRENT_TIME, type == SX_MOTION ? d->root : XCB_NONE,
                      (int16_t)x, (int16_t)y, 0);
  return 0;
}
