/* Fold and match in one pass over the UTF-8 bytes of an Arrow column; spans are those of the original text.
 *
 *   1  a block of text is decoded to 16-bit codes through one table, which folds: code 0 vanishes, characters that stand in no form
 *      share one code; each code keeps the byte it came from
 *   2  every pair of neighbours is looked up in a bitmap of the pairs that begin a form; most text ends here
 *   3  what is left walks a trie of all forms, exactly
 *
 * Rows are kept apart by a code that no form holds.  Plain C11 without dependencies; no state outlives a call, so that threads may share
 * a scanner.  Written for the way Chinese text looks in UTF-8: runs of three-byte characters, few hits.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__SSSE3__) && defined(__SSE4_1__)
#include <immintrin.h>
#endif
#if defined(_WIN32)
#define PUBLIC __declspec(dllexport)
#else
#define PUBLIC __attribute__((visibility("default")))
#endif

/* The codes; matching.py gives the same numbers to the characters of its table. */
enum { DROPPED = 0, OTHER = 1, DIGIT = 2, GAP = 12, POINT = 14, LETTER = 18, FREE = 44, SPECIAL = 0xFFFF };
enum { BLOCK = 8192, LEFT_EDGE = 1, RIGHT_EDGE = 2, LEAST_DIGITS = 6, AHEAD = 8 };

typedef struct { uint64_t key; int32_t node, form; } slot; /* key 0: empty; node -1: no form goes on; form -1: none ends here */

typedef struct scanner {
    const uint16_t *map;                                     /* code of each character of the first plane */
    const uint32_t *special; const int32_t *special_at; const uint16_t *special_codes; int64_t specials;
    const uint8_t *edges;
    slot *pairs, *steps; uint64_t pair_mask, step_mask;
    int32_t *next;                                           /* the next form that is written the same, or -1 */
    uint64_t *pair_bits, *triple_bits, *word_bits; int pair_shift, triple_shift;
    int64_t longest; int32_t numbers;
} scanner;

typedef struct { int32_t row, start, end, form; } hit;
typedef struct { hit *hits; int64_t count, room; } hits;

/* ---- hashing ---- */

static inline uint32_t hash_pair(uint32_t a, uint32_t b) { return a * 0x9E3779B1u + b * 0x85EBCA77u; }
static inline uint64_t hash_wide(uint64_t x) { x *= 0x9E3779B97F4A7C15ull; return x ^ x >> 29; }
static inline uint64_t hash_triple(uint32_t a, uint32_t b, uint32_t c) { return hash_wide((uint64_t)a << 32 | b << 16 | c); }
static inline int has_bit(const uint64_t *bits, uint64_t i) { return (int)(bits[i >> 6] >> (i & 63)) & 1; }
static inline void set_bit(uint64_t *bits, uint64_t i) { bits[i >> 6] |= 1ull << (i & 63); }

static inline const slot *look_up(const slot *table, uint64_t mask, uint64_t key) {
    for (uint64_t i = hash_wide(key) & mask; table[i].key; i = (i + 1) & mask)
        if (table[i].key == key) return table + i;
    return NULL;
}

static slot *look_up_or_add(slot *table, uint64_t mask, uint64_t key, int32_t *nodes) {
    uint64_t i = hash_wide(key) & mask;
    for (; table[i].key; i = (i + 1) & mask)
        if (table[i].key == key) return table + i;
    table[i] = (slot){key, (*nodes)++, -1};
    return table + i;
}

static inline uint64_t pair_key(uint16_t a, uint16_t b) { return (uint64_t)a << 16 | b; }
static inline uint64_t step_key(int32_t node, uint16_t code) { return ((uint64_t)(uint32_t)node + 1) << 16 | code; }

/* ---- building ---- */

static int log2_above(uint64_t n) { int bits = 0; while ((1ull << bits) < n) bits++; return bits; }
static int within(int x, int low, int high) { return x < low ? low : x > high ? high : x; }

PUBLIC void scanner_free(scanner *s) {
    if (!s) return;
    free(s->pairs); free(s->steps); free(s->next); free(s->pair_bits); free(s->triple_bits); free(s->word_bits); free(s);
}

