/*
 * Sound: what the PC plays, as Opus packets of 20 ms (RFC 6716); nothing while it is silent.
 *
 * libfreerdp's sound channel asks for a device, and this is one: it takes 16-bit PCM, makes 48,000 samples a second of
 * it, encodes, and keeps the newest SD_MAX_SOUND packets. Late sound is worth nothing: older ones are dropped.
 */
#include "internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <freerdp/addin.h>
#include <freerdp/channels/channels.h>
#include <freerdp/client/channels.h>
#include <freerdp/client/cmdline.h>
#include <freerdp/client/rdpsnd.h>
#include <freerdp/codec/audio.h>
#include <opus.h>

enum { RATE = 48000, FRAME = RATE / 50, PHASES = 160, TAPS = 32, CHANNELS = 2, BITRATE = 32000, HISTORY = 4096, FADE = 5 };
static const float QUIET = 1.0f / 4096; /* -72 dB */

struct sd_sound {
  sd_session *session;
  OpusEncoder *encoder;
  int channels, rate;                 /* of what the PC sends */
  float history[CHANNELS][HISTORY];   /* input not used up */
  int held;
  double at;                          /* where in it the next output sample lies */
  float filter[PHASES + 1][TAPS];
  float frame[FRAME * CHANNELS];
  int filled;
  int quiet;                          /* frames of silence in a row */
};

typedef struct { rdpsndDevicePlugin device; sd_session *session; } sd_device;

static sd_session *session_of(const ADDIN_ARGV *arguments) {
  void *session = NULL;
  for (int i = 0; arguments && i < arguments->argc; i++)
    if (sscanf(arguments->argv[i], "dev:%p", &session) == 1) return session;
  return NULL;
}

/* A windowed sinc for each of PHASES places between two samples. */
static void make_filter(sd_sound *s) {
  const double cut = s->rate > RATE ? (double)RATE / s->rate : 1.0;
  for (int phase = 0; phase <= PHASES; phase++)
    for (int tap = 0; tap < TAPS; tap++) {
      const double x = tap - TAPS / 2 + 1 - (double)phase / PHASES;
      const double window = 0.5 + 0.5 * cos(M_PI * x / (TAPS / 2));
      const double arc = M_PI * x * cut;
      s->filter[phase][tap] = (float)(fabs(x) >= TAPS / 2 ? 0 : window * cut * (x == 0 ? 1 : sin(arc) / arc));
    }
}

static void keep(sd_session *session, const uint8_t *packet, int length) {
  pthread_mutex_lock(&session->state);
  if (session->sound_count == SD_MAX_SOUND) {
    memmove(&session->packets[0], &session->packets[1], sizeof(sd_packet) * (SD_MAX_SOUND - 1));
    session->sound_count--;
  }
  sd_packet *to = &session->packets[session->sound_count++];
  memcpy(to->data, packet, (size_t)length);
  to->length = length;
  pthread_mutex_unlock(&session->state);
}

/* Opus leaves frames out by itself only in its speech modes; a PC that plays nothing sends exact or nearly exact zeros. */
static int silent(sd_sound *s) {
  for (int i = 0; i < FRAME * CHANNELS; i++)
    if (fabsf(s->frame[i]) > QUIET) {
      s->quiet = 0;
      return 0;
    }
  return ++s->quiet > FADE;
}

static int encode(sd_sound *s) {
  uint8_t packet[SD_MAX_PACKET];
  s->filled = 0;
  if (silent(s)) return 0;
  const int length = opus_encode_float(s->encoder, s->frame, FRAME, packet, sizeof packet);
  if (length <= 2) return 0;  /* DTX: nothing needs to be said (RFC 6716 2.1.9) */
  keep(s->session, packet, length);
  return 1;
}

static int resample(sd_sound *s) {
  const double step = (double)s->rate / RATE;
  int any = 0;
  while (s->at + TAPS < s->held) {
    const int first = (int)s->at;
    const int phase = (int)((s->at - first) * PHASES + 0.5);
    for (int channel = 0; channel < CHANNELS; channel++) {
      const float *from = &s->history[s->channels == 1 ? 0 : channel][first];
      float sum = 0;
      for (int tap = 0; tap < TAPS; tap++) sum += from[tap] * s->filter[phase][tap];
      s->frame[s->filled * CHANNELS + channel] = sum;
    }
    if (++s->filled == FRAME) any |= encode(s);
    s->at += step;
  }
  const int used = (int)s->at < s->held ? (int)s->at : s->held;
  for (int channel = 0; channel < s->channels; channel++)
    memmove(s->history[channel], s->history[channel] + used, sizeof(float) * (size_t)(s->held - used));
  s->held -= used;
  s->at -= used;
  return any;
}

