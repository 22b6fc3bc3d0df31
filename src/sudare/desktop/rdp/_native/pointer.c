/* Pointer images as RGBA; only the newest is kept. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include <freerdp/codec/color.h>
#include <freerdp/gdi/gdi.h>
#include <freerdp/graphics.h>

typedef struct { rdpPointer base; BYTE *rgba; } sd_pointer;

static BOOL pointer_new(rdpContext *context, rdpPointer *pointer) {
  sd_pointer *own = (sd_pointer *)pointer;
  const UINT32 w = pointer->width, h = pointer->height;
  if (w == 0 || h == 0 || w > SD_MAX_CURSOR || h > SD_MAX_CURSOR) return TRUE;  /* shown as the one before */
  own->rgba = calloc((size_t)w * h, 4);
  if (!own->rgba) return FALSE;
  return freerdp_image_copy_from_pointer_data(own->rgba, PIXEL_FORMAT_RGBA32, 0, 0, 0, w, h, pointer->xorMaskData,
                                              pointer->lengthXorMask, pointer->andMaskData, pointer->lengthAndMask,
                                              pointer->xorBpp, &context->gdi->palette);
}

static void pointer_free(rdpContext *context, rdpPointer *pointer) {
  (void)context;
  free(((sd_pointer *)pointer)->rgba);
  ((sd_pointer *)pointer)->rgba = NULL;
}

static void keep(rdpContext *context, int kind, const rdpPointer *pointer) {
  sd_session *s = sd_of(context);
  pthread_mutex_lock(&s->paint);
  s->cursor = (sd_cursor){kind, 0, 0, 0, 0};
  if (pointer) {
    s->cursor = (sd_cursor){kind, (int32_t)pointer->width, (int32_t)pointer->height, (int32_t)pointer->xPos,
                            (int32_t)pointer->yPos};
    memcpy(s->cursor_rgba, ((const sd_pointer *)pointer)->rgba, (size_t)pointer->width * pointer->height * 4);
  }
  pthread_mutex_unlock(&s->paint);
  sd_bump(s);
}

static BOOL pointer_set(rdpContext *context, SD_POINTER_CONST rdpPointer *pointer) {
  if (((const sd_pointer *)pointer)->rgba) keep(context, SD_CURSOR_IMAGE, pointer);
  return TRUE;
}

static BOOL pointer_hidden(rdpContext *context) {
  keep(context, SD_CURSOR_HIDDEN, NULL);
  return TRUE;
}

static BOOL pointer_default(rdpContext *context) {
  keep(context, SD_CURSOR_DEFAULT, NULL);
  return TRUE;
}

static BOOL pointer_moved(rdpContext *context, UINT32 x, UINT32 y) {
  (void)context, (void)x, (void)y;  /* the person's own pointer is the one that counts */
  return TRUE;
}

void sd_pointer_start(sd_session *s) {
  rdpPointer pointer;
  memset(&pointer, 0, sizeof pointer);
  pointer.size = sizeof(sd_pointer);
  pointer.New = pointer_new;
  pointer.Free = pointer_free;
  pointer.Set = pointer_set;
  pointer.SetNull = pointer_hidden;
  pointer.SetDefault = pointer_default;
  pointer.SetPosition = pointer_moved;
  graphics_register_pointer(s->context->graphics, &pointer);
}

void sd_take_cursor(sd_session *s, sd_cursor *out, uint8_t *rgba) {
  pthread_mutex_lock(&s->paint);
  *out = s->cursor;
  if (out->kind == SD_CURSOR_IMAGE) memcpy(rgba, s->cursor_rgba, (size_t)out->w * (size_t)out->h * 4);
  s->cursor.kind = SD_CURSOR_NONE;
  pthread_mutex_unlock(&s->paint);
}
