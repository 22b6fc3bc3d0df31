/* The life of a session: settings, I/O thread, ending. */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <freerdp/addin.h>
#include <freerdp/client/channels.h>
#include <freerdp/gdi/gdi.h>
#include <winpr/synch.h>
#include <winpr/wlog.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare_library(void) {
#ifndef SD_LIBRARY_LOG                         /* for looking at a failure by hand: CFLAGS=-DSD_LIBRARY_LOG */
  WLog_SetLogLevel(WLog_GetRoot(), WLOG_OFF);  /* its lines name people and PCs */
#endif
  /* Without HOME no settings can be made. A sandbox may have none; libfreerdp keeps nothing there for us. */
  if (setenv("HOME", "/nonexistent", 0) != 0) return;
  freerdp_register_addin_provider(sd_find_addin, 0);
}

const char *sd_version(void) { return freerdp_get_version_string(); }

void sd_bump(sd_session *s) {
  const uint64_t one = 1;
  if (write(s->event_fd, &one, sizeof one) < 0) return;  /* full counter: it is readable already */
}

void sd_drain(sd_session *s) {
  uint64_t count;
  if (read(s->event_fd, &count, sizeof count) < 0) return;  /* nothing there */
}

int sd_event_fd(sd_session *s) { return s->event_fd; }

static void set_state(sd_session *s, int state) {
  pthread_mutex_lock(&s->state);
  s->status.state = state;
  if (state == SD_ACTIVE) s->status.was_active = 1;
  pthread_mutex_unlock(&s->state);
  sd_bump(s);
}

void sd_get_status(sd_session *s, sd_status *out) {
  pthread_mutex_lock(&s->state);
  *out = s->status;
  pthread_mutex_unlock(&s->state);
}

/* After the connection the password is of no use to anybody: no reconnection, no redirection. */
static void forget_password(sd_session *s) {
  char *password = (char *)(uintptr_t)freerdp_settings_get_string(s->context->settings, FreeRDP_Password);
  if (password) explicit_bzero(password, strlen(password));
}

static BOOL logged_on(rdpContext *context, UINT32 type, void *data) {
  (void)data;
  sd_session *s = sd_of(context);
  pthread_mutex_lock(&s->state);
  if (type <= 2) s->status.logged_on = 1;  /* MS-RDPBCGR 2.2.10.1.1: logon, logon long, plain notify */
  pthread_mutex_unlock(&s->state);
  sd_bump(s);
  return TRUE;
}

static BOOL after_connect(freerdp *instance) {
  sd_session *s = sd_of(instance->context);
  if (!sd_paint_start(s)) return FALSE;
  sd_pointer_start(s);
  instance->context->update->SaveSessionInfo = logged_on;
  sd_list_channels(s);
  forget_password(s);
  set_state(s, SD_ACTIVE);
  return TRUE;
}

static void after_disconnect(freerdp *instance) { sd_paint_end(sd_of(instance->context)); }

static BOOL never_ask(freerdp *instance, char **user, char **password, char **domain) {
  (void)instance, (void)user, (void)password, (void)domain;
  return FALSE;
}

static void serve(sd_session *s) {
  HANDLE handles[64];
  const RECTANGLE_16 all = {0, 0, (UINT16)s->width, (UINT16)s->height};
  if (s->context->update->RefreshRect) s->context->update->RefreshRect(s->context, 1, &all);
  while (!s->stop && !SD_SHOULD_END(s)) {
    DWORD count = freerdp_get_event_handles(s->context, handles, 63);
    if (count == 0) return;
    handles[count++] = s->wake;
    if (WaitForMultipleObjects(count, handles, FALSE, sd_burst_wait_ms(s)) == WAIT_FAILED) return;
    ResetEvent(s->wake);
    sd_run_commands(s);
    if (!freerdp_check_event_handles(s->context)) return;
    sd_burst_look(s);
  }
}

/*
 * What comes in and is not read makes the kernel end the line with a reset, and a busy PC that sees the reset first
 * never reads our last words: a key would stay down for ever. So say that we are done, and read until it closes too.
 * Before libfreerdp disconnects: it shuts both ways at once, and what the PC still draws would bring the reset.
 */
static void take_leave(int line) {
  char unread[4096];
  struct pollfd wait = {.fd = line, .events = POLLIN};
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long until = now.tv_sec * 1000L + now.tv_nsec / 1000000L + SD_LEAVE_MS;
  shutdown(line, SHUT_WR);
  for (;;) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    const long left = until - (now.tv_sec * 1000L + now.tv_nsec / 1000000L);
    if (left <= 0 || poll(&wait, 1, (int)left) <= 0) return;
    const ssize_t got = recv(line, unread, sizeof unread, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return;
  }
}

