// The C face of dlib's recognition network: what Go calls. Nothing here throws: a
// function that can fail returns NULL or a message that the caller frees.
#ifndef TING_RESNET_H
#define TING_RESNET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TING_CHIP = 150, TING_CONVOLUTIONS = 29, TING_DIM = 128, TING_FEATURES = 256 };

// The recognition network's weights, convolution and affine layer folded into one.
typedef struct ting_weights ting_weights;
typedef struct {
	int32_t outputs, inputs, size; // size by size pixels
	const float *weights;          // outputs × inputs × size × size
	const float *biases;           // outputs
} ting_convolution;
char *ting_weights_read(const uint8_t *data, size_t size, ting_weights **out);
void ting_weights_free(ting_weights *);
void ting_weights_convolution(const ting_weights *, int i, ting_convolution *out); // i from 0, in order of use
const float *ting_weights_projection(const ting_weights *);                       // TING_FEATURES × TING_DIM

#ifdef __cplusplus
}
#endif
#endif
