/*
 * One X display over xcb, as Python sees it (build.py reads this file as the cffi definition).
 *
 * No thread and no callback: the caller watches sx_fd and calls sx_advance when it is readable. Only sx_open (some
 * round trips at the beginning) and sx_close (the last key-ups, at most SX_LEAVE_MS) wait for the X server.
 */
#pragma once
#include <stdint.h>

typedef struct sx_display sx_display;

/* How sx_open ended; SX_LACKS: no extension, picture format or size that we can work with. */
enum { SX_OK = 0, SX_REFUSED = 1, SX_LACKS = 2, SX_NO_MEMORY = 3 };
/* What sx_advance reports. */
enum { SX_PICTURE = 1, SX_CURSOR = 2, SX_CLOSED = 4, SX_ANSWERED = 8, SX_KEYMAP = 16 };
enum { SX_CURSOR_NONE = 0, SX_CURSOR_IMAGE = 1, SX_CURSOR_HIDDEN = 2, SX_CURSOR_DEFAULT = 3 };
enum { SX_MAX_RECTS = 64, SX_MAX_CURSOR = 384, SX_KEYCODES = 256, SX_KEYSYMS = 4, SX_LEAVE_MS = 1000 };
enum { SX_KEY_PRESS = 2, SX_KEY_RELEASE = 3, SX_BUTTON_PRESS = 4, SX_BUTTON_RELEASE = 5, SX_MOTION = 6 };

typedef struct {
  int32_t line;              /* connected socket; belongs to the display from here on, closed in any case */
  const uint8_t *cookie;     /* MIT-MAGIC-COOKIE-1, or none */
  int32_t cookie_length;
  const char *layout;        /* the keyboard to load, an XKB name */
  int32_t deltas;            /* DamageReportDeltaRectangles instead of NonEmpty; see bench/damage.py */
  int32_t max_side;
  int64_t max_pixels;
} sx_config;

typedef struct { int32_t x, y, w, h; } sx_rect;
typedef struct { int32_t kind, w, h, hot_x, hot_y; } sx_cursor;

int sx_open(const sx_config *config, sx_display **out);
void sx_close(sx_display *d);
int sx_fd(const sx_display *d);
int sx_advance(sx_display *d);
void sx_get_size(const sx_display *d, int32_t *width, int32_t *height);
int64_t sx_rounds(const sx_display *d); /* how often pixels were asked for */

/* Copies the fetched pixels into `picture` (width * height BGRX), lists where, and fetches on; -1: another size. */
int sx_take(sx_display *d, uint8_t *picture, int32_t width, int32_t height, sx_rect *out);
void sx_hold(sx_display *d, int held);
/* The newest pointer image since the last call; `rgba` holds SX_MAX_CURSOR * SX_MAX_CURSOR * 4 bytes. */
void sx_take_cursor(sx_display *d, sx_cursor *out, uint8_t *rgba);

/* What each key means: SX_KEYCODES * SX_KEYSYMS, 0 for nothing. */
void sx_keysyms(const sx_display *d, uint32_t *out);
void sx_bind(sx_display *d, int keycode, uint32_t keysym); /* keysym 0: nothing */
/* One event of keyboard or pointer; -1: the server takes none now. */
int sx_fake(sx_display *d, int type, int detail, int x, int y);
void sx_flush(sx_display *d);
void sx_ask(sx_display *d); /* SX_ANSWERED once the focused window's program handled all input so far, if it can say */
void sx_resize(sx_display *d, int width, int height, int scale);