static void *io_thread(void *argument) {
  sd_session *s = argument;
  pthread_setname_np(pthread_self(), "rdp-io");
  if (freerdp_connect(s->instance)) {
    serve(s);
    sd_run_commands(s);  /* the last key-ups */
    take_leave(s->line);
  }
  UINT32 error = freerdp_get_last_error(s->context);
  if (!error) error = freerdp_error_info(s->instance);
  pthread_mutex_lock(&s->state);
  s->status.error = error;
  snprintf(s->status.error_name, sizeof s->status.error_name, "%s", freerdp_get_last_error_name(error));
  pthread_mutex_unlock(&s->state);
  freerdp_disconnect(s->instance);
  forget_password(s);
  set_state(s, SD_CLOSED);
  return NULL;
}

/*
 * libfreerdp takes a connected socket as host "|..." and port = descriptor, and closes it. Should it ever dial a
 * second time it would take whatever has that number by then: a number far above the rest stays free.
 */
static int lend(int line) {
  static const int floors[] = {900, 200, 3};
  for (size_t i = 0; i < sizeof floors / sizeof *floors; i++) {
    const int fd = fcntl(line, F_DUPFD_CLOEXEC, floors[i]);
    if (fd >= 0) return fd;
  }
  return -1;
}

#define FLAG(name, value) ok = ok && freerdp_settings_set_bool(t, FreeRDP_##name, (value))
#define NUMBER(name, value) ok = ok && freerdp_settings_set_uint32(t, FreeRDP_##name, (value))
#define STRING(name, value) ok = ok && freerdp_settings_set_string(t, FreeRDP_##name, (value))

static BOOL set_limits(rdpSettings *t) {
  BOOL ok = TRUE;
  /* Any of the first three makes libfreerdp join rdpdr and rdpsnd on its own. */
  FLAG(NetworkAutoDetect, FALSE);
  FLAG(SupportHeartbeatPdu, FALSE);
  FLAG(SupportMultitransport, FALSE);
  FLAG(DeviceRedirection, FALSE);
  FLAG(RedirectClipboard, FALSE);
  FLAG(AudioPlayback, FALSE);
  FLAG(AudioCapture, FALSE);
  FLAG(AutoReconnectionEnabled, FALSE);
  FLAG(ExternalCertificateManagement, TRUE);
  FLAG(IgnoreCertificate, FALSE);
  FLAG(RdpSecurity, FALSE);  /* RC4 of 1998: never */
  FLAG(TlsSecurity, TRUE);
  FLAG(NlaSecurity, TRUE);
  FLAG(NegotiateSecurityLayer, TRUE);
  return ok;
}

static BOOL set_picture(rdpSettings *t, const sd_config *config) {
  BOOL ok = TRUE;
  NUMBER(DesktopWidth, (UINT32)config->width & ~1u);
  NUMBER(DesktopHeight, (UINT32)config->height);
  NUMBER(DesktopScaleFactor, (UINT32)config->scale);
  NUMBER(DeviceScaleFactor, 100);
  NUMBER(ColorDepth, 32);
  NUMBER(ConnectionType, CONNECTION_TYPE_LAN);
  FLAG(SoftwareGdi, TRUE);
  FLAG(SupportGraphicsPipeline, FALSE);  /* bitmap and planar are exact; the pipeline's codecs are not */
  FLAG(RemoteFxCodec, FALSE);
  FLAG(NSCodec, FALSE);
  /* xrdp 0.9 sends cached bitmaps of 32 bits that FreeRDP 2.11 refuses ("alpha plane size mismatch"), and the
     session ends. What a cache would save is found again by our own tiles. */
  FLAG(BitmapCacheEnabled, FALSE);
  /* Bulk compression over bitmaps that are compressed already: much CPU at both ends for few bytes. */
  FLAG(CompressionEnabled, FALSE);
  FLAG(FastPathOutput, TRUE);
  FLAG(FastPathInput, TRUE);
  FLAG(SupportDynamicChannels, TRUE);
  FLAG(SupportDisplayControl, TRUE);
  FLAG(DynamicResolutionUpdate, TRUE);
  FLAG(DisableWallpaper, TRUE);
  FLAG(DisableMenuAnims, TRUE);
  FLAG(DisableFullWindowDrag, TRUE);
  FLAG(AllowFontSmoothing, TRUE);
  FLAG(UnicodeInput, TRUE);
  NUMBER(KeyboardLayout, config->layout);
  if (config->layout == 0x411) {  /* a Japanese 106/109-key keyboard: type 7, subtype 2 */
    NUMBER(KeyboardType, 7);
    NUMBER(KeyboardSubType, 2);
  }
  return ok;
}

