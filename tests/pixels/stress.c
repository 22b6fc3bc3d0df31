/* Random pictures, true and false boxes, exact heap buffers: run under ASan and UBSan by test_sanitizers.py. */
#include "pixels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t state = 1;

static uint32_t any(uint32_t below) {
    state = state * 1664525u + 1013904223u;
    return below ? (state >> 8) % below : 0;
}

static px_picture picture(uint32_t w, uint32_t h) {
    px_picture p = {malloc((size_t)w * h * 4), (size_t)w * h * 4, w, h};
    for (size_t i = 0; i < p.size; i++) p.data[i] = (uint8_t)(any(4) ? 0 : any(256));
    return p;
}

static px_box box(const px_picture *p) {
    if (!any(4)) return (px_box){state, any(9) ? any(p->w) : UINT32_MAX, any(2) ? UINT32_MAX : any(300), any(300)};
    uint32_t x = any(p->w), y = any(p->h);
    return (px_box){x, y, 1 + any(p->w - x + (any(8) == 0)), 1 + any(p->h - y + (any(8) == 0))};
}

static void boxes(px_picture *a, const px_picture *b) {
    px_box it = box(a);
    uint8_t bgr[3];
    size_t size = (size_t)it.w * it.h * 3;
    px_distance(a, it, b, any(b->w), any(b->h), any(2) ? any(500) : INT64_MAX);
    px_solid(a, it, bgr);
    px_copy(a, it, any(a->w), any(a->h));
    if (size < (1u << 20)) {
        uint8_t *out = malloc(size ? size : 1);
        if (px_pack(a, it, out, size) == 0 && px_apply(a, it, out, size) != 0) abort();
        if (px_pack(a, it, out, size + 1) == 0) abort();
        if (px_paint(a, it, out, size) == 0 && px_paint(a, it, out, size + 1) == 0) abort();
        uint8_t colours[4 * 200] = {0};
        px_index(a, it, colours, any(3) * 400, out, size / 3);
        free(out);
    }
    size = 6 + (size_t)((it.w + 1) / 2) * it.h;
    if (size < (1u << 20)) {
        uint8_t *out = malloc(size);
        px_ramp(a, it, (int)any(2), out, size);
        if (px_ramp(a, it, (int)any(2), out, size - 1) == 0) abort();
        free(out);
    }
    px_fill(a, it, (const uint8_t[]){1, 2, 3});
}

static void shifts(const px_picture *a, const px_picture *b) {
    px_box it = box(a);
    int64_t need = px_shift_scratch(it.h);
    if (need < 0 || need > (1 << 20)) return;
    uint8_t *scratch = malloc((size_t)need);
    int32_t distance = 0;
    uint32_t votes = 0;
    if (px_shift(a, b, it, scratch, (size_t)need, &distance, &votes) == 0 && votes > 3 * it.h) abort();
    if (px_shift(a, b, it, scratch, (size_t)need - 1, &distance, &votes) == 0) abort();
    free(scratch);
}

static void marks(px_picture *a, const px_picture *b) {
    uint8_t *pattern = malloc(300);
    memset(pattern, 0, 300);
    pattern[any(300)] = 1;
    px_picture places = picture(a->w, a->h); /* mostly outside of the pattern */
    for (size_t i = 0; i < places.size; i += 4)
        if (any(2)) memcpy(places.data + i, &(uint32_t){any(300)}, 4);
    px_mark(b, box(a), &places, pattern, 300, a);
    px_mark(a, box(a), &places, pattern, 300, a);
    if (px_mark(a, (px_box){0, 0, 1, 1}, &places, pattern, 0, a) == 0) abort();
    free(places.data);
    free(pattern);
}

static void images(px_picture *a) {
    px_box it = box(a);
    px_common(a, it);
    int64_t bound = px_jpeg_bound(it.w, it.h);
    if (bound < 0 || bound > (1 << 20)) return;
    uint8_t *out = malloc((size_t)bound);
    int64_t size = px_jpeg(a, it, 1 + (int)any(100), out, (size_t)bound);
    if (size > bound) abort();
    if (size > 0) {
        uint8_t *exact = malloc((size_t)size);
        memcpy(exact, out, (size_t)size);
        if (any(2)) exact[any((uint32_t)size)] ^= 1 << any(8);
        px_unjpeg(a, it, exact, (size_t)size - any(2));
        free(exact);
    }
    free(out);
}

static void films(const px_picture *a) {
    uint32_t scale = 1 + any(2), w = 2 * scale * any(60), h = 2 * scale * any(60);
    px_video *video = px_video_new(1 + (int)any(2), w, h, scale);
    if ((video != NULL) != (w >= 16 * scale && h >= 16 * scale)) abort();
    if (!video) return;
    size_t size = any(2) ? 1 << 16 : any(400);
    uint8_t *out = malloc(size + 1);
    for (int i = 0; i < 4; i++) {
        px_box box = {any(20), any(20), any(9) ? w : any(200), any(9) ? h : any(200)};
        int64_t made = px_video_encode(video, a, box, 40 * i, 1 + any(60), 1 + any(2000), !i, out, size);
        if (made > (int64_t)size) abort();
        if (made > 0 && (box.w != w || box.h != h || box.x + w > a->w || box.y + h > a->h)) abort();
    }
    px_video_free(video);
    free(out);
}

static void round_trip(void) {
    uint32_t w = 1 + any(200), h = 1 + any(200), tiles = ((w + 63) / 64) * ((h + 63) / 64);
    px_picture a = picture(w, h), b = picture(any(8) ? w : 1 + any(200), h);
    uint8_t *touched = malloc(tiles);
    px_box *out = malloc(tiles * sizeof *out);
    for (uint32_t i = 0; i < tiles; i++) touched[i] = (uint8_t)any(2);
    int64_t found = px_diff(&a, &b, any(2) ? touched : NULL, tiles, out, tiles);
    if (found > (int64_t)tiles) abort();
    for (int64_t i = 0; i < found; i++)
        if (out[i].x + out[i].w > w || out[i].y + out[i].h > h || !out[i].w || !out[i].h) abort();
    for (int i = 0; i < 8; i++) boxes(&a, &b);
    shifts(&a, &b);
    shifts(&a, &a);
    images(&a);
    if (!any(20)) films(&a);
    marks(&a, &b);
    a.size--;
    if (px_fill(&a, (px_box){0, 0, 1, 1}, (const uint8_t[]){1, 2, 3}) == 0) abort();
    free(a.data);
    free(b.data);
    free(touched);
    free(out);
}

int main(void) {
    for (int i = 0; i < 1500; i++) round_trip();
    puts("ok");
    return 0;
}
