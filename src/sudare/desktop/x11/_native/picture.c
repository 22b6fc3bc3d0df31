/*
 * Pictures: what was damaged is fetched through a shared segment, one round at a time.
 *
 * A round: take the damage off the server's list, then ask for those pixels, in this order. What is drawn between the
 * two is in the pixels already and on the list again; it is fetched twice rather than never. The next round begins
 * when the pixels were taken, so a slow browser slows the server's side of it: nothing piles up.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int32_t lesser(int32_t a, int32_t b) { return a < b ? a : b; }
static int32_t greater(int32_t a, int32_t b) { return a > b ? a : b; }

static sx_rect both(const sx_rect *a, const sx_rect *b) {
  const int32_t x = lesser(a->x, b->x), y = lesser(a->y, b->y);
  return (sx_rect){x, y, greater(a->x + a->w, b->x + b->w) - x, greater(a->y + a->h, b->y + b->h) - y};
}

static int64_t area(const sx_rect *r) { return (int64_t)r->w * r->h; }

static void collapse(sx_rect *rects, int *count) {
  for (int i = 1; i < *count; i++) rects[0] = both(&rects[0], &rects[i]);
  *count = 1;
}

/* Clipped to the picture; two that waste little together become one. */
static void add(const sx_display *d, sx_rect *rects, int *count, int32_t x, int32_t y, int32_t w, int32_t h) {
  const int32_t right = lesser(x + w, d->width), bottom = lesser(y + h, d->height);
  x = greater(x, 0);
  y = greater(y, 0);
  if (x >= right || y >= bottom) return;
  const sx_rect one = {x, y, right - x, bottom - y};
  for (int i = *count - 1; i >= 0; i--) {
    const sx_rect joined = both(&rects[i], &one);
    const int64_t sum = area(&rects[i]) + area(&one);
    if (area(&joined) <= sum + sum / 4) {
      rects[i] = joined;
      return;
    }
  }
  if (*count == SX_MAX_RECTS) {
    rects[*count - 1] = both(&rects[*count - 1], &one);
    return;
  }
  rects[(*count)++] = one;
}

static void ask_images(sx_display *d) {
  size_t total = 0;
  for (int i = 0; i < d->rect_count; i++) total += (size_t)area(&d->rects[i]) * 4;
  if (total > d->capacity) collapse(d->rects, &d->rect_count);
  total = 0;
  for (int i = 0; i < d->rect_count; i++) {
    const sx_rect *r = &d->rects[i];
    d->offsets[i] = total;
    total += (size_t)area(r) * 4;
    const xcb_shm_get_image_cookie_t asked =
        xcb_shm_get_image(d->c, d->root, (int16_t)r->x, (int16_t)r->y, (uint16_t)r->w, (uint16_t)r->h, ~0u,
                          XCB_IMAGE_FORMAT_Z_PIXMAP, d->segment, (uint32_t)d->offsets[i]);
    sx_question_add(d, SX_ASKED_IMAGE, asked.sequence);
  }
  d->waiting = d->rect_count;
  d->fetch = d->rect_count ? SX_IMAGES : SX_IDLE;
  d->rounds += d->rect_count > 0;
}

void sx_fetch_on(sx_display *d) {
  if (d->fetch != SX_IDLE || d->held || d->closed || !d->pixels || !(d->dirty || d->whole)) return;
  d->stale = 0;
  d->dirty = 0;
  if (d->whole || d->deltas) {
    if (d->whole) {
      d->next_count = 1;
      d->next[0] = (sx_rect){0, 0, d->width, d->height};
    }
    d->whole = 0;
    memcpy(d->rects, d->next, sizeof d->rects);
    d->rect_count = d->next_count;
    d->next_count = 0;
    xcb_damage_subtract(d->c, d->damage, XCB_NONE, XCB_NONE);
    ask_images(d);
    return;
  }
  xcb_damage_subtract(d->c, d->damage, XCB_NONE, d->region);
  sx_question_add(d, SX_ASKED_REGION, xcb_xfixes_fetch_region(d->c, d->region).sequence);
  d->fetch = SX_REGION;
}

void sx_damaged(sx_display *d, const xcb_damage_notify_event_t *event) {
  d->dirty = 1;
  if (d->deltas)
    add(d, d->next, &d->next_count, event->area.x, event->area.y, event->area.width, event->area.height);
}

void sx_region_came(sx_display *d, xcb_xfixes_fetch_region_reply_t *reply) {
  d->fetch = SX_IDLE;
  if (!reply || d->stale) return;  /* a new size asks for everything anyway */
  const xcb_rectangle_t *r = xcb_xfixes_fetch_region_rectangles(reply);
  const int count = xcb_xfixes_fetch_region_rectangles_length(reply);
  d->rect_count = 0;
  for (int i = 0; i < count; i++) add(d, d->rects, &d->rect_count, r[i].x, r[i].y, r[i].width, r[i].height);
  ask_images(d);
}

