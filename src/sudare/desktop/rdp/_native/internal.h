/* What the files of the shim share; also everything that differs between FreeRDP 2 and 3. */
#pragma once
#include "session.h"

#include <pthread.h>

#include <freerdp/freerdp.h>
#include <freerdp/client/disp.h>
#include <freerdp/event.h>
#include <freerdp/version.h>

#if FREERDP_VERSION_MAJOR >= 3
#define SD_EVENT_CONST const
#define SD_POINTER_CONST
#define SD_SHOULD_END(s) freerdp_shall_disconnect_context((s)->context)
#define SD_ABORT_EVENT(s) freerdp_abort_event((s)->context)
#else
#define SD_EVENT_CONST
#define SD_POINTER_CONST const
#define SD_SHOULD_END(s) freerdp_shall_disconnect((s)->instance)
#define SD_ABORT_EVENT(s) ((s)->context->abortEvent)
#endif

enum { SD_QUEUE = 1024, SD_STOP_MS = 3000, SD_LEAVE_MS = 2000 };
enum sd_burst { SD_CALM, SD_GATHERING, SD_TOLD };
enum sd_kind { SD_IN_KEY, SD_IN_UNICODE, SD_IN_MOUSE, SD_IN_MOUSE_EXTENDED, SD_IN_RESIZE };

typedef struct { uint8_t kind; uint16_t a, b, c; } sd_command;

typedef struct sd_sound sd_sound;

struct sd_session {
  freerdp *instance;
  rdpContext *context;
  char pin[65];
  int trust_first;
  int line;                  /* our own hold on the socket, to cut it */
  int lent;                  /* libfreerdp's, ours until the thread starts */
  int32_t max_side;
  int64_t max_pixels;
  char *dial_name;           /* what ServerHostname was while dialling, see trust.c */
  pthread_t thread;
  int started;
  int event_fd;
  HANDLE wake;
  volatile int stop;

  pthread_mutex_t paint;     /* recursive; held from BeginPaint to EndPaint, and while copying out */
  int painting;
  int width, height;
  sd_change changes[SD_MAX_CHANGES];
  int change_count;
  enum sd_burst burst;       /* of a large repaint, see paint.c */
  int64_t burst_from_ms, burst_last_ms;
  sd_cursor cursor;
  uint8_t *cursor_rgba;      /* SD_MAX_CURSOR squared */
  BOOL (*gdi_screen_copy)(rdpContext *, const SCRBLT_ORDER *);

  pthread_mutex_t state;     /* queue and status */
  sd_command queue[SD_QUEUE];
  unsigned head, tail;
  sd_status status;
  sd_sound *sound;            /* none: not asked for */
  sd_packet packets[SD_MAX_SOUND];
  int sound_count;
  DispClientContext *display; /* I/O thread only */
};

typedef struct { rdpContext base; sd_session *session; } sd_context;

static inline sd_session *sd_of(rdpContext *context) { return ((sd_context *)context)->session; }

void sd_bump(sd_session *s);                              /* session.c */
BOOL sd_paint_start(sd_session *s);                       /* paint.c: after the connection stands */
void sd_paint_end(sd_session *s);
unsigned sd_burst_wait_ms(sd_session *s);                 /* how long the I/O thread may sleep */
void sd_burst_look(sd_session *s);                        /* tell of a burst that is over */
void sd_pointer_start(sd_session *s);                     /* pointer.c */
void sd_run_commands(sd_session *s);                      /* input.c */
int sd_judge_certificate(freerdp *instance, const BYTE *pem, size_t length, const char *host, UINT16 port,
                         DWORD flags);                    /* trust.c */
BOOL sd_channels_start(freerdp *instance);                /* channels.c */
void sd_list_channels(sd_session *s);
int sd_sound_new(sd_session *s);                          /* sound.c */
void sd_sound_free(sd_session *s);
BOOL sd_sound_start(sd_session *s);
PVIRTUALCHANNELENTRY sd_find_addin(LPCSTR name, LPCSTR subsystem, LPCSTR type, DWORD flags);
