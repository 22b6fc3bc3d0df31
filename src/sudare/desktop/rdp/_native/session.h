/*
 * One RDP session over libfreerdp, as Python sees it (build.py reads this file as the cffi definition).
 *
 * An I/O thread owns the connection. Nothing here calls back into Python: what happened is fetched, and an eventfd
 * says when it is worth fetching. All functions may be called from one other thread; none of them waits for the PC
 * except sd_stop, which joins the thread (it cuts the line after SD_STOP_MS if the PC does not let go).
 */
#pragma once
#include <stdint.h>

typedef struct sd_session sd_session;

enum { SD_CONNECTING = 0, SD_ACTIVE = 1, SD_CLOSED = 2 };
enum { SD_PIXELS = 0, SD_COPY = 1 };
enum { SD_CURSOR_NONE = 0, SD_CURSOR_IMAGE = 1, SD_CURSOR_HIDDEN = 2, SD_CURSOR_DEFAULT = 3 };
enum { SD_MAX_CHANGES = 128, SD_MAX_CURSOR = 384, SD_MAX_SOUND = 5, SD_MAX_PACKET = 400 };

typedef struct {
  const char *host, *user, *domain, *password;
  const char *pin;        /* SHA-256 of the certificate in hex; NULL: the first one seen is taken and reported */
  const char *folder;     /* a folder libfreerdp may write to; without one it does not start TLS */
  int32_t line;           /* connected socket; duplicated, the caller keeps its own */
  int32_t width, height, scale;
  uint32_t layout;        /* Windows keyboard layout id */
  int32_t sound;          /* whether what the PC plays is wanted */
  int32_t max_side;
  int64_t max_pixels;
} sd_config;

typedef struct {
  int32_t state, width, height;
  int32_t was_active, certificate_refused, network_level, logged_on, resizable;
  uint32_t error;
  char error_name[64];
  char certificate[65];
  char channels[256];     /* static channels joined, by comma */
} sd_status;

typedef struct { int32_t kind, x, y, w, h, sx, sy; } sd_change;  /* in the order it happened */
typedef struct { int32_t kind, w, h, hot_x, hot_y; } sd_cursor;
typedef struct { int32_t length; uint8_t data[400]; } sd_packet;  /* SD_MAX_PACKET */

const char *sd_version(void);
sd_session *sd_new(const sd_config *config);
int sd_start(sd_session *s);
void sd_stop(sd_session *s);
void sd_free(sd_session *s);
int sd_event_fd(sd_session *s);
void sd_drain(sd_session *s);
void sd_get_status(sd_session *s, sd_status *out);

/* Copies the changed pixels into `picture` (width * height BGRX) and lists the changes; -1: the size is another one. */
int sd_grab(sd_session *s, uint8_t *picture, int32_t width, int32_t height, sd_change *out);
/* The newest pointer image since the last call; `rgba` holds SD_MAX_CURSOR * SD_MAX_CURSOR * 4 bytes. */
void sd_take_cursor(sd_session *s, sd_cursor *out, uint8_t *rgba);

/* The newest Opus packets of 20 ms, at most SD_MAX_SOUND, in order. */
int sd_take_sound(sd_session *s, sd_packet *out);

/* Input; -1 when the session is not active or its queue is full. */
int sd_key(sd_session *s, int scancode, int extended, int down);
int sd_unicode(sd_session *s, int utf16_unit, int down);
int sd_mouse(sd_session *s, int flags, int x, int y);
int sd_mouse_extended(sd_session *s, int flags, int x, int y);
int sd_resize(sd_session *s, int width, int height, int scale);
