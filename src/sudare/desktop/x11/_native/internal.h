/* What the files of the shim share. */
#pragma once
#include "display.h"

#include <stddef.h>
#include <xcb/damage.h>
#include <xcb/randr.h>
#include <xcb/shm.h>
#include <xcb/xcb.h>
#include <xcb/xfixes.h>
#include <xcb/xtest.h>

/* What was asked and not answered yet; answers come in the order of the questions. */
enum sx_kind {
  SX_ASKED_REGION, SX_ASKED_IMAGE, SX_ASKED_CURSOR, SX_ASKED_KEYMAP, SX_ASKED_FOCUS, SX_ASKED_PROTOCOLS,
  SX_ASKED_PARENT, SX_ASKED_SCREEN, SX_ASKED_OUTPUT, SX_ASKED_RANGE, SX_ASKED_MODE, SX_ASKED_CONFIG, SX_ASKED_SYNC
};
enum { SX_QUESTIONS = 256, SX_MAX_OUTPUT_MODES = 256 };
typedef struct { enum sx_kind kind; unsigned sequence; } sx_question;

enum sx_fetch { SX_IDLE, SX_REGION, SX_IMAGES, SX_READY };

typedef struct {
  int busy, again;                    /* a change is under way; another was asked for meanwhile */
  int width, height, scale;           /* the newest wish */
  int to_width, to_height;            /* what is being done */
  xcb_randr_output_t output;
  xcb_randr_crtc_t crtc;
  xcb_randr_mode_t mode, made;        /* `made`: by us, and in use */
  int min_w, min_h, max_w, max_h;
  xcb_timestamp_t config;
} sx_resizing;

struct sx_display {
  xcb_connection_t *c;
  xcb_screen_t *screen;
  xcb_window_t root;
  int32_t max_side;
  int64_t max_pixels;
  int news;                           /* SX_* to report */
  int closed;
  sx_question questions[SX_QUESTIONS];
  unsigned head, tail;

  uint8_t damage_event, cursor_event; /* numbers of the extensions' events */
  xcb_damage_damage_t damage;
  xcb_xfixes_region_t region;
  int deltas, dirty, whole, held;
  enum sx_fetch fetch;
  int stale, failures, waiting;       /* answers still out; their pixels are of no use */
  int64_t rounds;
  int width, height;
  sx_rect next[SX_MAX_RECTS], rects[SX_MAX_RECTS];
  int next_count, rect_count;
  size_t offsets[SX_MAX_RECTS];
  xcb_shm_seg_t segment;
  uint8_t *pixels;
  size_t capacity;

  int cursor_asked, cursor_again;
  sx_cursor cursor;
  uint8_t *cursor_rgba;               /* SX_MAX_CURSOR squared */

  int first_code, codes;
  uint32_t keysyms[SX_KEYCODES][SX_KEYSYMS];
  int keymap_asked;
  xcb_atom_t protocols, ping;
  xcb_window_t asked;                 /* the window whose program is asked, or its parents */
  int depth, asking;
  uint32_t token;

  sx_resizing resizing;
};

void sx_question_add(sx_display *d, enum sx_kind kind, unsigned sequence);    /* display.c */
int sx_writable(const sx_display *d);
int sx_extension(sx_display *d, xcb_extension_t *extension, uint8_t *first_event);
int sx_picture_start(sx_display *d);                                          /* picture.c */
void sx_picture_end(sx_display *d);
void sx_damaged(sx_display *d, const xcb_damage_notify_event_t *event);
void sx_resized(sx_display *d, int width, int height);
void sx_fetch_on(sx_display *d);
void sx_region_came(sx_display *d, xcb_xfixes_fetch_region_reply_t *reply);
void sx_image_came(sx_display *d, const xcb_shm_get_image_reply_t *reply);
int sx_cursor_start(sx_display *d);                                           /* cursor.c */
void sx_cursor_changed(sx_display *d);
void sx_cursor_came(sx_display *d, xcb_xfixes_get_cursor_image_reply_t *reply);
int sx_keyboard_start(sx_display *d, const char *layout);                     /* keyboard.c */
void sx_keyboard_end(sx_display *d);
void sx_mapping_changed(sx_display *d, const xcb_mapping_notify_event_t *event);
void sx_keymap_came(sx_display *d, xcb_get_keyboard_mapping_reply_t *reply);
int sx_question_start(sx_display *d);                                         /* question.c */
void sx_message_came(sx_display *d, const xcb_client_message_event_t *event);
void sx_focus_came(sx_display *d, const xcb_get_input_focus_reply_t *reply);
void sx_protocols_came(sx_display *d, xcb_get_property_reply_t *reply);
void sx_parent_came(sx_display *d, const xcb_query_tree_reply_t *reply);
void sx_screen_came(sx_display *d, xcb_randr_get_screen_resources_current_reply_t *reply);  /* screen.c */
void sx_range_came(sx_display *d, const xcb_randr_get_screen_size_range_reply_t *reply);
void sx_output_came(sx_display *d, xcb_randr_get_output_info_reply_t *reply);
void sx_mode_came(sx_display *d, const xcb_randr_create_mode_reply_t *reply);
void sx_config_came(sx_display *d);