static void add_form(scanner *s, const uint16_t *codes, int64_t length, int32_t form, int32_t *nodes, uint8_t *has_steps) {
    slot *at = look_up_or_add(s->pairs, s->pair_mask, pair_key(codes[0], codes[1]), nodes);
    uint64_t pair = hash_pair(codes[0], codes[1]) >> s->pair_shift;
    set_bit(s->pair_bits, pair);
    if (length == 2) set_bit(s->word_bits, pair);
    else set_bit(s->triple_bits, hash_triple(codes[0], codes[1], codes[2]) >> s->triple_shift);
    for (int64_t i = 2; i < length; i++) {
        has_steps[at->node] = 1;
        at = look_up_or_add(s->steps, s->step_mask, step_key(at->node, codes[i]), nodes);
    }
    s->next[form] = at->form;
    at->form = form;
}

/* Mark the ends of all paths, so that matching does not look for what cannot be there. */
static void close_paths(slot *table, uint64_t mask, const uint8_t *has_steps) {
    for (uint64_t i = 0; i <= mask; i++)
        if (table[i].key && !has_steps[table[i].node]) table[i].node = -1;
}

/* Forms have at least two codes; equal ones are all reported.  The arrays given stay the caller's and must outlive the scanner. */
PUBLIC scanner *scanner_new(const uint16_t *map, const uint32_t *special, const int32_t *special_at, const uint16_t *special_codes,
                            int64_t specials, const uint16_t *forms, const int64_t *form_at, int64_t form_count, const uint8_t *edges,
                            int32_t numbers) {
    scanner *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    int64_t total = form_at[form_count];
    int table_bits = within(log2_above((uint64_t)total * 2 + 2), 4, 40), bits = within(log2_above((uint64_t)form_count + 1) + 4, 12, 22);
    s->map = map; s->special = special; s->special_at = special_at; s->special_codes = special_codes; s->specials = specials;
    s->edges = edges; s->numbers = numbers;
    int pair_table = within(log2_above((uint64_t)form_count * 2 + 2), 4, 40);
    s->pair_mask = (1ull << pair_table) - 1; s->step_mask = (1ull << table_bits) - 1;
    s->pairs = calloc(s->pair_mask + 1, sizeof(slot)); s->steps = calloc(s->step_mask + 1, sizeof(slot));
    s->next = malloc((size_t)(form_count + 1) * sizeof(int32_t));
    uint8_t *has_steps = calloc((size_t)total + 1, 1);
    int32_t nodes = 0;
    s->pair_shift = 32 - bits; s->triple_shift = 64 - bits;
    s->pair_bits = calloc((1ull << bits) / 64, 8); s->triple_bits = calloc((1ull << bits) / 64, 8); s->word_bits = calloc((1ull << bits) / 64, 8);
    if (!s->pairs || !s->steps || !s->next || !has_steps || !s->pair_bits || !s->triple_bits || !s->word_bits) {
        free(has_steps); scanner_free(s);
        return NULL;
    }
    s->longest = 2;
    for (int64_t i = form_count - 1; i >= 0; i--) { /* backwards, so that equal forms are met in order */
        int64_t length = form_at[i + 1] - form_at[i];
        add_form(s, forms + form_at[i], length, (int32_t)i, &nodes, has_steps);
        if (length > s->longest) s->longest = length;
    }
    close_paths(s->pairs, s->pair_mask, has_steps); close_paths(s->steps, s->step_mask, has_steps);
    free(has_steps);
    return s;
}

/* ---- one block of codes ---- */

typedef struct {
    const scanner *s;
    const uint8_t *data; const int64_t *offsets; int64_t rows;
    int64_t row, at, end;        /* where decoding stands: row, byte, the end of that row */
    uint16_t *codes; uint32_t *places; uint32_t *pairs, *starts; /* codes[-2] and codes[-1] are what stood before */
    int64_t count, room;
} block;

static inline uint32_t character(const uint8_t *p, int *length) {
    uint32_t c = p[0];
    if (c < 0x80) { *length = 1; return c; }
    if (c < 0xE0) { *length = 2; return (c & 31) << 6 | (p[1] & 63); }
    if (c < 0xF0) { *length = 3; return (c & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63); }
    *length = 4; return (c & 7) << 18 | (uint32_t)(p[1] & 63) << 12 | (uint32_t)(p[2] & 63) << 6 | (p[3] & 63);
}

static inline int length_at(const uint8_t *p) { return p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4; }

