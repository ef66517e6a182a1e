// The C face of dlib: what Go calls. Nothing here throws: a function that can
// fail returns NULL or a message that the caller frees.
#ifndef TING_DLIB_SHIM_H
#define TING_DLIB_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TING_LANDMARKS = 68, TING_CHIP = 150 };

// A rectangle in pixels; right and bottom are exclusive.
typedef struct {
	int32_t left, top, right, bottom;
	double score;
} ting_box;

// Packed RGB, rows stride bytes apart; or 8-bit luma, where the name says so.
typedef struct {
	int32_t width, height, stride;
} ting_shape;

// Luma of the part of rgb that box names (inside the frame), each output
// pixel the mean of shrink by shrink. Output rows are out.stride apart.
void ting_luma(const uint8_t *rgb, ting_shape in, const ting_box *part, int shrink, uint8_t *luma, ting_shape out);

// The detector, not safe for several threads. levels bounds the image pyramid
// (each level is 5/6 of the one before), skip leaves out its first ones.
typedef struct ting_detector ting_detector;
char *ting_detector_new(int levels, int skip, ting_detector **out);
void ting_detector_free(ting_detector *);
// Writes at most cap boxes, the surest first, and their number to *n.
char *ting_detect(ting_detector *, const uint8_t *luma, ting_shape, double threshold, ting_box *boxes, int cap, int *n);

// The landmark predictor, immutable and safe for several threads.
typedef struct ting_predictor ting_predictor;
char *ting_predictor_load(const char *path, ting_predictor **out);
void ting_predictor_free(ting_predictor *);
// Writes TING_LANDMARKS pairs x, y.
char *ting_landmarks(const ting_predictor *, const uint8_t *rgb, ting_shape, const ting_box *, float *points);

// Cuts the upright chip of TING_CHIP by TING_CHIP RGB pixels that the network reads.
char *ting_chip(const uint8_t *rgb, ting_shape, const float *points, uint8_t *chip);

#ifdef __cplusplus
}
#endif
#endif
