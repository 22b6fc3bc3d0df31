/* Pointer images as RGBA with straight alpha; only the newest is kept. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

int sx_cursor_start(sx_display *d) {
  uint8_t first = 0;
  if (!sx_extension(d, &xcb_xfixes_id, &first)) return 0;
  d->cursor_event = first + XCB_XFIXES_CURSOR_NOTIFY;
  xcb_xfixes_query_version_reply_t *version =
      xcb_xfixes_query_version_reply(d->c, xcb_xfixes_query_version(d->c, 4, 0), NULL);
  const int there = version && version->major_version >= 2;
  free(version);
  if (!there) return 0;
  xcb_xfixes_select_cursor_input(d->c, d->root, XCB_XFIXES_CURSOR_NOTIFY_MASK_DISPLAY_CURSOR);
  sx_cursor_changed(d);
  return 1;
}

void sx_cursor_changed(sx_display *d) {
  if (d->cursor_asked) {
    d->cursor_again = 1;
    return;
  }
  d->cursor_asked = 1;
  sx_question_add(d, SX_ASKED_CURSOR, xcb_xfixes_get_cursor_image(d->c).sequence);
}

static uint8_t straight(uint32_t channel, uint32_t alpha) {
  const uint32_t value = alpha ? (channel * 255 + alpha / 2) / alpha : 0;
  return (uint8_t)(value > 255 ? 255 : value);
}

static int take_pixels(sx_display *d, const uint32_t *argb, size_t count) {
  uint32_t seen = 0;
  uint8_t *to = d->cursor_rgba;
  for (size_t i = 0; i < count; i++, to += 4) {
    const uint32_t p = argb[i], alpha = p >> 24;
    seen |= alpha;
    to[0] = straight(p >> 16 & 0xFF, alpha);
    to[1] = straight(p >> 8 & 0xFF, alpha);
    to[2] = straight(p & 0xFF, alpha);
    to[3] = (uint8_t)alpha;
  }
  return seen != 0;
}

void sx_cursor_came(sx_display *d, xcb_xfixes_get_cursor_image_reply_t *reply) {
  d->cursor_asked = 0;
  if (d->cursor_again) {
    d->cursor_again = 0;
    sx_cursor_changed(d);
    return;
  }
  d->news |= SX_CURSOR;
  d->cursor = (sx_cursor){SX_CURSOR_DEFAULT, 0, 0, 0, 0};
  if (!reply) return;  /* the server shows none of its own */
  const int32_t w = reply->width, h = reply->height;
  if (w > SX_MAX_CURSOR || h > SX_MAX_CURSOR || reply->length < (uint32_t)w * (uint32_t)h) return;
  const int visible = take_pixels(d, xcb_xfixes_get_cursor_image_cursor_image(reply), (size_t)w * (size_t)h);
  d->cursor = (sx_cursor){visible ? SX_CURSOR_IMAGE : SX_CURSOR_HIDDEN, w, h, reply->xhot, reply->yhot};
}

void sx_take_cursor(sx_display *d, sx_cursor *out, uint8_t *rgba) {
  *out = d->cursor;
  if (out->kind == SX_CURSOR_IMAGE) memcpy(rgba, d->cursor_rgba, (size_t)out->w * (size_t)out->h * 4);
  d->cursor.kind = SX_CURSOR_NONE;
}
