#ifndef TING_FLAT_H
#define TING_FLAT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ting_flat ting_flat;
ting_flat *ting_flat_new(const float *shots, int64_t n);
void ting_flat_nearest(ting_flat *, const float *probe, int64_t k, int64_t *rows, float *squares);
void ting_flat_free(ting_flat *);

#ifdef __cplusplus
}
#endif
#endif
