// Finding candidates among rounded descriptors; search.go and bound.go say what it means.
// A row r is one when !(scales[r] * (scale2 * (rows[r]·probe - offset)) - bases[r] <= limit).
// Each function writes the candidates' numbers and returns how many there are; out
// has room for n.
#ifndef TING_SEARCH_H
#define TING_SEARCH_H

#include <stdint.h>

int ting_candidates_avx2(const uint8_t *rows, const float *scales, const float *bases, int n,
	const int16_t *probe, int32_t offset, float scale2, float limit, int32_t *out);

// probe = 128 * high + low
int ting_candidates_vnni(const uint8_t *rows, const float *scales, const float *bases, int n,
	const int8_t *high, const int8_t *low, int32_t offset, float scale2, float limit, int32_t *out);

#endif
