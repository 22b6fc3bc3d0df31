#include "pixels.h"

#include <stdbool.h>
#include <turbojpeg.h>

/* libjpeg-turbo takes `int`s; the side of a picture is at most 16,384 (pixels/frames.py). */
#define SIDE 16384u

static bool fits(const px_picture *a, px_box b) {
    return a && a->data && a->w && a->h && a->w <= SIDE && a->h <= SIDE && (size_t)a->w * a->h * 4 == a->size && b.w &&
           b.h && b.x < a->w && b.y < a->h && b.w <= a->w - b.x && b.h <= a->h - b.y;
}

static uint8_t *corner(const px_picture *a, px_box b) { return a->data + ((size_t)b.y * a->w + b.x) * 4; }

int64_t px_jpeg_bound(uint32_t w, uint32_t h) {
    if (!w || !h || w > SIDE || h > SIDE) return -1;
    return (int64_t)tjBufSize((int)w, (int)h, TJSAMP_420);
}

int64_t px_jpeg(const px_picture *a, px_box box, int quality, uint8_t *out, size_t out_size) {
    if (!fits(a, box) || !out || quality < 1 || quality > 100) return -1;
    if (out_size < (size_t)px_jpeg_bound(box.w, box.h)) return -1;
    tjhandle turbo = tjInitCompress();
    if (!turbo) return -1;
    unsigned long size = out_size;
    int failed = tjCompress2(turbo, corner(a, box), (int)box.w, (int)a->w * 4, (int)box.h, TJPF_BGRX, &out, &size,
                             TJSAMP_420, quality, TJFLAG_NOREALLOC);
    tjDestroy(turbo);
    return failed ? -1 : (int64_t)size;
}

int px_unjpeg(px_picture *a, px_box box, const uint8_t *jpeg, size_t jpeg_size) {
    if (!fits(a, box) || !jpeg || !jpeg_size) return -1;
    tjhandle turbo = tjInitDecompress();
    if (!turbo) return -1;
    int w, h, sampling, space;
    int failed = tjDecompressHeader3(turbo, jpeg, jpeg_size, &w, &h, &sampling, &space) || (uint32_t)w != box.w ||
                 (uint32_t)h != box.h ||
                 tjDecompress2(turbo, jpeg, jpeg_size, corner(a, box), w, (int)a->w * 4, h, TJPF_BGRX,
                               TJFLAG_STOPONWARNING);
    tjDestroy(turbo);
    return failed ? -1 : 0;
}
