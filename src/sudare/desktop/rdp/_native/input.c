/* Input: queued by the worker, sent by the I/O thread (libfreerdp's writing side is not to be shared by threads). */
#include "internal.h"

#include <freerdp/channels/disp.h>
#include <freerdp/input.h>
#include <winpr/synch.h>

static int push(sd_session *s, enum sd_kind kind, int a, int b, int c) {
  int refused = -1;
  pthread_mutex_lock(&s->state);
  const unsigned next = (s->tail + 1) % SD_QUEUE;
  if (s->status.state == SD_ACTIVE && next != s->head) {
    s->queue[s->tail] = (sd_command){(uint8_t)kind, (uint16_t)a, (uint16_t)b, (uint16_t)c};
    s->tail = next;
    refused = 0;
  }
  pthread_mutex_unlock(&s->state);
  if (!refused) SetEvent(s->wake);
  return refused;
}

int sd_key(sd_session *s, int scancode, int extended, int down) {
  return push(s, SD_IN_KEY, (extended ? KBD_FLAGS_EXTENDED : 0) | (down ? KBD_FLAGS_DOWN : KBD_FLAGS_RELEASE),
              scancode & 0xFF, 0);
}

int sd_unicode(sd_session *s, int unit, int down) {
  return push(s, SD_IN_UNICODE, down ? 0 : KBD_FLAGS_RELEASE, unit, 0);
}

int sd_mouse(sd_session *s, int flags, int x, int y) { return push(s, SD_IN_MOUSE, flags, x, y); }

int sd_mouse_extended(sd_session *s, int flags, int x, int y) { return push(s, SD_IN_MOUSE_EXTENDED, flags, x, y); }

int sd_resize(sd_session *s, int width, int height, int scale) { return push(s, SD_IN_RESIZE, width, height, scale); }

/* MS-RDPEDISP 2.2.2.2.1: the width is even; 254/960: millimetres at 96 dots an inch. */
static void send_size(sd_session *s, const sd_command *c) {
  if (!s->display) return;
  DISPLAY_CONTROL_MONITOR_LAYOUT monitor = {0};
  monitor.Flags = DISPLAY_CONTROL_MONITOR_PRIMARY;
  monitor.Width = c->a & ~1u;
  monitor.Height = c->b;
  monitor.PhysicalWidth = monitor.Width * 254 / 960;
  monitor.PhysicalHeight = monitor.Height * 254 / 960;
  monitor.DesktopScaleFactor = c->c;
  monitor.DeviceScaleFactor = 100;
  s->display->SendMonitorLayout(s->display, 1, &monitor);
}

void sd_run_commands(sd_session *s) {
  rdpInput *input = s->context->input;
  for (;;) {
    pthread_mutex_lock(&s->state);
    const int empty = s->head == s->tail;
    const sd_command c = s->queue[s->head];
    if (!empty) s->head = (s->head + 1) % SD_QUEUE;
    pthread_mutex_unlock(&s->state);
    if (empty) return;
    switch ((enum sd_kind)c.kind) {
      case SD_IN_KEY: freerdp_input_send_keyboard_event(input, c.a, (UINT8)c.b); break;
      case SD_IN_UNICODE: freerdp_input_send_unicode_keyboard_event(input, c.a, c.b); break;
      case SD_IN_MOUSE: freerdp_input_send_mouse_event(input, c.a, c.b, c.c); break;
      case SD_IN_MOUSE_EXTENDED: freerdp_input_send_extended_mouse_event(input, c.a, c.b, c.c); break;
      case SD_IN_RESIZE: send_size(s, &c); break;
    }
  }
}
