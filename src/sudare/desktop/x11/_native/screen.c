/*
 * Another size for the screen (RandR 1.2), question by question: what there is, a mode of this size, then the change
 * itself with the server grabbed, so that no program lays itself out for a screen that is gone again.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

static int between(int low, int value, int high) { return value < low ? low : value > high ? high : value; }

static void give_up(sx_display *d) {
  d->resizing.busy = d->resizing.again = 0;
}

static void begin(sx_display *d) {  /* both are of RandR 1.3 */
  sx_resizing *r = &d->resizing;
  r->busy = 1;
  r->again = 0;
  sx_question_add(d, SX_ASKED_RANGE, xcb_randr_get_screen_size_range(d->c, d->root).sequence);
  sx_question_add(d, SX_ASKED_SCREEN, xcb_randr_get_screen_resources_current(d->c, d->root).sequence);
}

void sx_resize(sx_display *d, int width, int height, int scale) {
  sx_resizing *r = &d->resizing;
  if (!sx_writable(d) || !sx_extension(d, &xcb_randr_id, NULL)) return;
  r->width = width;
  r->height = height;
  r->scale = scale;
  if (r->busy)
    r->again = 1;
  else
    begin(d);
  sx_flush(d);
}

void sx_range_came(sx_display *d, const xcb_randr_get_screen_size_range_reply_t *reply) {
  sx_resizing *r = &d->resizing;
  if (!reply) return;
  r->to_width = between(reply->min_width, r->width, reply->max_width);
  r->to_height = between(reply->min_height, r->height, reply->max_height);
}

void sx_screen_came(sx_display *d, xcb_randr_get_screen_resources_current_reply_t *reply) {
  sx_resizing *r = &d->resizing;
  const int same = r->to_width == d->width && r->to_height == d->height;
  if (!reply || same || reply->num_outputs == 0 || reply->num_crtcs == 0) {
    give_up(d);
    return;
  }
  const uint64_t lists = 4u * (reply->num_crtcs + reply->num_outputs) + 32u * reply->num_modes;
  if (lists > (uint64_t)reply->length * 4) {
    give_up(d);
    return;
  }
  r->output = xcb_randr_get_screen_resources_current_outputs(reply)[0];
  r->crtc = xcb_randr_get_screen_resources_current_crtcs(reply)[0];
  r->config = reply->config_timestamp;
  r->mode = XCB_NONE;
  const xcb_randr_mode_info_t *modes = xcb_randr_get_screen_resources_current_modes(reply);
  for (int i = 0; i < reply->num_modes; i++)
    if (modes[i].width == r->to_width && modes[i].height == r->to_height) r->mode = modes[i].id;
  sx_question_add(d, SX_ASKED_OUTPUT, xcb_randr_get_output_info(d->c, r->output, r->config).sequence);
}

static void apply(sx_display *d) {
  sx_resizing *r = &d->resizing;
  const xcb_randr_output_t output = r->output;
  /* Programs take the density from here, when they take it from the server at all. */
  const int64_t scale = between(100, r->scale, 500);
  const uint32_t mm_w = (uint32_t)((int64_t)r->to_width * 2540 / (96 * scale) + 1);
  const uint32_t mm_h = (uint32_t)((int64_t)r->to_height * 2540 / (96 * scale) + 1);
  xcb_grab_server(d->c);
  xcb_discard_reply(d->c, xcb_randr_set_crtc_config(d->c, r->crtc, XCB_CURRENT_TIME, r->config, 0, 0, XCB_NONE,
                                                    XCB_RANDR_ROTATION_ROTATE_0, 0, NULL).sequence);
  xcb_randr_set_screen_size(d->c, d->root, (uint16_t)r->to_width, (uint16_t)r->to_height, mm_w, mm_h);
  const unsigned last = xcb_randr_set_crtc_config(d->c, r->crtc, XCB_CURRENT_TIME, r->config, 0, 0, r->mode,
                                                  XCB_RANDR_ROTATION_ROTATE_0, 1, &output).sequence;
  xcb_ungrab_server(d->c);
  sx_question_add(d, SX_ASKED_CONFIG, last);
}

static void use(sx_display *d, xcb_randr_mode_t mode) {
  d->resizing.mode = mode;
  apply(d);
}

void sx_output_came(sx_display *d, xcb_randr_get_output_info_reply_t *reply) {
  sx_resizing *r = &d->resizing;
  if (!reply || 4ull * (reply->num_crtcs + reply->num_modes) > 4ull * reply->length + 4) {
    give_up(d);
    return;
  }
  if (reply->crtc) r->crtc = reply->crtc;
  const xcb_randr_mode_t *modes = xcb_randr_get_output_info_modes(reply);
  for (int i = 0; r->mode && i < reply->num_modes; i++)
    if (modes[i] == r->mode) {
      use(d, r->mode);
      return;
    }
  if (r->mode) {
    xcb_randr_add_output_mode(d->c, r->output, r->mode);
    use(d, r->mode);
    return;
  }
  char name[32];
  const int length = snprintf(name, sizeof name, "sudare-%dx%d", r->to_width, r->to_height);
  xcb_randr_mode_info_t info = {0};
  info.width = (uint16_t)r->to_width;
  info.height = (uint16_t)r->to_height;
  info.hsync_start = (uint16_t)(r->to_width + 8);
  info.hsync_end = (uint16_t)(r->to_width + 40);
  info.htotal = (uint16_t)(r->to_width + 80);
  info.vsync_start = (uint16_t)(r->to_height + 3);
  info.vsync_end = (uint16_t)(r->to_height + 8);
  info.vtotal = (uint16_t)(r->to_height + 22);
  info.dot_clock = (uint32_t)info.htotal * info.vtotal * 60u;
  info.name_len = (uint16_t)length;
  sx_question_add(d, SX_ASKED_MODE, xcb_randr_create_mode(d->c, d->root, info, (uint32_t)length, name).sequence);
}

void sx_mode_came(sx_display *d, const xcb_randr_create_mode_reply_t *reply) {
  sx_resizing *r = &d->resizing;
  if (!reply) {
    give_up(d);
    return;
  }
  xcb_randr_add_output_mode(d->c, r->output, reply->mode);
  use(d, reply->mode);
  if (r->made) {  /* the one before is in use no more */
    xcb_randr_delete_output_mode(d->c, r->output, r->made);
    xcb_randr_destroy_mode(d->c, r->made);
  }
  r->made = reply->mode;
}

void sx_config_came(sx_display *d) {
  d->resizing.busy = 0;
  if (d->resizing.again) begin(d);
}
