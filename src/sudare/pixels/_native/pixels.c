#include "pixels.h"

#include <stdbool.h>
#include <string.h>

static const uint8_t COLOUR_BYTES[8] = {255, 255, 255, 0, 255, 255, 255, 0};

static uint32_t load32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint64_t load64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Masks that drop X, whatever the byte order. */
static uint32_t mask32(void) { return load32(COLOUR_BYTES); }
static uint64_t mask64(void) { return load64(COLOUR_BYTES); }

static bool area(uint32_t w, uint32_t h, size_t unit, size_t *bytes) {
    size_t pixels;
    return !__builtin_mul_overflow((size_t)w, (size_t)h, &pixels) && !__builtin_mul_overflow(pixels, unit, bytes);
}

static bool whole(const px_picture *a) {
    size_t bytes;
    return a && a->data && a->w && a->h && area(a->w, a->h, 4, &bytes) && bytes == a->size;
}

/* Written so that nothing can wrap: the box is compared with what is left beside its corner. */
static bool inside(const px_picture *a, px_box b) {
    return whole(a) && b.w && b.h && b.x < a->w && b.y < a->h && b.w <= a->w - b.x && b.h <= a->h - b.y;
}

/* `inside` was asked before, so this offset is below a->size. */
static uint8_t *at(const px_picture *a, uint32_t x, uint32_t y) { return a->data + ((size_t)y * a->w + x) * 4; }

static bool row_differs(const uint8_t *a, const uint8_t *b, uint32_t w) {
    uint64_t acc = 0;
    uint32_t i = 0;
    for (; i + 2 <= w; i += 2) acc |= load64(a + (size_t)i * 4) ^ load64(b + (size_t)i * 4);
    acc &= mask64();
    if (i < w) acc |= (load32(a + (size_t)i * 4) ^ load32(b + (size_t)i * 4)) & mask32();
    return acc != 0;
}

static bool pixel_differs(const uint8_t *a, const uint8_t *b, uint32_t i) {
    return ((load32(a + (size_t)i * 4) ^ load32(b + (size_t)i * 4)) & mask32()) != 0;
}

/* Shrinks `box` to what differs; false when nothing does. */
static bool tighten(const px_picture *a, const px_picture *b, px_box *box) {
    uint32_t left = box->w, right = 0, top = 0, bottom = 0;
    for (uint32_t r = 0; r < box->h; r++) {
        const uint8_t *p = at(a, box->x, box->y + r), *q = at(b, box->x, box->y + r);
        if (!row_differs(p, q, box->w)) continue;
        if (left > right) top = r; /* the first row that differs: left and right are still untouched */
        bottom = r + 1;
        for (uint32_t i = 0; i < left; i++)
            if (pixel_differs(p, q, i)) {
                left = i;
                break;
            }
        for (uint32_t i = box->w; i > right; i--)
            if (pixel_differs(p, q, i - 1)) {
                right = i;
                break;
            }
    }
    if (!bottom) return false;
    *box = (px_box){box->x + left, box->y + top, right - left, bottom - top};
    return true;
}

static uint32_t tiles(uint32_t side) { return side / PX_TILE + (side % PX_TILE != 0); }

static uint32_t tile_side(uint32_t side, uint32_t start) {
    return side - start < PX_TILE ? side - start : PX_TILE;
}

int64_t px_diff(const px_picture *a, const px_picture *b, const uint8_t *touched, size_t touched_size, px_box *out,
                size_t out_count) {
    if (!whole(a) || !whole(b) || a->w != b->w || a->h != b->h || !out) return -1;
    uint32_t cols = tiles(a->w), rows = tiles(a->h);
    size_t count;
    if (__builtin_mul_overflow((size_t)cols, (size_t)rows, &count) || out_count < count) return -1;
    if (touched && touched_size != count) return -1;
    int64_t found = 0;
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t col = 0; col < cols; col++) {
            if (touched && !touched[(size_t)row * cols + col]) continue;
            uint32_t x = col * PX_TILE, y = row * PX_TILE;
            px_box box = {x, y, tile_side(a->w, x), tile_side(a->h, y)};
            if (tighten(a, b, &box)) out[found++] = box;
        }
    return found;
}

int64_t px_distance(const px_picture *a, px_box box, const px_picture *b, uint32_t x, uint32_t y) {
    if (!inside(a, box) || !inside(b, (px_box){x, y, box.w, box.h})) return -1;
    int64_t sum = 0;
    for (uint32_t r = 0; r < box.h; r++) {
        const uint8_t *p = at(a, box.x, box.y + r), *q = at(b, x, y + r);
        if (!row_differs(p, q, box.w)) continue;
        uint32_t row = 0; /* no wider than a pixel, so that the loop is done several pixels at a time */
        for (uint32_t i = 0; i < box.w; i++) row += pixel_differs(p, q, i);
        sum += row;
    }
    return sum;
}

