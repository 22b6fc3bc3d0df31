/* AV1 by libaom: real time, one thread, one frame in and one out. */
#include "video.h"

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define QUANTIZER_MIN 24 /* finer than this nobody sees while it moves, and a change of scene would cost too much */
#define QUANTIZER_MAX 58
#define BUFFER_MS 600 /* what the rate is averaged over */
#define SPEED 10

typedef struct {
    aom_codec_ctx_t codec;
    aom_codec_enc_cfg_t config;
} av1;

static bool setup(aom_codec_ctx_t *codec) {
    return !aom_codec_control(codec, AOME_SET_CPUUSED, SPEED) && !aom_codec_control(codec, AV1E_SET_AQ_MODE, 0) &&
           !aom_codec_control(codec, AV1E_SET_TUNE_CONTENT, AOM_CONTENT_SCREEN) &&
           !aom_codec_control(codec, AV1E_SET_ENABLE_PALETTE, 0) &&
           !aom_codec_control(codec, AV1E_SET_ENABLE_OBMC, 0) &&
           !aom_codec_control(codec, AV1E_SET_ENABLE_WARPED_MOTION, 0) &&
           !aom_codec_control(codec, AV1E_SET_ENABLE_GLOBAL_MOTION, 0) &&
           !aom_codec_control(codec, AV1E_SET_ENABLE_REF_FRAME_MVS, 0) &&
           !aom_codec_control(codec, AV1E_SET_ENABLE_CDEF, 0) &&
           !aom_codec_control(codec, AV1E_SET_ENABLE_RESTORATION, 0) &&
           !aom_codec_control(codec, AV1E_SET_ENABLE_TPL_MODEL, 0) &&
           !aom_codec_control(codec, AV1E_SET_DELTAQ_MODE, 0) && !aom_codec_control(codec, AV1E_SET_ENABLE_ORDER_HINT, 0) &&
           !aom_codec_control(codec, AV1E_SET_COEFF_COST_UPD_FREQ, 3) &&
           !aom_codec_control(codec, AV1E_SET_MODE_COST_UPD_FREQ, 3) &&
           !aom_codec_control(codec, AV1E_SET_MV_COST_UPD_FREQ, 3) &&
           !aom_codec_control(codec, AOME_SET_MAX_INTRA_BITRATE_PCT, 300) &&
           !aom_codec_control(codec, AV1E_SET_COLOR_PRIMARIES, AOM_CICP_CP_BT_709) &&
           !aom_codec_control(codec, AV1E_SET_TRANSFER_CHARACTERISTICS, AOM_CICP_TC_BT_709) &&
           !aom_codec_control(codec, AV1E_SET_MATRIX_COEFFICIENTS, AOM_CICP_MC_BT_709) &&
           !aom_codec_control(codec, AV1E_SET_COLOR_RANGE, 0);
}

static void *av1_open(uint32_t w, uint32_t h) {
    av1 *encoder = calloc(1, sizeof *encoder);
    if (!encoder) return NULL;
    aom_codec_enc_cfg_t *config = &encoder->config;
    aom_codec_iface_t *interface = aom_codec_av1_cx();
    if (aom_codec_enc_config_default(interface, config, AOM_USAGE_REALTIME)) goto failed;
    config->g_w = w;
    config->g_h = h;
    config->g_threads = 1;
    config->g_timebase.num = 1;
    config->g_timebase.den = 1000;
    config->g_error_resilient = 0;
    config->g_lag_in_frames = 0;
    config->rc_end_usage = AOM_CBR;
    config->rc_target_bitrate = 256;
    config->rc_min_quantizer = QUANTIZER_MIN;
    config->rc_max_quantizer = QUANTIZER_MAX;
    config->rc_undershoot_pct = 50;
    config->rc_overshoot_pct = 50;
    config->rc_buf_sz = 2 * BUFFER_MS;
    config->rc_buf_initial_sz = BUFFER_MS;
    config->rc_buf_optimal_sz = BUFFER_MS;
    config->rc_dropframe_thresh = 0; /* one in, one out */
    config->kf_mode = AOM_KF_DISABLED;
    if (aom_codec_enc_init(&encoder->codec, interface, config, 0)) goto failed;
    if (setup(&encoder->codec)) return encoder;
    aom_codec_destroy(&encoder->codec);
failed:
    free(encoder);
    return NULL;
}

static int64_t av1_encode(void *opened, const px_yuv *picture, px_moment moment, uint8_t *out, size_t out_size) {
    av1 *encoder = opened;
    if (moment.kbit != encoder->config.rc_target_bitrate) {
        encoder->config.rc_target_bitrate = moment.kbit;
        if (aom_codec_enc_config_set(&encoder->codec, &encoder->config)) return -1;
    }
    aom_image_t image;
    if (!aom_img_wrap(&image, AOM_IMG_FMT_I420, picture->w, picture->h, 1, picture->plane[0])) return -1;
    for (int i = 0; i < 3; i++) {
        image.planes[i] = picture->plane[i];
        image.stride[i] = (int)picture->stride[i];
    }
    if (aom_codec_encode(&encoder->codec, &image, moment.at_ms, moment.ms, moment.key ? AOM_EFLAG_FORCE_KF : 0)) return -1;
    aom_codec_iter_t iterator = NULL;
    const aom_codec_cx_pkt_t *packet;
    size_t used = 0;
    while ((packet = aom_codec_get_cx_data(&encoder->codec, &iterator))) {
        if (packet->kind != AOM_CODEC_CX_FRAME_PKT) continue;
        if (packet->data.frame.sz > out_size - used) return -1;
        memcpy(out + used, packet->data.frame.buf, packet->data.frame.sz);
        used += packet->data.frame.sz;
    }
    return (int64_t)used;
}

static void av1_close(void *opened) {
    av1 *encoder = opened;
    aom_codec_destroy(&encoder->codec);
    free(encoder);
}

const px_codec px_av1 = {av1_open, av1_encode, av1_close};
