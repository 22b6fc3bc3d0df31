#include "pixels.h"

#include <stdbool.h>
#include <string.h>

/*
 * The loops that run over every pixel are compiled twice and the processor's one is taken when the program starts. The
 * functions in them must be inlined, or they would be compiled for the plain processor only. The sanitizers come too
 * late for a choice made that early.
 */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define PX_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define PX_WIDE
#endif
#define PX_INLINE static inline __attribute__((always_inline))

static const uint8_t COLOUR_BYTES[8] = {255, 255, 255, 0, 255, 255, 255, 0};

PX_INLINE uint32_t load32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

PX_INLINE uint64_t load64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Masks that drop X, whatever the byte order. */
PX_INLINE uint32_t mask32(void) { return load32(COLOUR_BYTES); }
PX_INLINE uint64_t mask64(void) { return load64(COLOUR_BYTES); }

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
PX_INLINE uint8_t *at(const px_picture *a, uint32_t x, uint32_t y) { return a->data + ((size_t)y * a->w + x) * 4; }

PX_INLINE bool row_differs(const uint8_t *a, const uint8_t *b, uint32_t w) {
    uint64_t acc = 0;
    uint32_t i = 0;
    for (; i + 2 <= w; i += 2) acc |= load64(a + (size_t)i * 4) ^ load64(b + (size_t)i * 4);
    acc &= mask64();
    if (i < w) acc |= (load32(a + (size_t)i * 4) ^ load32(b + (size_t)i * 4)) & mask32();
    return acc != 0;
}

PX_INLINE bool pixel_differs(const uint8_t *a, const uint8_t *b, uint32_t i) {
    return ((load32(a + (size_t)i * 4) ^ load32(b + (size_t)i * 4)) & mask32()) != 0;
}

/*
 * Shrinks `box` to what differs; false when nothing does. Where much differs little is read: the first and the last
 * row that differ, and between them only until both sides are reached.
 */
PX_INLINE bool tighten(const px_picture *a, const px_picture *b, px_box *box) {
    uint32_t left = box->w, right = 0, top = 0, bottom = box->h;
    while (top < bottom && !row_differs(at(a, box->x, box->y + top), at(b, box->x, box->y + top), box->w)) top++;
    if (top == bottom) return false;
    while (!row_differs(at(a, box->x, box->y + bottom - 1), at(b, box->x, box->y + bottom - 1), box->w)) bottom--;
    for (uint32_t r = top; r < bottom && (left > 0 || right < box->w); r++) {
        const uint8_t *p = at(a, box->x, box->y + r), *q = at(b, box->x, box->y + r);
        if (!row_differs(p, q, box->w)) continue;
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
    *box = (px_box){box->x + left, box->y + top, right - left, bottom - top};
    return true;
}

static uint32_t tiles(uint32_t side) { return side / PX_TILE + (side % PX_TILE != 0); }

static uint32_t tile_side(uint32_t side, uint32_t start) {
    return side - start < PX_TILE ? side - start : PX_TILE;
}

PX_WIDE int64_t px_diff(const px_picture *a, const px_picture *b, const uint8_t *touched, size_t touched_size, px_box *out,
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

PX_WIDE int64_t px_distance(const px_picture *a, px_box box, const px_picture *b, uint32_t x, uint32_t y, int64_t enough) {
    if (!inside(a, box) || !inside(b, (px_box){x, y, box.w, box.h})) return -1;
    int64_t sum = 0;
    for (uint32_t r = 0; r < box.h && sum < enough; r++) {
        const uint8_t *p = at(a, box.x, box.y + r), *q = at(b, x, y + r);
        if (!row_differs(p, q, box.w)) continue;
        uint32_t row = 0; /* no wider than a pixel, so that the loop is done several pixels at a time */
        for (uint32_t i = 0; i < box.w; i++) row += pixel_differs(p, q, i);
        sum += row;
    }
    return sum;
}

/*
 * How far rows moved. A row is known by two sums of its pixels; what two different rows share by chance is one wrong
 * vote. Slots are found by open addressing; there are more than rows, so a free one is always found.
 */
#define PX_COLUMN 64u
#define PX_TWICE UINT32_MAX

typedef struct {
    uint64_t key;
    uint32_t now, before; /* 0 none, PX_TWICE several, else the row + 1 */
} row_slot;

PX_INLINE uint64_t row_key(const uint8_t *p) {
    uint32_t one = 0, two = 0;
    for (uint32_t i = 0; i < PX_COLUMN; i++) {
        uint32_t pixel = load32(p + (size_t)i * 4) & mask32();
        one += pixel * ((i + 1) * 0x9E3779B1u | 1u);
        two += pixel * ((i + 1) * 0x85EBCA6Bu | 1u);
    }
    return one | (uint64_t)two << 32;
}

static row_slot *slot_of(row_slot *slots, uint32_t count, uint64_t key) {
    uint32_t at_slot = (uint32_t)(key * 0x9E3779B97F4A7C15u >> 40) % count;
    while ((slots[at_slot].now || slots[at_slot].before) && slots[at_slot].key != key) at_slot = (at_slot + 1) % count;
    slots[at_slot].key = key;
    return &slots[at_slot];
}

static void note_row(uint32_t *where, uint32_t row) { *where = *where ? PX_TWICE : row + 1; }

static void vote(const row_slot *slots, uint32_t count, uint32_t rows, uint32_t *votes) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t now = slots[i].now, before = slots[i].before;
        if (now && before && now != PX_TWICE && before != PX_TWICE) votes[rows - 1 + now - before]++;
    }
}

