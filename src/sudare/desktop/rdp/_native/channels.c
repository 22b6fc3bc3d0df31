/*
 * Virtual channels. One thing is wanted: Display Control, for resizing. Nothing that carries files, sound or a
 * clipboard is joined; which ones were joined is reported so that a test can look.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

#include <freerdp/channels/channels.h>
#include <freerdp/channels/disp.h>
#include <freerdp/client/channels.h>
#include <freerdp/client/cmdline.h>

static UINT display_ready(DispClientContext *display, UINT32 monitors, UINT32 factor_a, UINT32 factor_b) {
  (void)monitors, (void)factor_a, (void)factor_b;
  sd_session *s = display->custom;
  pthread_mutex_lock(&s->state);
  s->status.resizable = 1;
  pthread_mutex_unlock(&s->state);
  s->display = display;
  sd_bump(s);
  return CHANNEL_RC_OK;
}

static void connected(void *context, SD_EVENT_CONST ChannelConnectedEventArgs *event) {
  if (strcmp(event->name, DISP_DVC_CHANNEL_NAME) != 0) return;
  DispClientContext *display = event->pInterface;
  display->custom = sd_of(context);
  display->DisplayControlCaps = display_ready;
}

static void disconnected(void *context, SD_EVENT_CONST ChannelDisconnectedEventArgs *event) {
  sd_session *s = sd_of(context);
  if (strcmp(event->name, DISP_DVC_CHANNEL_NAME) != 0) return;
  s->display = NULL;
  pthread_mutex_lock(&s->state);
  s->status.resizable = 0;
  pthread_mutex_unlock(&s->state);
}

static BOOL load_all(freerdp *instance) {
  sd_session *s = sd_of(instance->context);
  return freerdp_client_load_addins(instance->context->channels, instance->context->settings) &&
         (!s->sound || sd_sound_start(s));
}

#if FREERDP_VERSION_MAJOR >= 3
static BOOL load(freerdp *instance) {
  return load_all(instance);
}
#endif

BOOL sd_channels_start(freerdp *instance) {
  PubSub_SubscribeChannelConnected(instance->context->pubSub, connected);
  PubSub_SubscribeChannelDisconnected(instance->context->pubSub, disconnected);
#if FREERDP_VERSION_MAJOR >= 3
  instance->LoadChannels = load;
  return TRUE;
#else
  return load_all(instance);
#endif
}

void sd_list_channels(sd_session *s) {
  rdpSettings *settings = s->context->settings;
  const UINT32 count = freerdp_settings_get_uint32(settings, FreeRDP_ChannelCount);
  char list[sizeof s->status.channels] = "";
  size_t used = 0;
  for (UINT32 i = 0; i < count && used + CHANNEL_NAME_LEN + 2 < sizeof list; i++) {
#if FREERDP_VERSION_MAJOR >= 3
    const CHANNEL_DEF *channel = freerdp_settings_get_pointer_array(settings, FreeRDP_ChannelDefArray, i);
#else
    const CHANNEL_DEF *channel = &settings->ChannelDefArray[i];
#endif
    const int n = snprintf(list + used, sizeof list - used, "%s%.8s", used ? "," : "", channel->name);
    if (n > 0) used += (size_t)n;
  }
  pthread_mutex_lock(&s->state);
  memcpy(s->status.channels, list, sizeof list);
  pthread_mutex_unlock(&s->state);
}