void sx_image_came(sx_display *d, const xcb_shm_get_image_reply_t *reply) {
  const sx_rect *r = &d->rects[d->rect_count - d->waiting];
  if (!reply || reply->size != (uint64_t)area(r) * 4) d->stale = 1;  /* the screen shrank under it */
  if (--d->waiting) return;
  if (!d->stale) {
    d->failures = 0;
    d->fetch = SX_READY;
    d->news |= SX_PICTURE;
    return;
  }
  d->fetch = SX_IDLE;
  d->whole = 1;
  if (++d->failures > 100) d->closed = 1;
}

static void drop_segment(sx_display *d) {
  if (!d->pixels) return;
  xcb_shm_detach(d->c, d->segment);
  munmap(d->pixels, d->capacity);
  d->pixels = NULL;
}

/* Memory of ours that the server writes to: given as a descriptor, so it needs no common namespace (MIT-SHM 1.2). */
static int make_segment(sx_display *d) {
  const size_t size = (size_t)d->width * (size_t)d->height * 4;
  const int fd = memfd_create("sudare-x11", MFD_CLOEXEC);
  if (fd < 0) return 0;
  void *at = ftruncate(fd, (off_t)size) == 0 ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (at == MAP_FAILED) {
    close(fd);
    return 0;
  }
  d->pixels = at;
  d->capacity = size;
  d->segment = xcb_generate_id(d->c);
  struct stat ours, left;
  const int known = fstat(fd, &ours) == 0;
  xcb_shm_attach_fd(d->c, d->segment, fd, 0);  /* xcb closes it when it is sent, but not when the line is dead */
  sx_flush(d);
  if (known && xcb_connection_has_error(d->c) && fstat(fd, &left) == 0 && left.st_ino == ours.st_ino &&
      left.st_dev == ours.st_dev)
    close(fd);
  return 1;
}

void sx_resized(sx_display *d, int width, int height) {
  if (width == d->width && height == d->height) return;
  drop_segment(d);
  d->width = width;
  d->height = height;
  d->next_count = 0;
  d->stale = 1;
  d->whole = 1;
  if (d->fetch == SX_READY) d->fetch = SX_IDLE;
  const int fits = width > 0 && height > 0 && width <= d->max_side && height <= d->max_side &&
                   (int64_t)width * height <= d->max_pixels;
  if (!fits || !make_segment(d)) d->closed = 1;
}

int sx_picture_start(sx_display *d) {
  uint8_t first = 0;
  if (!sx_extension(d, &xcb_shm_id, NULL) || !sx_extension(d, &xcb_damage_id, &first)) return 0;
  d->damage_event = first + XCB_DAMAGE_NOTIFY;
  xcb_shm_query_version_reply_t *shm = xcb_shm_query_version_reply(d->c, xcb_shm_query_version(d->c), NULL);
  const int hands_over = shm && (shm->major_version > 1 || shm->minor_version >= 2);
  free(shm);
  xcb_damage_query_version_reply_t *damage =
      xcb_damage_query_version_reply(d->c, xcb_damage_query_version(d->c, 1, 1), NULL);
  const int reports = damage != NULL;
  free(damage);
  xcb_get_geometry_reply_t *size = xcb_get_geometry_reply(d->c, xcb_get_geometry(d->c, d->root), NULL);
  if (hands_over && reports && size) sx_resized(d, size->width, size->height);
  free(size);
  if (!d->pixels) return 0;
  d->region = xcb_generate_id(d->c);
  xcb_xfixes_create_region(d->c, d->region, 0, NULL);
  d->damage = xcb_generate_id(d->c);
  const uint8_t level = d->deltas ? XCB_DAMAGE_REPORT_LEVEL_DELTA_RECTANGLES : XCB_DAMAGE_REPORT_LEVEL_NON_EMPTY;
  xcb_damage_create(d->c, d->damage, d->root, level);
  sx_fetch_on(d);
  return 1;
}

void sx_picture_end(sx_display *d) { drop_segment(d); }

void sx_hold(sx_display *d, int held) {
  d->held = held;
  sx_fetch_on(d);
  sx_flush(d);
}

int64_t sx_rounds(const sx_display *d) { return d->rounds; }

int sx_take(sx_display *d, uint8_t *picture, int32_t width, int32_t height, sx_rect *out) {
  if (d->fetch != SX_READY) return 0;  /* a new size is told with its first pixels, not before */
  if (width != d->width || height != d->height) return -1;
  const size_t stride = (size_t)width * 4;
  for (int i = 0; i < d->rect_count; i++) {
    const sx_rect r = d->rects[i];
    const uint8_t *from = d->pixels + d->offsets[i];
    uint8_t *to = picture + (size_t)r.y * stride + (size_t)r.x * 4;
    for (int32_t row = 0; row < r.h; row++, from += (size_t)r.w * 4, to += stride) memcpy(to, from, (size_t)r.w * 4);
    out[i] = r;
  }
  const int count = d->rect_count;
  d->fetch = SX_IDLE;
  sx_fetch_on(d);
  sx_flush(d);
  return count;
}