static uint32_t slots_for(uint32_t rows) {
    uint32_t count = 64;
    while (count < rows * 4) count *= 2;
    return count;
}

/* Of the distances with the most votes the one nearest to none, upwards of two. */
static void elect(const uint32_t *votes, uint32_t rows, int32_t *distance, uint32_t *most) {
    *most = votes[rows - 1];
    *distance = 0;
    for (uint32_t far = 1; far < rows; far++) {
        if (votes[rows - 1 - far] > *most) {
            *most = votes[rows - 1 - far];
            *distance = -(int32_t)far;
        }
        if (votes[rows - 1 + far] > *most) {
            *most = votes[rows - 1 + far];
            *distance = (int32_t)far;
        }
    }
}

int64_t px_shift_scratch(uint32_t rows) {
    if (rows == 0 || rows > 1u << 24) return -1;
    return (int64_t)((size_t)slots_for(rows) * sizeof(row_slot) + (size_t)rows * 2 * sizeof(uint32_t));
}

PX_WIDE int px_shift(const px_picture *a, const px_picture *b, px_box box, uint8_t *scratch, size_t scratch_size,
                     int32_t *distance, uint32_t *votes) {
    if (!inside(a, box) || !inside(b, box) || box.w < PX_COLUMN || !scratch || !distance || !votes) return -1;
    if (px_shift_scratch(box.h) < 0 || scratch_size != (size_t)px_shift_scratch(box.h)) return -1;
    uint32_t count = slots_for(box.h);
    row_slot *slots = (row_slot *)(void *)scratch;
    uint32_t *ballot = (uint32_t *)(void *)(scratch + (size_t)count * sizeof *slots);
    memset(ballot, 0, (size_t)box.h * 2 * sizeof *ballot);
    for (uint32_t part = 1; part <= 3; part++) {
        uint32_t left = box.x + (uint32_t)((uint64_t)(box.w - PX_COLUMN) * part / 4);
        memset(slots, 0, (size_t)count * sizeof *slots);
        for (uint32_t r = 0; r < box.h; r++) {
            note_row(&slot_of(slots, count, row_key(at(a, left, box.y + r)))->now, r);
            note_row(&slot_of(slots, count, row_key(at(b, left, box.y + r)))->before, r);
        }
        vote(slots, count, box.h, ballot);
    }
    elect(ballot, box.h, distance, votes);
    return 0;
}

PX_WIDE int px_pack(const px_picture *a, px_box box, uint8_t *out, size_t out_size) {
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

PX_WIDE int px_apply(px_picture *a, px_box box, const uint8_t *bgr, size_t bgr_size) {
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

PX_WIDE int px_paint(px_picture *a, px_box box, const uint8_t *rgb, size_t rgb_size) {
    size_t need;
    if (!inside(a, box) || !rgb || !area(box.w, box.h, 3, &need) || need != rgb_size) return -1;
    for (uint32_t r = 0; r < box.h; r++) {
        uint8_t *p = at(a, box.x, box.y + r);
        for (uint32_t i = 0; i < box.w; i++, p += 4, rgb += 3) {
            p[0] = rgb[2];
            p[1] = rgb[1];
            p[2] = rgb[0];
            p[3] = 0;
        }
    }
    return 0;
}

PX_WIDE int px_index(px_picture *a, px_box box, const uint8_t *colours, size_t colours_size, const uint8_t *indices,
                     size_t indices_size) {
    size_t need;
    if (!inside(a, box) || !colours || !indices || !area(box.w, box.h, 1, &need) || need != indices_size) return -1;
    if (colours_size % 4 || colours_size > 1024) return -1;
    uint8_t most = 0;
    for (size_t i = 0; i < need; i++) most = indices[i] > most ? indices[i] : most;
    if (most >= colours_size / 4) return -1;
    uint32_t table[256];
    memcpy(table, colours, colours_size);
    for (uint32_t r = 0; r < box.h; r++) {
        uint8_t *p = at(a, box.x, box.y + r);
        for (uint32_t i = 0; i < box.w; i++, p += 4) memcpy(p, &table[*indices++], 4);
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

PX_WIDE int px_fill(px_picture *a, px_box box, const uint8_t bgr[3]) {
    if (!inside(a, box) || !bgr) return -1;
    const uint8_t pixel[4] = {bgr[0], bgr[1], bgr[2], 0};
    for (uint32_t r = 0; r < box.h; r++) {
        uint8_t *p = at(a, box.x, box.y + r);
        for (uint32_t i = 0; i < box.w; i++, p += 4) memcpy(p, pixel, sizeof pixel);
    }
    return 0;
}

PX_WIDE int px_solid(const px_picture *a, px_box box, uint8_t bgr[3]) {
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

PX_WIDE int px_mark(const px_picture *clean, px_box box, const px_picture *places, const uint8_t *pattern, size_t pattern_size,
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
