/* What the encoders of films share; not part of the extension's interface. */
#ifndef SUDARE_VIDEO_H
#define SUDARE_VIDEO_H

#include "pixels.h"

/* Three planes of 8 bits, chroma halved both ways (I420), BT.709, limited range. */
typedef struct {
    uint8_t *plane[3];
    uint32_t stride[3];
    uint32_t w, h;
} px_yuv;

typedef struct {
    int64_t at_ms;
    uint32_t ms, kbit;
    int key;
} px_moment;

/* An encoder of pictures of w*h at about 30 a second. `encode` gives the size of the frame, or -1. */
typedef struct {
    void *(*open)(uint32_t w, uint32_t h);
    int64_t (*encode)(void *encoder, const px_yuv *picture, px_moment moment, uint8_t *out, size_t out_size);
    void (*close)(void *encoder);
} px_codec;

extern const px_codec px_av1, px_h264;

#endif
