// The C face of the forward pass: what Go calls. One path per instruction set,
// each compiled from forward.h.
#ifndef TING_NETWORK_H
#define TING_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A convolution with its affine layer folded in.
typedef struct {
	int32_t outputs, inputs, size;
	const float *weights; // outputs × inputs × size × size
	const float *biases;  // outputs
} ting_layer;

typedef struct {
	size_t packed_size, scratch_size; // bytes, to be aligned to 64
	// Lays the weights of the layer i, in order of use, out as describe reads them.
	// The caller has checked that they are of the right sizes.
	void (*pack)(void *packed, int i, const ting_layer *);
	void (*pack_projection)(void *packed, const float *projection);
	// Computes a raw descriptor of 128 numbers from a chip of 150×150 RGB pixels.
	// Scratch was zeroed once; one call at a time may use it.
	void (*describe)(const void *packed, void *scratch, const uint8_t *chip, float *descriptor);
	// Multiplies and adds as fast as the instruction set can, from registers alone:
	// rounds times flops floating-point operations. It returns a number for nobody.
	float (*peak)(int rounds);
	int flops; // of a round
} ting_path;

extern const ting_path ting_path_portable;
#if defined(__x86_64__)
extern const ting_path ting_path_avx2, ting_path_avx512;
#endif

// Go cannot call a function pointer by itself.
static inline void ting_pack(const ting_path *p, void *packed, int i, ting_layer l, const float *weights, const float *biases) {
	l.weights = weights;
	l.biases = biases;
	p->pack(packed, i, &l);
}
static inline void ting_pack_projection(const ting_path *p, void *packed, const float *projection) {
	p->pack_projection(packed, projection);
}
static inline void ting_describe(const ting_path *p, const void *packed, void *scratch, const uint8_t *chip, float *descriptor) {
	p->describe(packed, scratch, chip, descriptor);
}

static inline float ting_peak(const ting_path *p, int rounds) { return p->peak(rounds); }

#ifdef __cplusplus
}
#endif
#endif
