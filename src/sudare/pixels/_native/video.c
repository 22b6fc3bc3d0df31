#include "video.h"

#include <stdbool.h>
#include <stdlib.h>

/* The side of a picture is at most 16,384 (pixels/frames.py). */
#define SIDE 16384u

struct px_video {
    const px_codec *codec;
    void *encoder;
    px_yuv picture;
    uint32_t scale;  /* 1, or 2: one pixel of the film for four of the box */
    uint8_t *memory; /* the planes, and two rows for scale 2 */
    uint8_t *rows;
};

px_video *px_video_new(int codec, uint32_t w, uint32_t h, uint32_t scale) {
    if ((codec != PX_AV1 && codec != PX_H264) || (scale != 1 && scale != 2)) return NULL;
    if (w > SIDE || h > SIDE || w % (2 * scale) || h % (2 * scale)) return NULL;
    w /= scale;
    h /= scale;
    if (w < 16 || h < 16) return NULL;
    px_video *video = calloc(1, sizeof *video);
    if (!video) return NULL;
    const size_t stride = (w + 63) / 64 * 64, luma_size = stride * h, chroma_size = luma_size / 4;
    video->codec = codec == PX_AV1 ? &px_av1 : &px_h264;
    video->scale = scale;
    video->memory = calloc(1, luma_size + 2 * chroma_size + (size_t)w * 4 * 2);
    if (!video->memory) goto failed;
    video->picture = (px_yuv){{video->memory, video->memory + luma_size, video->memory + luma_size + chroma_size},
                              {(uint32_t)stride, (uint32_t)stride / 2, (uint32_t)stride / 2},
                              w,
                              h};
    video->rows = video->memory + luma_size + 2 * chroma_size;
    video->encoder = video->codec->open(w, h);
    if (video->encoder) return video;
failed:
    free(video->memory);
    free(video);
    return NULL;
}

void px_video_free(px_video *video) {
    if (!video) return;
    video->codec->close(video->encoder);
    free(video->memory);
    free(video);
}

/* BT.709, limited range; chroma is the mean of four pixels. Coefficients are of 2^16, and every sum is positive. */
static uint8_t luma(int b, int g, int r) { return (uint8_t)((16 * 65536 + 32768 + 4064 * b + 40254 * g + 11967 * r) >> 16); }

/* Rows `row` and `row + 1` of the film, from two rows of its width. */
static void convert(const uint8_t *p, const uint8_t *q, const px_yuv *to, uint32_t row) {
    const uint32_t w = to->w;
    uint8_t *y0 = to->plane[0] + (size_t)row * to->stride[0], *y1 = y0 + to->stride[0];
    uint8_t *u = to->plane[1] + (size_t)(row / 2) * to->stride[1], *v = to->plane[2] + (size_t)(row / 2) * to->stride[2];
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
    const uint32_t w = video->picture.w, h = video->picture.h;
    const uint8_t *p = a->data + box.y * stride + (size_t)box.x * 4;
    for (uint32_t row = 0; row < h; row += 2, p += 2 * video->scale * stride) {
        if (video->scale == 1) {
            convert(p, p + stride, &video->picture, row);
            continue;
        }
        uint8_t *first = video->rows, *second = first + (size_t)w * 4;
        halve(p, p + stride, first, w);
        halve(p + 2 * stride, p + 3 * stride, second, w);
        convert(first, second, &video->picture, row);
    }
}

int64_t px_video_encode(px_video *video, const px_picture *a, px_box box, int64_t at_ms, uint32_t ms, uint32_t kbit, int key,
                        uint8_t *out, size_t out_size) {
    if (!video || !a || !a->data || !out || !kbit || kbit > 1000000 || !ms || at_ms < 0 || a->w > SIDE || a->h > SIDE) return -1;
    if ((size_t)a->w * a->h * 4 != a->size) return -1;
    if (box.w != video->picture.w * video->scale || box.h != video->picture.h * video->scale) return -1;
    if (box.x >= a->w || box.y >= a->h || box.w > a->w - box.x || box.h > a->h - box.y) return -1;
    draw(video, a, box);
    return video->codec->encode(video->encoder, &video->picture, (px_moment){at_ms, ms, kbit, key}, out, out_size);
}