int px_pack(const px_picture *a, px_box box, uint8_t *out, size_t out_size) {
    size_t need;
    if (!inside(a, box) || !out || !area(box.w, box.h, 3, &need) || need != out_size) return -1;
    for (uint32_t r = 0; r < box.h; r++) {
        const uint8_t *p = at(a, box.x, box.y + r);
        for (uint32_t i = 0; i < box.w; i++, p += 4, out += 3) {
            out[0] = p[0];
            out[1] = p[1];
            out[2] = p[2];
        }
    }
    return 0;
}

int px_apply(px_picture *a, px_box box, const uint8_t *bgr, size_t bgr_size) {
    size_t need;
    if (!inside(a, box) || !bgr || !area(box.w, box.h, 3, &need) || need != bgr_size) return -1;
    for (uint32_t r = 0; r < box.h; r++) {
        uint8_t *p = at(a, box.x, box.y + r);
        for (uint32_t i = 0; i < box.w; i++, p += 4, bgr += 3) {
            p[0] = bgr[0];
            p[1] = bgr[1];
            p[2] = bgr[2];
            p[3] = 0;
        }
    }
    return 0;
}

int px_copy(px_picture *a, px_box box, uint32_t x, uint32_t y) {
    if (!inside(a, box) || !inside(a, (px_box){x, y, box.w, box.h})) return -1;
    size_t bytes = (size_t)box.w * 4;
    for (uint32_t i = 0; i < box.h; i++) {
        /* moving down: from the last row up, so that no row is overwritten before it was read */
        uint32_t r = y > box.y ? box.h - 1 - i : i;
        memmove(at(a, x, y + r), at(a, box.x, box.y + r), bytes);
    }
    return 0;
}

int px_fill(px_picture *a, px_box box, const uint8_t bgr[3]) {
    if (!inside(a, box) || !bgr) return -1;
    const uint8_t pixel[4] = {bgr[0], bgr[1], bgr[2], 0};
    for (uint32_t r = 0; r < box.h; r++) {
        uint8_t *p = at(a, box.x, box.y + r);
        for (uint32_t i = 0; i < box.w; i++, p += 4) memcpy(p, pixel, sizeof pixel);
    }
    return 0;
}

int px_solid(const px_picture *a, px_box box, uint8_t bgr[3]) {
    if (!inside(a, box) || !bgr) return -1;
    const uint8_t *first = at(a, box.x, box.y);
    uint32_t want = load32(first) & mask32(), acc = 0;
    for (uint32_t r = 0; r < box.h; r++) {
        const uint8_t *p = at(a, box.x, box.y + r);
        for (uint32_t i = 0; i < box.w; i++) acc |= (load32(p + (size_t)i * 4) & mask32()) ^ want;
        if (acc) return 0;
    }
    memcpy(bgr, first, 3);
    return 1;
}

#define RAMP_SLOTS 8192u /* twice the pixels of a tile, so a free slot is always found */

static uint32_t colour_of(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16; }

/* The commonest colour of the box, the lowest where several are, and how often it occurs. */
static uint32_t commonest(const px_picture *a, px_box box, uint16_t *times) {
    uint32_t keys[RAMP_SLOTS], best = 0;
    uint16_t counts[RAMP_SLOTS] = {0}, most = 0;
    for (uint32_t r = 0; r < box.h; r++) {
        const uint8_t *p = at(a, box.x, box.y + r);
        for (uint32_t i = 0; i < box.w; i++, p += 4) {
            uint32_t colour = colour_of(p), slot = colour * 2654435761u >> 19;
            while (counts[slot] && keys[slot] != colour) slot = (slot + 1) % RAMP_SLOTS;
            keys[slot] = colour;
            uint16_t count = ++counts[slot];
            if (count > most || (count == most && colour < best)) {
                most = count;
                best = colour;
            }
        }
    }
    *times = most;
    return best;
}

static int32_t part(uint32_t colour, unsigned channel) { return (int32_t)(colour >> 8 * channel & 255); }

static int32_t apart(uint32_t a, uint32_t b) {
    int32_t sum = 0;
    for (unsigned c = 0; c < 3; c++) sum += (part(a, c) - part(b, c)) * (part(a, c) - part(b, c));
    return sum;
}

static uint32_t farthest(const px_picture *a, px_box box, uint32_t from) {
    int32_t most = 0;
    uint32_t best = from;
    for (uint32_t r = 0; r < box.h; r++) {
        const uint8_t *p = at(a, box.x, box.y + r);
        for (uint32_t i = 0; i < box.w; i++, p += 4) {
            uint32_t colour = colour_of(p);
            if (colour == best || colour == from) continue;
            int32_t far = apart(colour, from);
            if (far > most || (far == most && colour < best)) {
                most = far;
                best = colour;
            }
        }
    }
    return best;
}