static BOOL supported(rdpsndDevicePlugin *device, const AUDIO_FORMAT *format) {
  (void)device;
  return format->wFormatTag == WAVE_FORMAT_PCM && format->wBitsPerSample == 16 && format->nChannels >= 1 &&
         format->nChannels <= CHANNELS && format->nSamplesPerSec >= 8000 && format->nSamplesPerSec <= RATE;
}

static BOOL opened(rdpsndDevicePlugin *device, const AUDIO_FORMAT *format, UINT32 latency) {
  (void)latency;
  sd_sound *s = ((sd_device *)device)->session->sound;
  if (!supported(device, format)) return FALSE;
  s->channels = format->nChannels;
  s->rate = (int)format->nSamplesPerSec;
  s->held = s->filled = 0;
  s->at = 0;
  make_filter(s);
  return TRUE;
}

static UINT played(rdpsndDevicePlugin *device, const BYTE *data, size_t size) {
  sd_session *session = ((sd_device *)device)->session;
  sd_sound *s = session->sound;
  if (!s->rate) return 0;
  int any = 0;
  for (size_t at = 0; at + 2 * (size_t)s->channels <= size; at += 2 * (size_t)s->channels) {
    for (int channel = 0; channel < s->channels; channel++) {
      const size_t place = at + 2 * (size_t)channel;
      s->history[channel][s->held] = (float)(int16_t)(data[place] | data[place + 1] << 8) / 32768.0f;
    }
    if (++s->held == HISTORY) any |= resample(s);
  }
  any |= resample(s);
  if (any) sd_bump(session);
  return 20;
}

static void closed(rdpsndDevicePlugin *device) { (void)device; }

static void freed(rdpsndDevicePlugin *device) { free(device); }

static UINT make_device(PFREERDP_RDPSND_DEVICE_ENTRY_POINTS points) {
  sd_device *own = calloc(1, sizeof *own);
  sd_session *session = session_of(points->args);
  if (!own || !session || !session->sound) {
    free(own);
    return CHANNEL_RC_NO_MEMORY;
  }
  own->session = session;
  own->device.FormatSupported = supported;
  own->device.Open = opened;
  own->device.Play = played;
  own->device.Close = closed;
  own->device.Free = freed;
  points->pRegisterRdpsndDevice(points->rdpsnd, &own->device);
  return CHANNEL_RC_OK;
}

PVIRTUALCHANNELENTRY sd_find_addin(LPCSTR name, LPCSTR subsystem, LPCSTR type, DWORD flags) {
  if (name && subsystem && strcmp(name, "rdpsnd") == 0 && strcmp(subsystem, "sudare") == 0)
    return (PVIRTUALCHANNELENTRY)(void (*)(void))make_device;
  return freerdp_channels_load_static_addin_entry(name, subsystem, type, flags);
}

int sd_sound_new(sd_session *s) {
  int error = OPUS_OK;
  s->sound = calloc(1, sizeof *s->sound);
  if (!s->sound) return 0;
  s->sound->session = s;
  s->sound->encoder = opus_encoder_create(RATE, CHANNELS, OPUS_APPLICATION_AUDIO, &error);
  if (error != OPUS_OK) return 0;
  opus_encoder_ctl(s->sound->encoder, OPUS_SET_BITRATE(BITRATE));
  opus_encoder_ctl(s->sound->encoder, OPUS_SET_DTX(1));
  opus_encoder_ctl(s->sound->encoder, OPUS_SET_COMPLEXITY(5));
  return 1;
}

void sd_sound_free(sd_session *s) {
  if (s->sound && s->sound->encoder) opus_encoder_destroy(s->sound->encoder);
  free(s->sound);
  s->sound = NULL;
}

/* Only the sound channel: libfreerdp's own way to it joins the one for drives and printers as well. */
BOOL sd_sound_start(sd_session *s) {
  char where[32];
  snprintf(where, sizeof where, "dev:%p", (void *)s);
  char *words[] = {"rdpsnd", "sys:sudare", where};
  rdpSettings *settings = s->context->settings;
  const DWORD kind = FREERDP_ADDIN_CHANNEL_STATIC | FREERDP_ADDIN_CHANNEL_ENTRYEX;
  PVIRTUALCHANNELENTRYEX entry =
      (PVIRTUALCHANNELENTRYEX)(void (*)(void))freerdp_load_channel_addin_entry("rdpsnd", NULL, NULL, kind);
  return entry && freerdp_client_add_static_channel(settings, 3, words) &&
         freerdp_settings_set_bool(settings, FreeRDP_AudioPlayback, TRUE) &&
         freerdp_channels_client_load_ex(s->context->channels, settings, entry,
                                         freerdp_static_channel_collection_find(settings, "rdpsnd")) == 0;
}

int sd_take_sound(sd_session *s, sd_packet *out) {
  pthread_mutex_lock(&s->state);
  const int count = s->sound_count;
  memcpy(out, s->packets, sizeof(sd_packet) * (size_t)count);
  s->sound_count = 0;
  pthread_mutex_unlock(&s->state);
  return count;
}