static BOOL set_target(rdpSettings *t, const sd_config *config, int line) {
  BOOL ok = TRUE;
  char host[258];
  if (snprintf(host, sizeof host, "|%s", config->host) >= (int)sizeof host) return FALSE;
  STRING(ServerHostname, host);
#if FREERDP_VERSION_MAJOR >= 3
  STRING(UserSpecifiedServerName, config->host);
#endif
  NUMBER(ServerPort, (UINT32)line);
  STRING(ClientHostname, "sudare");
  STRING(ConfigPath, config->folder);
  STRING(Username, config->user);
  STRING(Password, config->password);
  if (config->domain && *config->domain) STRING(Domain, config->domain);
  FLAG(AutoLogonEnabled, TRUE);
  return ok;
}

static int set_up(sd_session *s, const sd_config *config) {
  s->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  s->line = fcntl(config->line, F_DUPFD_CLOEXEC, 3);
  s->wake = CreateEvent(NULL, TRUE, FALSE, NULL);
  s->cursor_rgba = calloc((size_t)SD_MAX_CURSOR * SD_MAX_CURSOR, 4);
  s->instance = freerdp_new();
  if (s->event_fd < 0 || s->line < 0 || !s->wake || !s->cursor_rgba || !s->instance) return 0;
  s->instance->ContextSize = sizeof(sd_context);
  s->instance->PreConnect = sd_channels_start;
  s->instance->PostConnect = after_connect;
  s->instance->PostDisconnect = after_disconnect;
  s->instance->VerifyX509Certificate = sd_judge_certificate;
  s->instance->Authenticate = never_ask;
  if (config->sound && !sd_sound_new(s)) return 0;
  if (!freerdp_context_new(s->instance)) return 0;
  s->context = s->instance->context;
  ((sd_context *)s->context)->session = s;
  rdpSettings *t = s->context->settings;
  s->lent = lend(config->line);
  return s->lent >= 0 && set_limits(t) && set_picture(t, config) && set_target(t, config, s->lent);
}

sd_session *sd_new(const sd_config *config) {
  pthread_once(&once, prepare_library);
  sd_session *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->event_fd = s->line = s->lent = -1;
  s->max_side = config->max_side;
  s->max_pixels = config->max_pixels;
  s->trust_first = config->pin == NULL;
  if (config->pin) snprintf(s->pin, sizeof s->pin, "%s", config->pin);
  pthread_mutexattr_t recursive;
  pthread_mutexattr_init(&recursive);
  pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&s->paint, &recursive);
  pthread_mutexattr_destroy(&recursive);
  pthread_mutex_init(&s->state, NULL);
  if (set_up(s, config)) return s;
  sd_free(s);
  return NULL;
}

int sd_start(sd_session *s) {
  if (s->started || pthread_create(&s->thread, NULL, io_thread, s) != 0) return -1;
  s->started = 1;
  s->lent = -1;
  return 0;
}

/*
 * Not freerdp_abort_connect(): in FreeRDP 3 it writes to the PC from the calling thread, beside the I/O thread (a
 * crash was seen). Stop flag and abort event instead; a thread that waits for a silent PC sees its socket end.
 */
void sd_stop(sd_session *s) {
  if (!s->started) return;
  pthread_mutex_lock(&s->state);
  const int active = s->status.state == SD_ACTIVE;
  pthread_mutex_unlock(&s->state);
  s->stop = 1;
  SetEvent(s->wake);
  if (!active) SetEvent(SD_ABORT_EVENT(s));  /* an active session first sends what is queued: the last key-ups */
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += (long)SD_STOP_MS * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;
  if (pthread_timedjoin_np(s->thread, NULL, &until) != 0) {
    SetEvent(SD_ABORT_EVENT(s));
    shutdown(s->line, SHUT_RDWR);
    pthread_join(s->thread, NULL);
  }
  s->started = 0;
}

void sd_free(sd_session *s) {
  if (!s) return;
  sd_stop(s);
  if (s->context) {
    forget_password(s);
    freerdp_context_free(s->instance);
  }
  if (s->instance) freerdp_free(s->instance);
  sd_sound_free(s);
  if (s->wake) CloseHandle(s->wake);
  if (s->event_fd >= 0) close(s->event_fd);
  if (s->line >= 0) close(s->line);
  if (s->lent >= 0) close(s->lent);
  free(s->cursor_rgba);
  free(s->dial_name);
  pthread_mutex_destroy(&s->paint);
  pthread_mutex_destroy(&s->state);
  free(s);
}