/* A character that becomes several codes, or lies beyond the first plane: looked up, else it is any other character. */
static void put_special(block *b, uint32_t c, uint32_t place) {
    const scanner *s = b->s;
    int64_t low = 0, high = s->specials;
    while (low < high) { int64_t mid = (low + high) / 2; if (s->special[mid] < c) low = mid + 1; else high = mid; }
    if (low == s->specials || s->special[low] != c) { b->codes[b->count] = OTHER; b->places[b->count++] = place; return; }
    for (int32_t i = s->special_at[low]; i < s->special_at[low + 1]; i++) { b->codes[b->count] = s->special_codes[i]; b->places[b->count++] = place; }
}

static inline void put(block *b, uint32_t c, uint32_t place) {
    uint16_t code = c < 0x10000 ? b->s->map[c] : SPECIAL;
    if (__builtin_expect(code == SPECIAL, 0)) { put_special(b, c, place); return; }
    b->codes[b->count] = code; b->places[b->count] = place; b->count += code != DROPPED;
}

#if defined(__SSSE3__) && defined(__SSE4_1__)
enum { STEP = 16, MOST_AT_ONCE = 5, SAME_LEADS = 0x1249 }; /* bits 0, 3, 6, 9, 12 */

static inline int put_ascii(block *b, int count) {
    for (int i = 0; i < count; i++) {
        uint16_t code = b->s->map[b->data[b->at + i]]; /* no ASCII character is special */
        b->codes[b->count] = code; b->places[b->count] = (uint32_t)(b->at + i); b->count += code != DROPPED;
    }
    return count;
}

/* Take the ASCII characters, or up to five three-byte ones, that the next sixteen bytes begin with, no further than `left` bytes; returns
 * the bytes taken, 0 when they begin otherwise. */
static inline int put_run(block *b, int64_t left) {
    const __m128i first = _mm_setr_epi8(0, -1, 3, -1, 6, -1, 9, -1, 12, -1, -1, -1, -1, -1, -1, -1);
    const __m128i second = _mm_setr_epi8(1, -1, 4, -1, 7, -1, 10, -1, 13, -1, -1, -1, -1, -1, -1, -1);
    const __m128i third = _mm_setr_epi8(2, -1, 5, -1, 8, -1, 11, -1, 14, -1, -1, -1, -1, -1, -1, -1);
    const __m128i low6 = _mm_set1_epi16(63), zero = _mm_setzero_si128();
    const uint16_t *map = b->s->map;
    __m128i x = _mm_loadu_si128((const __m128i *)(b->data + b->at));
    uint32_t high = (uint32_t)_mm_movemask_epi8(x);
    if (!(high & 1)) {
        int count = high ? __builtin_ctz(high) : STEP;
        return put_ascii(b, count < left ? count : (int)left);
    }
    uint32_t below_lead = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_subs_epu8(x, _mm_set1_epi8((char)0xDF)), zero));
    uint32_t below_four = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_subs_epu8(x, _mm_set1_epi8((char)0xEF)), zero));
    uint32_t missing = (below_lead | ~below_four) & SAME_LEADS;
    int count = missing ? __builtin_ctz(missing) * 11 >> 5 : MOST_AT_ONCE; /* a third */
    if (count * 3 > left) count = (int)(left / 3);
    if (!count) return 0;
    __m128i chars = _mm_or_si128(_mm_slli_epi16(_mm_shuffle_epi8(x, first), 12),
        _mm_or_si128(_mm_slli_epi16(_mm_and_si128(_mm_shuffle_epi8(x, second), low6), 6), _mm_and_si128(_mm_shuffle_epi8(x, third), low6)));
    uint16_t c[8]; _mm_storeu_si128((__m128i *)c, chars);
    __m128i codes = _mm_setr_epi16((short)map[c[0]], (short)map[c[1]], (short)map[c[2]], (short)map[c[3]], (short)map[c[4]], OTHER, OTHER, OTHER);
    uint32_t odd = (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi16(codes, zero), _mm_cmpeq_epi16(codes, _mm_set1_epi16(-1))));
    uint32_t place = (uint32_t)b->at;
    if (__builtin_expect(odd & ((1u << 2 * count) - 1), 0)) { /* one is dropped or becomes several */
        for (int i = 0; i < count; i++) put(b, c[i], place + 3 * (uint32_t)i);
        return 3 * count;
    }
    _mm_storeu_si128((__m128i *)(b->codes + b->count), codes); /* what is beyond `count` is written over next */
    _mm_storeu_si128((__m128i *)(b->places + b->count), _mm_add_epi32(_mm_set1_epi32((int)place), _mm_setr_epi32(0, 3, 6, 9)));
    b->places[b->count + 4] = place + 12;
    b->count += count;
    return 3 * count;
}
#endif

