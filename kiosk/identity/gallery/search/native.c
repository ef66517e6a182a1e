#if defined(__x86_64__)

#include "native.h"

#include <immintrin.h>

enum { DIM = 128, AHEAD = 4096 }; // bytes that memory is asked for before they are needed

#define AVX2 __attribute__((target("avx2")))
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

AVX2 static inline int32_t sum8(__m256i v) {
	__m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
	s = _mm_add_epi32(s, _mm_unpackhi_epi64(s, s));
	return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 1)));
}

AVX2 int ting_candidates_avx2(const uint8_t *rows, const float *scales, const float *bases, int n,
	const int16_t *probe, int32_t offset, float scale2, float limit, int32_t *out) {
	__m256i q[DIM / 16];
	for (int i = 0; i < DIM / 16; i++) q[i] = _mm256_loadu_si256((const __m256i *)(probe + 16 * i));
	int found = 0;
	for (int r = 0; r < n; r++, rows += DIM) {
		_mm_prefetch((const char *)rows + AHEAD, _MM_HINT_T0);
		_mm_prefetch((const char *)rows + AHEAD + 64, _MM_HINT_T0);
		__m256i a = _mm256_setzero_si256(), b = a;
		for (int i = 0; i < DIM / 16; i += 2) {
			const __m256i x = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(rows + 16 * i)));
			const __m256i y = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(rows + 16 * i + 16)));
			a = _mm256_add_epi32(a, _mm256_madd_epi16(x, q[i]));
			b = _mm256_add_epi32(b, _mm256_madd_epi16(y, q[i + 1]));
		}
		const int32_t product = sum8(_mm256_add_epi32(a, b)) - offset;
		out[found] = r;
		found += !(scales[r] * (scale2 * (float)product) - bases[r] <= limit);
	}
	return found;
}

VNNI int ting_candidates_vnni(const uint8_t *rows, const float *scales, const float *bases, int n,
	const int8_t *high, const int8_t *low, int32_t offset, float scale2, float limit, int32_t *out) {
	const __m512i h0 = _mm512_loadu_si512(high), h1 = _mm512_loadu_si512(high + 64);
	const __m512i l0 = _mm512_loadu_si512(low), l1 = _mm512_loadu_si512(low + 64);
	int found = 0;
	for (int r = 0; r < n; r++, rows += DIM) {
		_mm_prefetch((const char *)rows + AHEAD, _MM_HINT_T0);
		_mm_prefetch((const char *)rows + AHEAD + 64, _MM_HINT_T0);
		const __m512i x = _mm512_loadu_si512(rows), y = _mm512_loadu_si512(rows + 64);
		__m512i h = _mm512_setzero_si512(), l = h;
		h = _mm512_dpbusd_epi32(h, x, h0);
		l = _mm512_dpbusd_epi32(l, x, l0);
		h = _mm512_dpbusd_epi32(h, y, h1);
		l = _mm512_dpbusd_epi32(l, y, l1);
		const int32_t product = _mm512_reduce_add_epi32(_mm512_add_epi32(_mm512_slli_epi32(h, 7), l)) - offset;
		out[found] = r;
		found += !(scales[r] * (scale2 * (float)product) - bases[r] <= limit);
	}
	return found;
}

#endif
