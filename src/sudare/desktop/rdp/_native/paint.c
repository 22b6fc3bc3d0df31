/*
 * Pictures: what FreeRDP drew, as an ordered list of pixel rectangles and copies, and the way out for the pixels.
 *
 * A copy is listed after what it may have copied and before what was drawn over it; when the list is full it
 * collapses into one rectangle around everything. Sizes come from the server: each is checked before use.
 *
 * A PC without frames sends a large repaint in dozens of pieces, and what lies between two of them is half of a picture:
 * a scroll nobody can find in it, encoded for nothing. So a repaint that is large is told when nothing more came for
 * SD_QUIET_MS, or SD_BURST_MS after it began, and is not given out before. What is small, the answer to a key, is told
 * at once.
 */
#include "internal.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include <freerdp/gdi/gdi.h>

static int32_t lesser(int32_t a, int32_t b) { return a < b ? a : b; }
static int32_t greater(int32_t a, int32_t b) { return a > b ? a : b; }

static void unite(sd_change *into, const sd_change *other) {
  const int32_t right = greater(into->x + into->w, other->x + other->w);
  const int32_t bottom = greater(into->y + into->h, other->y + other->h);
  into->kind = SD_PIXELS;
  into->x = lesser(into->x, other->x);
  into->y = lesser(into->y, other->y);
  into->w = right - into->x;
  into->h = bottom - into->y;
}

static void collapse(sd_session *s) {
  for (int i = 1; i < s->change_count; i++) unite(&s->changes[0], &s->changes[i]);
  s->changes[0].kind = SD_PIXELS;
  s->change_count = 1;
}

/* paint held; the rectangle is clipped to the picture */
static void add_pixels(sd_session *s, int32_t x, int32_t y, int32_t w, int32_t h) {
  const int64_t right = (int64_t)x + w, bottom = (int64_t)y + h;
  if (x < 0) x = 0;
  if (y < 0) y = 0;
  w = (int32_t)((right < s->width ? right : s->width) - x);
  h = (int32_t)((bottom < s->height ? bottom : s->height) - y);
  if (x >= s->width || y >= s->height || w <= 0 || h <= 0) return;
  const sd_change change = {SD_PIXELS, x, y, w, h, 0, 0};
  for (int i = s->change_count - 1; i >= 0 && s->changes[i].kind == SD_PIXELS; i--) {
    sd_change both = s->changes[i];
    unite(&both, &change);
    const int64_t sum = (int64_t)s->changes[i].w * s->changes[i].h + (int64_t)w * h;
    if ((int64_t)both.w * both.h <= sum + sum / 4) {  /* wastes little: one is cheaper than two */
      s->changes[i] = both;
      return;
    }
  }
  if (s->change_count == SD_MAX_CHANGES) collapse(s);
  s->changes[s->change_count++] = change;
}

static void drain_invalid(sd_session *s) {
  HGDI_WND window = s->context->gdi->primary->hdc->hwnd;
  for (INT32 i = 0; i < window->ninvalid; i++) {
    const GDI_RGN *region = &window->cinvalid[i];
    add_pixels(s, region->x, region->y, region->w, region->h);
  }
  window->invalid->null = TRUE;
  window->ninvalid = 0;
}

enum { SD_LARGE = 8192 /* pixels */, SD_QUIET_MS = 5, SD_BURST_MS = 25, SD_SLEEP_MS = 5000 };

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* paint held */
static int is_large(const sd_session *s) {
  int64_t area = 0;
  for (int i = 0; i < s->change_count; i++) area += (int64_t)s->changes[i].w * s->changes[i].h;
  return area > SD_LARGE;
}

/* paint held: whether what changed may be told now */
static int note_burst(sd_session *s) {
  if (s->burst == SD_CALM && !is_large(s)) return 1;
  if (s->burst == SD_TOLD) return 0;
  s->burst_last_ms = now_ms();
  if (s->burst == SD_CALM) s->burst_from_ms = s->burst_last_ms;
  s->burst = SD_GATHERING;
  return 0;
}

/* paint held */
static int64_t burst_left_ms(const sd_session *s) {
  const int64_t quiet = s->burst_last_ms + SD_QUIET_MS, most = s->burst_from_ms + SD_BURST_MS;
  return (quiet < most ? quiet : most) - now_ms();
}

unsigned sd_burst_wait_ms(sd_session *s) {
  pthread_mutex_lock(&s->paint);
  const int64_t left = s->burst == SD_GATHERING ? burst_left_ms(s) : SD_SLEEP_MS;
  pthread_mutex_unlock(&s->paint);
  return left > 0 ? (unsigned)left : 0;
}

void sd_burst_look(sd_session *s) {
  pthread_mutex_lock(&s->paint);
  const int over = s->burst == SD_GATHERING && burst_left_ms(s) <= 0;
  if (over) s->burst = SD_TOLD;  /* until it is fetched: painting that never rests must not hide it again */
  pthread_mutex_unlock(&s->paint);
  if (over) sd_bump(s);
}

static BOOL begin_paint(rdpContext *context) {
  sd_session *s = sd_of(context);
  pthread_mutex_lock(&s->paint);
  if (s->painting++ == 0) {
    context->gdi->primary->hdc->hwnd->invalid->null = TRUE;
    context->gdi->primary->hdc->hwnd->ninvalid = 0;
  }
  return TRUE;
}

static BOOL end_paint(rdpContext *context) {
  sd_session *s = sd_of(context);
  if (s->painting == 0) return TRUE;  /* an end without a beginning: nothing was locked */
  drain_invalid(s);
  const int tell = s->change_count > 0 && note_burst(s);
  s->painting--;
  pthread_mutex_unlock(&s->paint);
  if (tell) sd_bump(s);
  return TRUE;
}