/* Decode rows until the block is full or the text ends; after each row stands a code that no form holds. */
static void fill(block *b) {
    while (b->row < b->rows && b->count < b->room) {
        while (b->at < b->end && b->count < b->room) {
#if defined(__SSSE3__) && defined(__SSE4_1__)
            if (b->at + STEP <= b->offsets[b->rows]) { int taken = put_run(b, b->end - b->at); if (taken) { b->at += taken; continue; } }
#endif
            int length; uint32_t c = character(b->data + b->at, &length);
            put(b, c, (uint32_t)b->at);
            b->at += length;
        }
        if (b->at < b->end) return;
        b->codes[b->count] = OTHER; b->places[b->count++] = (uint32_t)b->end;
        if (++b->row < b->rows) { b->at = b->offsets[b->row]; b->end = b->offsets[b->row + 1]; }
    }
}

/* ---- from bytes to rows and characters ---- */

typedef struct { int64_t row, byte; int32_t chars; } cursor; /* moves forward only */

static inline int32_t characters_in(const uint8_t *p, int64_t n) {
    int32_t count = 0;
    for (int64_t i = 0; i < n; i++) count += (int8_t)p[i] > -65;
    return count;
}

static int add_hit(hits *h, const block *b, cursor *c, uint32_t first, uint32_t last, int32_t form) {
    if (h->count == h->room) {
        int64_t room = h->room ? h->room * 2 : 256;
        hit *more = realloc(h->hits, (size_t)room * sizeof(hit));
        if (!more) return 0;
        h->hits = more; h->room = room;
    }
    if (b->offsets[c->row + 1] <= first) {
        while (b->offsets[c->row + 1] <= first) c->row++;
        c->byte = b->offsets[c->row]; c->chars = 0;
    }
    c->chars += characters_in(b->data + c->byte, first - c->byte); c->byte = first;
    int32_t length = characters_in(b->data + first, (int64_t)last + length_at(b->data + last) - first);
    h->hits[h->count++] = (hit){(int32_t)c->row, c->chars, c->chars + length, form};
    return 1;
}

static inline int is_letter(uint16_t c) { return (uint16_t)(c - LETTER) < FREE - LETTER; }
static inline int is_digit(uint16_t c) { return (uint16_t)(c - DIGIT) < GAP - DIGIT; }

/* Whether a word goes on beyond its edge: a letter by a letter, a digit by either or by the decimals of a longer number. */
static inline int goes_on(uint16_t edge, uint16_t beside, uint16_t beyond) {
    if (is_letter(edge)) return is_letter(beside);
    return is_digit(edge) && (is_letter(beside) || is_digit(beside) || (beside == POINT && is_digit(beyond)));
}

/* Report every form that begins at one place. */
static int walk(const block *b, int64_t q, hits *h, cursor *c) {
    const scanner *s = b->s;
    const uint16_t *v = b->codes;
    const slot *at = look_up(s->pairs, s->pair_mask, pair_key(v[q], v[q + 1]));
    for (int64_t i = q + 2; at; i++) {
        for (int32_t form = at->form; form >= 0; form = s->next[form]) {
            uint8_t edge = s->edges[form];
            int inside = (edge & LEFT_EDGE && goes_on(v[q], v[q - 1], v[q - 2])) || (edge & RIGHT_EDGE && goes_on(v[i - 1], v[i], v[i + 1]));
            if (!inside && !add_hit(h, b, c, b->places[q], b->places[i - 1], form)) return 0;
        }
        if (at->node < 0 || i >= b->count) break;
        at = look_up(s->steps, s->step_mask, step_key(at->node, v[i]));
    }
    return 1;
}

/* Ask for the slot of a pair before it is looked up: where many words hit, waiting for memory is half of the work. */
static inline void fetch(const scanner *s, const uint16_t *pair) {
    __builtin_prefetch(s->pairs + (hash_wide(pair_key(pair[0], pair[1])) & s->pair_mask));
}

