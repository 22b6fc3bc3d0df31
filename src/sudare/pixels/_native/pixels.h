/*
 * The hot path of the pixel engine. Every function has a Python twin in pixels/twin.py.
 *
 * A picture is `h` rows of `w` pixels of 4 bytes, B G R X, without padding; X is undefined and never compared.
 * Every function is told the size of each buffer and checks its arguments against it: it gives -1 and touches
 * nothing when they do not fit. No pointer outlives a call, and only the JPEG and video functions allocate
 * anything.
 */
#ifndef SUDARE_PIXELS_H
#define SUDARE_PIXELS_H

#include <stddef.h>
#include <stdint.h>

#define PX_TILE 64

typedef struct {
    uint8_t *data;
    size_t size; /* bytes */
    uint32_t w, h;
} px_picture;

typedef struct {
    uint32_t x, y, w, h;
} px_box;

/* Tight boxes of what differs, one for each 64x64 tile with `touched` set (all tiles when NULL). Gives their number. */
int64_t px_diff(const px_picture *a, const px_picture *b, const uint8_t *touched, size_t touched_size, px_box *out,
                size_t out_count);

/* Pixels that differ between a box of `a` and the area of `b` at (x, y); no row more is read once there are `enough`. */
int64_t px_distance(const px_picture *a, px_box box, const px_picture *b, uint32_t x, uint32_t y, int64_t enough);

/* Bytes px_shift needs to work in, for a box of so many rows. */
int64_t px_shift_scratch(uint32_t rows);

/*
 * How far most rows of the box moved from `b` to `a`, downwards positive, and how many say so. Three columns of 64
 * pixels are looked at; a row votes when it occurs exactly once in the column of each picture. Of distances with
 * equally many votes it is the one nearest to none, upwards of two. `scratch` is aligned as from malloc and exactly
 * px_shift_scratch long; the box is at least 64 wide.
 */
int px_shift(const px_picture *a, const px_picture *b, px_box box, uint8_t *scratch, size_t scratch_size,
             int32_t *distance, uint32_t *votes);

/* The box as B G R bytes, rows top down; `out_size` must be exactly w*h*3. */
int px_pack(const px_picture *a, px_box box, uint8_t *out, size_t out_size);

/* The inverse of px_pack; X becomes 0. */
int px_apply(px_picture *a, px_box box, const uint8_t *bgr, size_t bgr_size);

/* The box from R G B bytes; X becomes 0. */
int px_paint(px_picture *a, px_box box, const uint8_t *rgb, size_t rgb_size);

/* The box from one byte a pixel, its number among at most 256 colours of 4 bytes B G R X. */
int px_index(px_picture *a, px_box box, const uint8_t *colours, size_t colours_size, const uint8_t *indices,
             size_t indices_size);

/* Moves a box to (x, y) inside the picture; the areas may overlap. */
int px_copy(px_picture *a, px_box box, uint32_t x, uint32_t y);

/* One colour over the box. */
int px_fill(px_picture *a, px_box box, const uint8_t bgr[3]);

/* 1 when the box has one colour, then written to `bgr`; 0 when not. */
int px_solid(const px_picture *a, px_box box, uint8_t bgr[3]);

/*
 * Ramp pixels of a box of at most 64x64 (pixels/ramp.py): the commonest colour, the one farthest from it (the lowest
 * B + 256 G + 65536 R where several are), then levels 0..7, two a byte; a level 1 right beside a higher one becomes 0.
 * With `marked`, X is as px_mark writes it, and a covered pixel that would show its unmarked colour takes the nearest
 * level that does not. `out_size` must be exactly 6 + (w+1)/2*h.
 */
int px_ramp(const px_picture *a, px_box box, int marked, uint8_t *out, size_t out_size);

/*
 * The box of `clean` with the mark on it, into `out` (pixels/mark.py). `places` holds for each pixel, as a native
 * 32 bit number, its place in `pattern`; where that is not 0 each channel from 128 up is darkened and each below is
 * lightened, by 23. X becomes 0 where there is no mark, else 128 + 1, 2, 4 for B, G, R darkened. A place outside the
 * pattern is covered.
 */
int px_mark(const px_picture *clean, px_box box, const px_picture *places, const uint8_t *pattern, size_t pattern_size,
            px_picture *out);

/* How many pixels of a box of at most 64x64 have its commonest colour. */
int px_common(const px_picture *a, px_box box);

/* Bytes a JPEG of this size may need at most. */
int64_t px_jpeg_bound(uint32_t w, uint32_t h);

/* The box as a JPEG, 4:2:0, quality 1..100; gives its size. `out_size` must be at least px_jpeg_bound. */
int64_t px_jpeg(const px_picture *a, px_box box, int quality, uint8_t *out, size_t out_size);

/* Draws a JPEG of exactly the size of the box; a broken one may leave anything in it. X is undefined. */
int px_unjpeg(px_picture *a, px_box box, const uint8_t *jpeg, size_t jpeg_size);

/*
 * An encoder of one moving area of w*h, one thread, one frame in and one out: AV1 by libaom or H.264 by OpenH264.
 * `scale` 2 halves both sides. The sides are multiples of 2 * scale and at least 16 * scale. NULL when it cannot be.
 */
enum { PX_AV1 = 1, PX_H264 = 2 };
typedef struct px_video px_video;
px_video *px_video_new(int codec, uint32_t w, uint32_t h, uint32_t scale);
void px_video_free(px_video *video);

/*
 * The box, of the encoder's size, as the next frame (an AV1 temporal unit in the low overhead format, or an H.264 access
 * unit in Annex B format); gives its size. It is shown from `at_ms`, which grows from call to call, for about `ms`; `key`
 * makes a frame that needs no other.
 */
int64_t px_video_encode(px_video *video, const px_picture *a, px_box box, int64_t at_ms, uint32_t ms, uint32_t kbit, int key,
                        uint8_t *out, size_t out_size);

#endif