#define MARK_STEP 23
#define MARK_COVERED 128u

int px_mark(const px_picture *clean, px_box box, const px_picture *places, const uint8_t *pattern, size_t pattern_size,
            px_picture *out) {
    if (!inside(clean, box) || !inside(places, box) || !inside(out, box) || !pattern || !pattern_size) return -1;
    if (clean->w != places->w || clean->w != out->w || clean->h != places->h || clean->h != out->h) return -1;
    for (uint32_t r = 0; r < box.h; r++) {
        const uint8_t *p = at(clean, box.x, box.y + r), *place = at(places, box.x, box.y + r);
        uint8_t *q = at(out, box.x, box.y + r);
        for (uint32_t i = 0; i < box.w; i++, p += 4, place += 4, q += 4) {
            uint32_t index = load32(place);
            if (index < pattern_size && !pattern[index]) {
                memcpy(q, p, 4);
                q[3] = 0;
                continue;
            }
            uint8_t how = MARK_COVERED;
            for (unsigned c = 0; c < 3; c++) {
                unsigned dark = p[c] >> 7; /* a light channel is darkened */
                q[c] = (uint8_t)(p[c] + MARK_STEP - dark * 2 * MARK_STEP);
                how |= (uint8_t)(dark << c);
            }
            q[3] = how;
        }
    }
    return 0;
}

/* The colour under the mark of a covered pixel. */
static uint32_t unmarked(const uint8_t *p) {
    uint32_t colour = 0;
    for (unsigned c = 0; c < 3; c++) {
        unsigned dark = p[3] >> c & 1;
        colour |= (uint32_t)(uint8_t)(p[c] - MARK_STEP + dark * 2 * MARK_STEP) << 8 * c;
    }
    return colour;
}

/* The level nearest to `level` that does not show `forbidden`; one up is nearer than one down. */
static uint8_t other_level(const uint32_t blends[8], uint8_t level, uint32_t forbidden) {
    for (unsigned away = 0; away < 8; away++) {
        if (level + away < 8 && blends[level + away] != forbidden) return (uint8_t)(level + away);
        if (away <= level && level - away < 8 && blends[level - away] != forbidden) return (uint8_t)(level - away);
    }
    return level;
}

int px_ramp(const px_picture *a, px_box box, int marked, uint8_t *out, size_t out_size) {
    if (!inside(a, box) || !out || box.w > PX_TILE || box.h > PX_TILE) return -1;
    if (out_size != 6 + (size_t)((box.w + 1) / 2) * box.h) return -1;
    uint16_t times;
    const uint32_t first = commonest(a, box, &times), ends[2] = {first, farthest(a, box, first)};
    const int32_t length = apart(ends[1], ends[0]);
    int32_t along[3];
    for (unsigned c = 0; c < 3; c++) along[c] = part(ends[1], c) - part(ends[0], c);
    uint32_t blends[8] = {0};
    for (int32_t n = 0; n < 8; n++)
        for (unsigned c = 0; c < 3; c++)
            blends[n] |= (uint32_t)((part(ends[0], c) * (7 - n) + part(ends[1], c) * n + 3) / 7) << 8 * c;
    for (unsigned i = 0; i < 6; i++) *out++ = (uint8_t)part(ends[i / 3], i % 3);
    for (uint32_t r = 0; r < box.h; r++) {
        const uint8_t *p = at(a, box.x, box.y + r);
        uint8_t levels[PX_TILE + 2] = {0}; /* the row between two empty pixels */
        for (uint32_t i = 1; i <= box.w; i++, p += 4) {
            int32_t dot = 0; /* how far along from one end to the other, 0..length: nothing is farther than that end */
            for (unsigned c = 0; c < 3; c++) dot += (p[c] - part(ends[0], c)) * along[c];
            levels[i] = dot > 0 ? (uint8_t)((dot * 14 + length) / (2 * length)) : 0;
        }
        p = at(a, box.x, box.y + r);
        for (uint32_t i = 1; i <= box.w; i++, p += 4) {
            uint8_t level = levels[i] == 1 && (levels[i - 1] > 1 || levels[i + 1] > 1) ? 0 : levels[i];
            if (marked && p[3] & MARK_COVERED) level = other_level(blends, level, unmarked(p));
            if (i % 2)
                *out = level;
            else
                *out++ |= (uint8_t)(level << 4);
        }
        if (box.w % 2) out++;
    }
    return 0;
}

int px_common(const px_picture *a, px_box box) {
    if (!inside(a, box) || box.w > PX_TILE || box.h > PX_TILE) return -1;
    uint16_t times;
    commonest(a, box, &times);
    return times;
}