/* ScrBlt, MS-RDPEGDI 2.2.2.2.1.1.2.7: the PC scrolls. Told as a copy when it is a plain one, wholly inside. */
static BOOL screen_copy(rdpContext *context, const SCRBLT_ORDER *order) {
  sd_session *s = sd_of(context);
  const int64_t w = order->nWidth, h = order->nHeight;
  const int64_t x = order->nLeftRect, y = order->nTopRect, sx = order->nXSrc, sy = order->nYSrc;
  pthread_mutex_lock(&s->paint);
  HGDI_DC dc = context->gdi->primary->hdc;
  const int plain = (order->bRop & 0xFF) == 0xCC && (!dc->clip || dc->clip->null) && w > 0 && h > 0 && x >= 0 &&
                    y >= 0 && sx >= 0 && sy >= 0 && x + w <= s->width && y + h <= s->height &&
                    sx + w <= s->width && sy + h <= s->height;
  drain_invalid(s);  /* what was drawn before the copy comes before it */
  const BOOL done = s->gdi_screen_copy(context, order);
  if (done && plain && s->change_count < SD_MAX_CHANGES) {
    s->changes[s->change_count++] =
        (sd_change){SD_COPY, (int32_t)x, (int32_t)y, (int32_t)w, (int32_t)h, (int32_t)sx, (int32_t)sy};
    dc->hwnd->invalid->null = TRUE;  /* the destination is told by the copy itself */
    dc->hwnd->ninvalid = 0;
  } else {
    drain_invalid(s);
  }
  pthread_mutex_unlock(&s->paint);
  return done;
}

static int fits(const sd_session *s, uint32_t w, uint32_t h) {
  return w > 0 && h > 0 && w <= (uint32_t)s->max_side && h <= (uint32_t)s->max_side &&
         (int64_t)w * h <= s->max_pixels;
}

static void take_size(sd_session *s, uint32_t w, uint32_t h) {
  s->width = (int32_t)w;
  s->height = (int32_t)h;
  s->change_count = 0;
  pthread_mutex_lock(&s->state);
  s->status.width = s->width;
  s->status.height = s->height;
  pthread_mutex_unlock(&s->state);
}

static BOOL resized(rdpContext *context) {
  sd_session *s = sd_of(context);
  const uint32_t w = freerdp_settings_get_uint32(context->settings, FreeRDP_DesktopWidth);
  const uint32_t h = freerdp_settings_get_uint32(context->settings, FreeRDP_DesktopHeight);
  if (!fits(s, w, h)) return FALSE;
  pthread_mutex_lock(&s->paint);
  const BOOL done = gdi_resize(context->gdi, w, h);
  if (done) {
    take_size(s, w, h);
    add_pixels(s, 0, 0, s->width, s->height);
    s->burst = SD_TOLD;  /* a picture of another size is never given out of the old one */
  }
  pthread_mutex_unlock(&s->paint);
  sd_bump(s);
  return done;
}

BOOL sd_paint_start(sd_session *s) {
  rdpContext *context = s->context;
  const uint32_t w = freerdp_settings_get_uint32(context->settings, FreeRDP_DesktopWidth);
  const uint32_t h = freerdp_settings_get_uint32(context->settings, FreeRDP_DesktopHeight);
  if (!fits(s, w, h) || !gdi_init(s->instance, PIXEL_FORMAT_BGRX32)) return FALSE;
  context->update->BeginPaint = begin_paint;
  context->update->EndPaint = end_paint;
  context->update->DesktopResize = resized;
  s->gdi_screen_copy = context->update->primary->ScrBlt;
  if (s->gdi_screen_copy) context->update->primary->ScrBlt = screen_copy;
  pthread_mutex_lock(&s->paint);
  take_size(s, w, h);
  add_pixels(s, 0, 0, s->width, s->height);
  pthread_mutex_unlock(&s->paint);
  return TRUE;
}

void sd_paint_end(sd_session *s) {
  while (s->painting > 0) {  /* a connection may break between a beginning and its end */
    s->painting--;
    pthread_mutex_unlock(&s->paint);
  }
  pthread_mutex_lock(&s->paint);
  s->width = s->height = 0;
  s->change_count = 0;
  gdi_free(s->instance);
  pthread_mutex_unlock(&s->paint);
}

int sd_grab(sd_session *s, uint8_t *picture, int32_t width, int32_t height, sd_change *out) {
  int count = 0;
  pthread_mutex_lock(&s->paint);
  const rdpGdi *gdi = s->context->gdi;
  if (s->change_count == 0 || !gdi || !gdi->primary_buffer) {
    count = 0;
  } else if (s->burst == SD_GATHERING && burst_left_ms(s) > 0) {
    count = 0;  /* the I/O thread tells when it is over */
  } else if (s->width != width || s->height != height) {
    count = -1;
  } else {
    const size_t from_stride = gdi->stride, to_stride = (size_t)width * 4;
    for (; count < s->change_count; count++) {
      const sd_change c = s->changes[count];
      const uint8_t *from = gdi->primary_buffer + (size_t)c.y * from_stride + (size_t)c.x * 4;
      uint8_t *to = picture + (size_t)c.y * to_stride + (size_t)c.x * 4;
      for (int32_t row = 0; row < c.h; row++, from += from_stride, to += to_stride)
        memcpy(to, from, (size_t)c.w * 4);
      out[count] = c;
    }
    s->change_count = 0;
    s->burst = SD_CALM;
  }
  pthread_mutex_unlock(&s->paint);
  return count;
}