/* Match every form that begins before `limit`. */
static int match(const block *b, int64_t limit, hits *h, cursor *c) {
    const scanner *s = b->s;
    const uint16_t *v = b->codes;
    uint32_t *pairs = b->pairs, *starts = b->starts;
    const int shift = s->pair_shift;
    for (int64_t q = 0; q < limit; q++) pairs[q] = hash_pair(v[q], v[q + 1]) >> shift;
    int64_t count = 0;
    for (int64_t q = 0; q < limit; q++) { starts[count] = (uint32_t)q; count += has_bit(s->pair_bits, pairs[q]); }
    for (int64_t i = 0; i < count; i++) {
        int64_t q = starts[i];
        if (i + AHEAD < count) fetch(s, v + starts[i + AHEAD]);
        if (!has_bit(s->word_bits, pairs[q]) && !has_bit(s->triple_bits, hash_triple(v[q], v[q + 1], v[q + 2]) >> s->triple_shift)) continue;
        if (!walk(b, q, h, c)) return 0;
    }
    return 1;
}

/* ---- runs of digits, single gaps allowed ---- */

typedef struct { int32_t digits, gap; uint32_t first, last; } run;

static int close_run(run *r, const block *b, hits *h, cursor *c) {
    int is_kept = r->digits < LEAST_DIGITS || add_hit(h, b, c, r->first, r->last, -1);
    r->digits = r->gap = 0;
    return is_kept;
}

static int count_digits(const block *b, int64_t from, run *r, hits *h, cursor *c) {
    const uint16_t *v = b->codes;
    for (int64_t q = from; q < b->count;) {
        int64_t stop = q + 64 < b->count ? q + 64 : b->count;
        int any = 0;
        for (int64_t i = q; i < stop; i++) any |= is_digit(v[i]);
        if (!any && !r->digits) { q = stop; continue; }
        for (; q < stop; q++) {
            if (is_digit(v[q])) { if (!r->digits) r->first = b->places[q]; r->digits++; r->last = b->places[q]; r->gap = 0; }
            else if (r->digits && !r->gap && v[q] >= GAP && v[q] < LETTER) r->gap = 1;
            else if (r->digits && !close_run(r, b, h, c)) return 0;
        }
    }
    return 1;
}

/* ---- the whole column ---- */

static int scan(block *b, hits *h, hits *numbers) {
    const scanner *s = b->s;
    cursor of_hits = {0, b->offsets[0], 0}, of_numbers = of_hits;
    run r = {0, 0, 0, 0};
    int64_t carried = 0;
    for (;;) {
        fill(b);
        int is_last = b->row >= b->rows;
        b->codes[b->count] = b->codes[b->count + 1] = OTHER;
        if (s->numbers && !count_digits(b, carried, &r, numbers, &of_numbers)) return 0;
        int64_t limit = is_last ? b->count : b->count - s->longest - 2;
        if (!match(b, limit, h, &of_hits)) return 0;
        if (is_last) return !r.digits || close_run(&r, b, numbers, &of_numbers);
        carried = b->count - limit;
        b->codes[-1] = b->codes[limit - 1]; b->codes[-2] = b->codes[limit - 2];
        memmove(b->codes, b->codes + limit, (size_t)carried * sizeof *b->codes);
        memmove(b->places, b->places + limit, (size_t)carried * sizeof *b->places);
        b->count = carried;
    }
}

/* Find all forms in `rows` texts: text i is data[offsets[i], offsets[i+1]), valid UTF-8, the last below 4 GiB.  Returns 0 when memory is
 * short.  *found and *numbers are to be given to found_free. */
PUBLIC int scanner_find(const scanner *s, const uint8_t *data, const int64_t *offsets, int64_t rows, hit **found, int64_t *found_count,
                        hit **numbers, int64_t *number_count) {
    enum { SPARE = 160 }; /* a step of decoding passes the room by sixteen codes, or by five characters of LONGEST_FORM codes each */
    int64_t room = (s->longest * 4 > BLOCK ? s->longest * 4 : BLOCK), size = room + SPARE;
    hits h = {0}, n = {0};
    uint16_t *codes = malloc((size_t)(size + 8) * sizeof(uint16_t));
    uint32_t *words = malloc((size_t)size * 3 * sizeof(uint32_t));
    int is_done = codes && words;
    if (is_done && rows) {
        codes[6] = codes[7] = OTHER;
        block b = {s, data, offsets, rows, 0, offsets[0], offsets[1], codes + 8, words, words + size, words + 2 * size, 0, room};
        is_done = scan(&b, &h, &n);
    }
    free(codes); free(words);
    if (!is_done) { free(h.hits); free(n.hits); h = n = (hits){0}; }
    *found = h.hits; *found_count = h.count; *numbers = n.hits; *number_count = n.count;
    return is_done;
}

PUBLIC void found_free(hit *found) { free(found); }
