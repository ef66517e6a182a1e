#ifndef TING_REFERENCE_H
#define TING_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// dlib's own forward pass of the same network, not safe for several threads.
typedef struct ting_reference ting_reference;
char *ting_reference_read(const uint8_t *data, size_t size, ting_reference **out);
void ting_reference_free(ting_reference *);
char *ting_reference_describe(ting_reference *, const uint8_t *chip, float *descriptor);

#ifdef __cplusplus
}
#endif
#endif
