#include "pixels.h"

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The side of a picture is at most 16,384 (pixels/frames.py); AV1 takes more. */
#define SIDE 16384u
#define QUANTIZER_MIN 24 /* finer than this nobody sees while it moves */
#define QUANTIZER_MAX 58
#define BUFFER_MS 600 /* what the rate is averaged over */
#define SPEED 10

struct px_video {
    aom_codec_ctx_t codec;
    aom_codec_enc_cfg_t config;
    aom_image_t image; /* I420 */
    uint32_t scale;    /* 1, or 2: one pixel of the film for four of the box */
    uint8_t *rows;     /* two rows, where scale is 2 */
};

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

px_video *px_video_new(uint32_t w, uint32_t h, uint32_t scale) {
    if ((scale != 1 && scale != 2) || w > SIDE || h > SIDE || w % (2 * scale) || h % (2 * scale)) return NULL;
    w /= scale;
    h /= scale;
    if (w < 16 || h < 16) return NULL;
    px_video *video = calloc(1, sizeof *video);
    if (!video) return NULL;
    video->scale = scale;
    aom_codec_enc_cfg_t *config = &video->config;
    if (scale == 2 && !(video->rows = malloc((size_t)w * 4 * 2))) goto failed;
    if (!aom_img_alloc(&video->image, AOM_IMG_FMT_I420, w, h, 32)) goto failed;
    aom_codec_iface_t *av1 = aom_codec_av1_cx();
    if (aom_codec_enc_config_default(av1, config, AOM_USAGE_REALTIME)) goto failed;
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
    if (aom_codec_enc_init(&video->codec, av1, config, 0)) goto failed;
    if (!setup(&video->codec)) {
        aom_codec_destroy(&video->codec);
        goto failed;
    }
    return video;
failed:
    aom_img_free(&video->image);
    free(video->rows);
    free(video);
    return NULL;
}

void px_video_free(px_video *video) {
    if (!video) return;
    aom_codec_destroy(&video->codec);
    aom_img_free(&video->image);
    free(video->rows);
    free(video);
}

/* BT.709, limited range; chroma is the mean of four pixels. Coefficients are of 2^16, and every sum is positive. */
static uint8_t luma(int b, int g, int r) { return (uint8_t)((16 * 65536 + 32768 + 4064 * b + 40254 * g + 11967 * r) >> 16); }

/* Rows `row` and `row + 1` of the film, from two rows of its width. */
static void convert(const uint8_t *p, const uint8_t *q, aom_image_t *image, uint32_t row, uint32_t w) {
    const size_t y_stride = (size_t)image->stride[AOM_PLANE_Y], c_stride = (size_t)image->stride[AOM_PLANE_U];
    uint8_t *y0 = image->planes[AOM_PLANE_Y] + row * y_stride, *y1 = y0 + y_stride;
    uint8_t *u = image->planes[AOM_PLANE_U] + row / 2 * c_stride, *v = image->planes[AOM_PLANE_V] + row / 2 * c_stride;
    for (uint32_t i = 0; i < w; i++) {
        y0[i] = luma(p[i * 4], p[i * 4 + 1], p[i * 4 + 2]);
        y1[i] = luma(q[i * 4], q[i * 4 + 1], q[i * 4 + 2]);
    }
    for (uint32_t i = 0; i < w / 2; i++, p += 8, q += 8) {
        int b = p[0] + p[4] + q[0] + q[4], g = p[1] + p[5] + q[1] + q[5], r = p[2] + p[6] + q[2] + q[6];
        u[i] = (uint8_t)((128 * 262144 + 131072 + 28784 * b - 22189 * g - 6595 * r) >> 18);
        v[i] = (uint8_t)((128 * 262144 + 131072 + 28784 * r - 26145 * g - 2639 * b) >> 18);
    }
}

/* One row of half the width from two. */
static void halve(const uint8_t *p, const uint8_t *q, uint8_t *out, uint32_t w) {
    for (uint32_t i = 0; i < w; i++, p += 8, q += 8, out += 4)
        for (int c = 0; c < 3; c++) out[c] = (uint8_t)((p[c] + p[c + 4] + q[c] + q[c + 4] + 2) >> 2);
}

static void draw(px_video *video, const px_picture *a, px_box box) {
    const size_t stride = (size_t)a->w * 4;
    const uint32_t w = video->config.g_w, h = video->config.g_h;
    const uint8_t *p = a->data + box.y * stride + (size_t)box.x * 4;
    for (uint32_t row = 0; row < h; row += 2, p += 2 * video->scale * stride) {
        if (video->scale == 1) {
            convert(p, p + stride, &video->image, row, w);
            continue;
        }
        uint8_t *first = video->rows, *second = first + (size_t)w * 4;
        halve(p, p + stride, first, w);
        halve(p + 2 * stride, p + 3 * stride, second, w);
        convert(first, second, &video->image, row, w);
    }
}

int64_t px_video_encode(px_video *video, const px_picture *a, px_box box, int64_t at_ms, uint32_t ms,
                        uint32_t kbit, int key, uint8_t *out, size_t out_size) {
    if (!video || !a || !a->data || !out || !kbit || !ms || at_ms < 0 || a->w > SIDE || a->h > SIDE) return -1;
    if ((size_t)a->w * a->h * 4 != a->size || box.w != video->config.g_w * video->scale || box.h != video->config.g_h * video->scale) return -1;
    if (box.x >= a->w || box.y >= a->h || box.w > a->w - box.x || box.h > a->h - box.y) return -1;
    if (kbit != video->config.rc_target_bitrate) {
        video->config.rc_target_bitrate = kbit;
        if (aom_codec_enc_config_set(&video->codec, &video->config)) return -1;
    }
    draw(video, a, box);
    if (aom_codec_encode(&video->codec, &video->image, at_ms, ms, key ? AOM_EFLAG_FORCE_KF : 0)) return -1;
    aom_codec_iter_t iterator = NULL;
    const aom_codec_cx_pkt_t *packet;
    size_t used = 0;
    while ((packet = aom_codec_get_cx_data(&video->codec, &iterator))) {
        if (packet->kind != AOM_CODEC_CX_FRAME_PKT) continue;
        if (packet->data.frame.sz > out_size - used) return -1;
        memcpy(out + used, packet->data.frame.buf, packet->data.frame.sz);
        used += packet->data.frame.sz;
    }
    return (int64_t)used;
}
